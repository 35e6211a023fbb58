/* Certificate verification beyond what mbedTLS does (RFC 5280, RFC 9525). mbedTLS checks
 * signatures, dates, basicConstraints, keyUsage, path lengths and the server certificate's
 * extendedKeyUsage. The rules here are numbered, and each sets its own bit. */
#include "tls.h"
#include "mbedtls/asn1.h"
#include "mbedtls/oid.h"
#include "mbedtls/platform.h"

/* Rule 1: no SHA-1 or MD5 signatures (a root's own signature is not checked), RSA keys of at least
   2048 bits, and only the curves P-256 and P-384. */
#define MIN_RSA_BITS 2048
const mbedtls_x509_crt_profile tls_profile = {
    .allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    .allowed_pks = MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA),
    .allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
                      MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
    .rsa_min_bitlen = MIN_RSA_BITS,
};

/* Reports whether an RSA key is long enough. Keys on unsupported curves do not parse. */
bool tls_strong_key(const mbedtls_x509_crt* certificate) {
  const mbedtls_pk_context* key = &certificate->pk;
  return !mbedtls_pk_can_do(key, MBEDTLS_PK_RSA) || mbedtls_pk_get_bitlen(key) >= MIN_RSA_BITS;
}

/* Reports whether a root may sign certificates (RFC 5280, 6.1.4 k and n). Certificates before
   version 3 have no such extensions, so every root of that age may. */
bool tls_may_sign(const mbedtls_x509_crt* root) {
  if (root->version < 3) return true;
  return root->ca_istrue &&
         mbedtls_x509_crt_check_key_usage(root, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0;
}

/* --- reading DER ------------------------------------------------------------------------------ */

enum { RFC822_NAME = 0x81, DNS_NAME = 0x82, DIRECTORY_NAME = 0xa4, IP_ADDRESS = 0x87 };
enum { ID_KEY_USAGE = 15, ID_ALTERNATIVE_NAME = 17, ID_BASIC_CONSTRAINTS = 19 };
enum { ID_NAME_CONSTRAINTS = 30, ID_POLICIES = 32, ID_EXTENDED_KEY_USAGE = 37 };

struct element {
  u8 tag;
  struct bytes content;
};

/* Takes the next element off `from`. Returns false at the end, or on malformed DER, in which case
   `from` is not empty. */
static bool next(struct bytes* from, struct element* element) {
  u8* at = (u8*)from->at;
  const u8* end = at + from->length;
  size_t length;
  if (at == end) return false;
  element->tag = *at++;
  if (mbedtls_asn1_get_len(&at, end, &length) != 0) return false;
  element->content = (struct bytes){at, length};
  *from = (struct bytes){at + length, end - at - length};
  return true;
}

/* If `from` is exactly one element with that tag, returns its content. */
static bool sole_element(struct bytes from, u8 tag, struct bytes* content) {
  struct element element;
  if (!next(&from, &element) || from.length != 0 || element.tag != tag) return false;
  *content = element.content;
  return true;
}

/* Takes the next extension off `from`. Returns false at the end or on malformed DER. */
struct extension {
  struct bytes id, value;
  bool critical;
};
static bool next_extension(struct bytes* from, struct extension* extension) {
  struct element element;
  if (!next(from, &element) || element.tag != 0x30) return false;
  struct bytes inside = element.content;
  if (!next(&inside, &element) || element.tag != 0x06) return false;
  extension->id = element.content;
  if (!next(&inside, &element)) return false;
  extension->critical =
      element.tag == 0x01 && element.content.length == 1 && element.content.at[0] != 0;
  if (element.tag == 0x01 && !next(&inside, &element)) return false;
  extension->value = element.content;
  return element.tag == 0x04 && inside.length == 0;
}

static bool extensions(const mbedtls_x509_crt* certificate, struct bytes* list) {
  list->length = 0;
  if (certificate->v3_ext.p == NULL) return true;
  return sole_element((struct bytes){certificate->v3_ext.p, certificate->v3_ext.len}, 0x30, list);
}

static u32 id_of(const struct extension* extension) {
  const u8* id = extension->id.at;
  return extension->id.length == 3 && id[0] == 0x55 && id[1] == 0x1d ? id[2] : 0;
}

/* Finds the names of subjectAltName. Returns false if it is missing or malformed. */
static bool alternative_names(const mbedtls_x509_crt* certificate, struct bytes* names) {
  struct bytes list;
  struct extension extension;
  if (!extensions(certificate, &list)) return false;
  while (next_extension(&list, &extension)) {
    if (id_of(&extension) == ID_ALTERNATIVE_NAME) return sole_element(extension.value, 0x30, names);
  }
  return false;
}

/* --- names ------------------------------------------------------------------------------------ */

static u8 lower(u8 character) {
  return character >= 'A' && character <= 'Z' ? character + 32 : character;
}

static bool same_text(const u8* left, const u8* right, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

/* Rule 2: a dNSName consists of letters, digits, hyphens, underscores and dots, and may begin with
   "*." followed by at least two labels. NULs, partial and multiple wildcards are invalid (RFC 9525,
   6.3). */
static bool is_dns_name(struct bytes name) {
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
  if (!is_dns_name(name)) return false;
  if (name.at[0] == '*') { /* matches exactly one label */
    const char* dot = strchr(host, '.');
    if (dot == NULL || dot == host) return false;
    length -= dot - host;
    return name.length - 1 == length && same_text(name.at + 1, (const u8*)dot, length);
  }
  return name.length == length && same_text(name.at, (const u8*)host, length);
}

/* Sets the name that the peer must prove. Returns false if it is not a valid name. */
bool tls_set_name(struct connection* connection, const u8* name, u32 length) {
  if (length != 0 && name[length - 1] == '.') length--;
  if (length == 0 || length > HOST_NAME) return false;
  for (u32 i = 0; i < length; i++) {
    if (name[i] <= ' ' || name[i] >= 127) return false;
    connection->name[i] = lower(name[i]);
  }
  connection->name[length] = 0;
  connection->address_length =
      mbedtls_x509_crt_parse_cn_inet_pton(connection->name, connection->address);
  return true;
}

/* Rule 3: a subjectAltName is required; the common name is ignored (RFC 9525, 6.3). Rule 4: an
   address matches only an equal iPAddress, a name only a dNSName. */
static u32 check_name(const struct connection* connection, const mbedtls_x509_crt* certificate) {
  struct bytes names;
  struct element name;
  if (!alternative_names(certificate, &names)) return NO_ALTERNATIVE_NAME;
  while (next(&names, &name)) {
    if (connection->address_length == 0) {
      if (name.tag == DNS_NAME && name_matches(name.content, connection->name)) return 0;
    } else if (name.tag == IP_ADDRESS && name.content.length == connection->address_length) {
      if (memcmp(name.content.at, connection->address, name.content.length) == 0) return 0;
    }
  }
  return MBEDTLS_X509_BADCERT_CN_MISMATCH;
}

/* --- name constraints (RFC 5280, 4.2.1.10) ---------------------------------------------------- */

/* "good.test" covers itself and its subdomains; ".good.test" only the subdomains. */
static bool dns_within(struct bytes name, struct bytes base) {
  if (base.length == 0) return true;
  if (base.length > name.length) return false;
  size_t more = name.length - base.length;
  if (!same_text(name.at + more, base.at, base.length)) return false;
  return base.at[0] == '.' ? more > 0 : more == 0 || name.at[more - 1] == '.';
}

/* A wildcard also violates the exclusion of a longer name that it could match. */
static bool dns_may_be_within(struct bytes name, struct bytes base) {
  if (dns_within(name, base)) return true;
  if (name.length < 2 || name.at[0] != '*') return false;
  return dns_within(base, (struct bytes){name.at + 2, name.length - 2});
}

static bool is_mask(const u8* mask, size_t length) {
  bool ended = false;
  for (size_t i = 0; i < 8 * length; i++) {
    bool bit = mask[i / 8] >> (7 - i % 8) & 1;
    if (bit && ended) return false;
    ended = !bit;
  }
  return true;
}

static bool address_within(struct bytes address, struct bytes base) {
  if (base.length != 2 * address.length) return false;
  const u8* mask = base.at + address.length;
  for (size_t i = 0; i < address.length; i++) {
    if (((address.at[i] ^ base.at[i]) & mask[i]) != 0) return false;
  }
  return true;
}

/* A subject is within a directoryName if it begins with its components. */
static bool subject_within(struct bytes subject, struct bytes base) {
  struct bytes parts, wanted;
  if (!sole_element(subject, 0x30, &parts) || !sole_element(base, 0x30, &wanted)) return false;
  return wanted.length <= parts.length && memcmp(parts.at, wanted.at, wanted.length) == 0;
}

/* Checks a name against a list of subtrees; only subtrees of its form apply. */
static u32 check_list(struct bytes subtrees, bool excluded, u8 form, struct bytes name) {
  struct element subtree, base;
  bool any = false, within = false;
  while (next(&subtrees, &subtree)) {
    struct bytes inside = subtree.content;
    if (subtree.tag != 0x30 || !next(&inside, &base)) return MALFORMED;
    if (base.tag != form) continue;
    if (inside.length != 0) return UNSUPPORTED_CONSTRAINT; /* minimum, maximum */
    any = true;
    if (form == DNS_NAME) {
      within |= excluded ? dns_may_be_within(name, base.content) : dns_within(name, base.content);
    } else if (form == IP_ADDRESS) {
      size_t half = base.content.length / 2;
      if (half != 4 && half != 16) return MALFORMED;
      if (!is_mask(base.content.at + half, half)) return MALFORMED;
      within |= address_within(name, base.content);
    } else if (form == DIRECTORY_NAME && !excluded) { /* a name has several encodings, so a */
      within |= subject_within(name, base.content);   /* match can permit but not exclude */
    } else {
      return UNSUPPORTED_CONSTRAINT;
    }
  }
  if (subtrees.length != 0) return MALFORMED;
  return any && within == excluded ? NAME_CONSTRAINT : 0;
}

/* Rule 5: every name must be within the permitted and outside the excluded subtrees of each
   issuer, whether or not the extension is critical. If a constraint of an unsupported form applies,
   verification fails. */
static u32 check_constraint(struct bytes constraint, u8 form, struct bytes name) {
  struct element list;
  u32 refusals = 0;
  while (next(&constraint, &list)) {
    if (list.tag != 0xa0 && list.tag != 0xa1) return MALFORMED;
    refusals |= check_list(list.content, list.tag == 0xa1, form, name);
  }
  return constraint.length != 0 ? refusals | MALFORMED : refusals;
}

static u32 check_constraints(const struct connection* connection,
                             const mbedtls_x509_crt* certificate) {
  struct bytes subject = {certificate->subject_raw.p, certificate->subject_raw.len};
  u32 refusals = 0;
  for (u32 i = 0; i < connection->constraint_count; i++) {
    struct bytes names, constraint = connection->constraints[i];
    struct element name;
    if (subject.length > 2) refusals |= check_constraint(constraint, DIRECTORY_NAME, subject);
    if (!alternative_names(certificate, &names)) continue;
    while (next(&names, &name)) {
      refusals |= check_constraint(constraint, name.tag, name.content);
    }
    if (names.length != 0) refusals |= MALFORMED;
  }
  return refusals;
}

/* --- the other extensions --------------------------------------------------------------------- */

/* Rule 6: unknown critical extensions (RFC 5280, 4.2) and malformed ones fail verification. Also
   collects the name constraints for the certificates below. */
static u32 check_extensions(struct connection* connection, const mbedtls_x509_crt* certificate,
                            bool authority) {
  struct bytes list, constraint;
  struct extension extension;
  bool constrained = false;
  u32 refusals = 0;
  if (!extensions(certificate, &list)) return MALFORMED;
  while (next_extension(&list, &extension)) {
    u32 id = id_of(&extension);
    bool understood = id == ID_KEY_USAGE || id == ID_ALTERNATIVE_NAME || id == ID_POLICIES ||
                      id == ID_BASIC_CONSTRAINTS || id == ID_EXTENDED_KEY_USAGE ||
                      (id == ID_NAME_CONSTRAINTS && authority);
    if (extension.critical && !understood) refusals |= UNKNOWN_EXTENSION;
    if (id != ID_NAME_CONSTRAINTS || !authority) continue;
    bool room = !constrained && connection->constraint_count < CONSTRAINED;
    if (!room || !sole_element(extension.value, 0x30, &constraint)) return refusals | MALFORMED;
    constrained = true;
    connection->constraints[connection->constraint_count++] = constraint;
  }
  return list.length != 0 ? refusals | MALFORMED : refusals;
}

/* mbedTLS calls this for each certificate of a path, root first. */
int tls_check_certificate(void* context, mbedtls_x509_crt* certificate, int depth,
                          uint32_t* flags) {
  struct connection* connection = context;
  i32 root = tls_root_index(certificate->raw.p);
  if (root >= 0) connection->root = root;
  *flags |= check_constraints(connection, certificate); /* before its own constraints are added */
  u32 refusals = check_extensions(connection, certificate, depth != 0);
  if (root < 0) *flags |= refusals; /* of a root, only the constraints count */
  if (!tls_strong_key(certificate)) *flags |= MBEDTLS_X509_BADCERT_BAD_KEY;
  /* Rule 7: versions 1 and 2 fail, as they have no extensions to limit their use. */
  if (root < 0 && certificate->version < 3) *flags |= OLD_VERSION;
  if (depth == 0) {
    *flags |= check_name(connection, certificate);
    /* Rule 8: a CA certificate must not be used as a server's (RFC 5280, 4.2.1.9). */
    if (certificate->ca_istrue) *flags |= AUTHORITY_AS_SERVER;
    /* Rule 10: Mozilla distrusts some roots for certificates issued after a date
       (CKA_NSS_SERVER_DISTRUST_AFTER). */
    if (tls_root_distrusted(connection->root, &certificate->valid_from)) *flags |= ROOT_DISTRUSTED;
  } else if (mbedtls_x509_crt_check_extended_key_usage(certificate, MBEDTLS_OID_SERVER_AUTH,
                                                       MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH))) {
    *flags |= INTERMEDIATE_USAGE; /* Rule 9: an intermediate's extendedKeyUsage counts too. */
  }
  return 0;
}
