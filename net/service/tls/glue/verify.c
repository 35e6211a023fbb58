/* The rules for the certificates of a path (RFC 5280, RFC 9525): the server's, and its issuers'.
 * They are numbered; breaking one sets a bit. path.c finds the path and has rule 10, constraints.c
 * rule 5, staple.c rule 11 and lists.c rule 12. */
#include "path.h"
#include "mbedtls/oid.h"

/* Rule 1: signatures must use SHA-256, SHA-384 or SHA-512 (a root's own signature is not checked),
   and RSA keys must have at least 2048 bits. Keys on curves other than P-256, P-384 and P-521 do
   not parse. */
#define MIN_RSA_BITS 2048

/* Reports whether a key is long enough. Only RSA keys can be too short. */
bool tls_strong_key(const mbedtls_x509_crt* certificate) {
  const mbedtls_pk_context* key = &certificate->pk;
  return !mbedtls_pk_can_do(key, MBEDTLS_PK_RSA) || mbedtls_pk_get_bitlen(key) >= MIN_RSA_BITS;
}

/* Reports whether a certificate may sign others (RFC 5280, 6.1.4 k and n). One of version 1 or 2
   has no extensions that could forbid it, so it may; rule 7 rejects it unless it is a root. */
bool tls_may_sign(const mbedtls_x509_crt* issuer) {
  if (issuer->version < 3) return true;
  return issuer->ca_istrue &&
         mbedtls_x509_crt_check_key_usage(issuer, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0;
}

/* --- names ------------------------------------------------------------------------------------ */

static u8 lower(u8 character) {
  return character >= 'A' && character <= 'Z' ? character + 32 : character;
}

/* Compares ASCII texts without regard to case. */
bool tls_same_text(const u8* left, const u8* right, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

/* Rule 2: a dNSName consists of letters, digits, hyphens, underscores and dots, and may begin with
   "*." followed by at least two labels. NULs, partial and multiple wildcards are invalid (RFC 9525,
   6.3). */
static bool proper_name(struct bytes name) {
  bool wildcard = name.length > 2 && name.at[0] == '*' && name.at[1] == '.';
  u32 dots = 0;
  for (size_t i = wildcard ? 1 : 0; i < name.length; i++) {
    u8 c = lower(name.at[i]);
    bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!letter && c != '.') return false;
    if (c == '.' && (i + 1 == name.length || name.at[i + 1] == '.')) return false;
    dots += c == '.';
  }
  return name.length != 0 && (!wildcard || dots >= 2);
}

static bool name_matches(struct bytes name, const char* host) {
  size_t length = strlen(host);
  if (!proper_name(name)) return false;
  if (name.at[0] == '*') { /* matches exactly one label */
    const char* dot = strchr(host, '.');
    if (dot == NULL || dot == host) return false;
    length -= dot - host;
    return name.length - 1 == length && tls_same_text(name.at + 1, (const u8*)dot, length);
  }
  return name.length == length && tls_same_text(name.at, (const u8*)host, length);
}

/* Sets the name that the peer must prove. Returns false if it is not a valid name. */
bool tls_set_name(struct connection* connection, const u8* name, u32 length) {
  if (length != 0 && name[length - 1] == '.') length--;
  if (length == 0 || length > MAX_HOST_NAME) return false;
  for (u32 i = 0; i < length; i++) {
    if (name[i] <= ' ' || name[i] >= 127) return false;
    connection->name[i] = lower(name[i]);
  }
  connection->name[length] = 0;
  connection->address_length =
      mbedtls_x509_crt_parse_cn_inet_pton(connection->name, connection->address);
  return true;
}

/* Rule 3: a subjectAltName is required; the common name is ignored (RFC 9525, 2). Rule 4: an
   address matches only an equal iPAddress, a name only a dNSName. */
static u32 check_name(const struct connection* connection, const mbedtls_x509_crt* certificate) {
  struct bytes value, names;
  struct element name;
  if (!der_extension(certificate, ID_ALTERNATIVE_NAME, &value)) return NO_ALTERNATIVE_NAME;
  if (!der_only(value, SEQUENCE, &names)) return NO_ALTERNATIVE_NAME;
  while (der_next(&names, &name)) {
    if (connection->address_length == 0) {
      if (name.tag == DNS_NAME && name_matches(name.content, connection->name)) return 0;
    } else if (name.tag == IP_ADDRESS && name.content.length == connection->address_length) {
      if (memcmp(name.content.at, connection->address, name.content.length) == 0) return 0;
    }
  }
  return names.length != 0 ? MALFORMED : MBEDTLS_X509_BADCERT_CN_MISMATCH;
}

/* --- the other fields ------------------------------------------------------------------------- */

static bool understood(u32 id, bool authority) {
  switch (id) {
    case ID_KEY_USAGE:
    case ID_ALTERNATIVE_NAME:
    case ID_BASIC_CONSTRAINTS:
    case ID_EXTENDED_KEY_USAGE:
    case ID_POLICIES:
    case ID_POLICY_CONSTRAINTS: return true;
    case ID_NAME_CONSTRAINTS:
    case ID_POLICY_MAPPINGS:
    case ID_INHIBIT_ANY_POLICY: return authority;
    default: return false;
  }
}

/* Rule 6: unknown critical extensions (RFC 5280, 4.2) and malformed ones fail verification. */
static u32 check_extensions(const mbedtls_x509_crt* certificate, bool authority) {
  struct bytes list;
  struct extension extension;
  u64 seen = 0; /* one bit for each 2.5.29.x */
  u32 refusals = 0;
  if (!der_extensions(certificate, &list)) return MALFORMED;
  while (der_next_extension(&list, &extension)) {
    u32 id = der_id(&extension);
    u64 bit = id < 64 ? (u64)1 << id : 0;
    if (id != 0 && seen & bit) refusals |= MALFORMED;
    seen |= bit;
    bool known = understood(id, authority) || tls_is_feature(&extension);
    if (extension.critical && !known) refusals |= UNKNOWN_EXTENSION;
    if (id == ID_NAME_CONSTRAINTS && authority && !tls_constraints_present(extension.value)) {
      refusals |= MALFORMED;
    }
    if (id == ID_POLICIES && extension.critical && !tls_qualifiers_known(extension.value)) {
      refusals |= UNKNOWN_EXTENSION;
    }
  }
  return list.length != 0 ? refusals | MALFORMED : refusals;
}

static u32 check_dates(const mbedtls_x509_crt* certificate) {
  return (mbedtls_x509_time_is_past(&certificate->valid_to) ? MBEDTLS_X509_BADCERT_EXPIRED : 0) |
         (mbedtls_x509_time_is_future(&certificate->valid_from) ? MBEDTLS_X509_BADCERT_FUTURE : 0);
}

static u32 check_common(const mbedtls_x509_crt* certificate) {
  mbedtls_md_type_t hash = certificate->sig_md;
  bool strong = hash == MBEDTLS_MD_SHA256 || hash == MBEDTLS_MD_SHA384 || hash == MBEDTLS_MD_SHA512;
  /* Rule 7: versions 1 and 2 fail, as they have no extensions to limit their use. */
  return check_dates(certificate) | (strong ? 0 : MBEDTLS_X509_BADCERT_BAD_MD) |
         (tls_strong_key(certificate) ? 0 : MBEDTLS_X509_BADCERT_BAD_KEY) |
         (certificate->version < 3 ? OLD_VERSION : 0);
}

/* Returns the faults of a server's certificate. If `own`, the user has added this very certificate
   as a root. It is then trusted for its names, no matter who signed it, and may be a CA certificate
   too, as those made by `openssl req -x509` are. */
u32 tls_leaf_faults(const struct connection* connection, const mbedtls_x509_crt* leaf, bool own) {
  u32 faults = check_common(leaf) | check_name(connection, leaf);
  faults |= check_extensions(leaf, own && leaf->ca_istrue);
  if (own) return faults & ~MBEDTLS_X509_BADCERT_BAD_MD;
  /* Rule 8: a CA certificate must not be used as a server's (RFC 5280, 4.2.1.9). */
  return faults | (leaf->ca_istrue ? AUTHORITY_AS_SERVER : 0);
}

/* Reports whether the extended key usage lists a purpose. */
static bool lists_purpose(const mbedtls_x509_crt* certificate, const char* id, size_t length) {
  struct bytes value, list;
  struct element purpose;
  if (!der_extension(certificate, ID_EXTENDED_KEY_USAGE, &value)) return false;
  if (!der_only(value, SEQUENCE, &list)) return false;
  while (der_next(&list, &purpose)) {
    if (der_same(purpose.content, (struct bytes){(const u8*)id, length})) return true;
  }
  return false;
}
#define LISTS(certificate, id) lists_purpose(certificate, id, MBEDTLS_OID_SIZE(id))

/* Replaces mbedtls_x509_crt_check_extended_key_usage, which would see only the first purpose: see
   path.c. Returns 0 if a certificate may be used for the purpose. */
int tls_check_purpose(const mbedtls_x509_crt* certificate, const char* id, size_t length) {
  bool limited = mbedtls_x509_crt_has_ext_type(certificate, MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE);
  bool fits = !limited || lists_purpose(certificate, id, length) ||
              LISTS(certificate, MBEDTLS_OID_ANY_EXTENDED_KEY_USAGE);
  return fits ? 0 : MBEDTLS_ERR_X509_BAD_INPUT_DATA;
}

/* Rule 9: the extendedKeyUsage of intermediates and roots counts, too. */
static u32 check_purpose(const mbedtls_x509_crt* issuer) {
  bool fits = tls_check_purpose(issuer, MBEDTLS_OID_SERVER_AUTH,
                                MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0;
  return fits ? 0 : ISSUER_USAGE;
}

u32 tls_issuer_faults(const mbedtls_x509_crt* issuer) {
  return check_common(issuer) | check_extensions(issuer, true) | check_purpose(issuer);
}

/* Returns the faults of the certificate of an OCSP responder (RFC 6960, 4.2.2.2). */
u32 tls_delegate_faults(const mbedtls_x509_crt* responder) {
  bool fits = LISTS(responder, MBEDTLS_OID_OCSP_SIGNING) && tls_cheap_to_verify(responder);
  return check_common(responder) | (fits ? 0 : ISSUER_USAGE);
}

/* Returns the faults of a root. Of its extensions, only the extended key usage and the form of the
   name constraints are checked here. */
u32 tls_root_faults(const mbedtls_x509_crt* root) {
  struct bytes constraints;
  bool constrained = der_extension(root, ID_NAME_CONSTRAINTS, &constraints);
  return check_dates(root) | check_purpose(root) |
         (constrained && !tls_constraints_present(constraints) ? MALFORMED : 0) |
         (tls_strong_key(root) ? 0 : MBEDTLS_X509_BADCERT_BAD_KEY);
}
