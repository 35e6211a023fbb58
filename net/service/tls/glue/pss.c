/* RSASSA-PSS. mbedTLS only knows its schemes for keys of any RSA scheme (rsa_pss_rsae_...). Here,
 * keys that only RSASSA-PSS may use work as well (RFC 4055, 1.2), with the schemes rsa_pss_pss_...
 * (RFC 8446, 4.2.3). mbedTLS takes such a key for an RSA key with the padding of PKCS #1 v2.1, and
 * is shown the scheme rsa_pss_rsae_... with the same hash. Uses internal functions of the library:
 * review this file when mbedTLS is updated. */
#include "der.h"
#include "mbedtls/error.h"
#include "mbedtls/pem.h"
#include "mbedtls/psa_util.h"
#include "rsa_internal.h"
#include "ssl_misc.h"
#include "x509_internal.h"

#define ANY_RSA 0x0804  /* rsa_pss_rsae_sha256; those with SHA-384 and SHA-512 follow */
#define ONLY_PSS 0x0809 /* rsa_pss_pss_sha256; likewise */
#define SCHEMES 3

static bool is_for_pss_key(u16 scheme) { return scheme >= ONLY_PSS && scheme < ONLY_PSS + SCHEMES; }

/* --- keys ------------------------------------------------------------------------------------- */

/* Reports whether only RSASSA-PSS may use a key. */
bool tls_only_pss(const mbedtls_pk_context* key) {
  return mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA &&
         mbedtls_pk_rsa(*key)->padding == MBEDTLS_RSA_PKCS_V21;
}

/* Reports whether a key may be used with a hash: its parameters may name just one. */
bool tls_hash_fits(const mbedtls_pk_context* key, mbedtls_md_type_t hash) {
  if (!tls_only_pss(key)) return true;
  mbedtls_md_type_t only = mbedtls_pk_rsa(*key)->hash_id;
  return only == MBEDTLS_MD_NONE || only == hash;
}

/* Reads the content of an AlgorithmIdentifier. Returns false unless it is id-RSASSA-PSS. `hash` is
   that of the parameters, or MBEDTLS_MD_NONE. Parameters that ask for a salt longer than the hash
   (RFC 4055, 3.3) count as wrong: TLS has no signatures with one (RFC 8446, 4.2.3). */
static bool read_algorithm(struct bytes algorithm, mbedtls_md_type_t* hash) {
  static const u8 id[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10};
  struct element name, parameters;
  mbedtls_md_type_t mask;
  int salt;
  if (!der_next_if(&algorithm, OBJECT_ID, &name)) return false;
  if (!der_same(name.content, (struct bytes){id, sizeof id})) return false;
  *hash = MBEDTLS_MD_NONE;
  if (algorithm.length == 0) return true;
  if (!der_next(&algorithm, &parameters) || algorithm.length != 0) return false;
  mbedtls_x509_buf buffer = {parameters.tag, parameters.content.length, (u8*)parameters.content.at};
  if (mbedtls_x509_get_rsassa_pss_params(&buffer, hash, &mask, &salt) != 0) return false;
  return mask == *hash && salt <= mbedtls_md_get_size_from_type(*hash);
}

static int restrict_key(mbedtls_pk_context* key, mbedtls_md_type_t hash) {
  return mbedtls_rsa_set_padding(mbedtls_pk_rsa(*key), MBEDTLS_RSA_PKCS_V21, hash);
}

/* Finds the RSAPublicKey in a SubjectPublicKeyInfo whose algorithm is id-RSASSA-PSS. */
static bool find_public(struct bytes info, struct bytes* key, mbedtls_md_type_t* hash) {
  struct bytes inside;
  struct element element;
  if (!der_only(info, SEQUENCE, &inside) || !der_next_if(&inside, SEQUENCE, &element)) return false;
  if (!read_algorithm(element.content, hash)) return false;
  if (!der_next_if(&inside, BITS, &element) || inside.length != 0) return false;
  *key = element.content; /* the number of unused bits comes first */
  return key->length > 1 && *key->at++ == 0 && --key->length != 0;
}

/* Replaces mbedtls_pk_parse_subpubkey. */
int tls_parse_key(u8** at, const u8* end, mbedtls_pk_context* key) {
  struct bytes rest = {*at, end - *at}, info = rest, bits;
  struct element element;
  mbedtls_md_type_t hash;
  if (!der_next(&rest, &element)) return mbedtls_pk_parse_subpubkey(at, end, key);
  info.length -= rest.length;
  if (!find_public(info, &bits, &hash)) return mbedtls_pk_parse_subpubkey(at, end, key);
  int failure = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));
  if (failure == 0) failure = mbedtls_rsa_parse_pubkey(mbedtls_pk_rsa(*key), bits.at, bits.length);
  if (failure == 0) failure = restrict_key(key, hash);
  if (failure != 0) mbedtls_pk_free(key);
  *at = (u8*)rest.at;
  return failure == 0 ? 0 : MBEDTLS_ERR_PK_INVALID_PUBKEY;
}

/* Parses a PrivateKeyInfo (RFC 5958) whose algorithm is id-RSASSA-PSS. */
static int parse_private(struct bytes info, mbedtls_pk_context* key) {
  struct bytes inside;
  struct element element;
  mbedtls_md_type_t hash;
  bool found = der_only(info, SEQUENCE, &inside) && der_next_if(&inside, INTEGER, &element) &&
               der_next_if(&inside, SEQUENCE, &element) && read_algorithm(element.content, &hash) &&
               der_next_if(&inside, OCTETS, &element);
  if (!found) return MBEDTLS_ERR_PK_KEY_INVALID_FORMAT;
  int failure = mbedtls_pk_parse_key(key, element.content.at, element.content.length, NULL, 0,
                                     mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
  if (failure == 0 && mbedtls_pk_get_type(key) != MBEDTLS_PK_RSA) {
    failure = MBEDTLS_ERR_PK_KEY_INVALID_FORMAT;
  }
  return failure != 0 ? failure : restrict_key(key, hash);
}

/* Parses a private key, in DER or as a PEM text that is zero-terminated. */
int tls_parse_private(mbedtls_pk_context* key, const u8* text, size_t length) {
  mbedtls_pem_context pem;
  size_t used;
  int failure = mbedtls_pk_parse_key(key, text, length, NULL, 0, mbedtls_psa_get_random,
                                     MBEDTLS_PSA_RANDOM_STATE);
  if (failure == 0) return 0;
  if (text[0] == SEQUENCE) return parse_private((struct bytes){text, length}, key);
  mbedtls_pem_init(&pem);
  if (mbedtls_pem_read_buffer(&pem, "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----",
                              text, NULL, 0, &used) == 0) {
    failure = parse_private((struct bytes){pem.buf, pem.buflen}, key);
  }
  mbedtls_pem_free(&pem);
  return failure;
}

/* --- schemes ---------------------------------------------------------------------------------- */

static mbedtls_md_type_t hash_of(u16 scheme) {
  static const mbedtls_md_type_t hashes[SCHEMES] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384,
                                                    MBEDTLS_MD_SHA512};
  return hashes[scheme - (is_for_pss_key(scheme) ? ONLY_PSS : ANY_RSA)];
}

/* Returns the scheme of a key that only RSASSA-PSS may use, or 0 if there is none with this hash.
 */
u16 tls_pss_scheme(mbedtls_md_type_t hash) {
  for (u16 scheme = ONLY_PSS; scheme < ONLY_PSS + SCHEMES; scheme++) {
    if (hash_of(scheme) == hash) return scheme;
  }
  return 0;
}

bool tls_is_pss(u16 scheme) {
  return is_for_pss_key(scheme) || (scheme >= ANY_RSA && scheme < ANY_RSA + SCHEMES);
}

/* Returns the scheme that stands for one of RSASSA-PSS with this key, or 0 if it does not fit. */
u16 tls_shown_scheme(u16 scheme, const mbedtls_pk_context* key) {
  bool only = tls_only_pss(key), fits = only && is_for_pss_key(scheme);
  if (!only) return is_for_pss_key(scheme) ? 0 : scheme;
  return fits && tls_hash_fits(key, hash_of(scheme)) ? scheme - ONLY_PSS + ANY_RSA : 0;
}

/* Adds the schemes for keys that only RSASSA-PSS may use to signature_algorithms, which ends at
   `at` + `length`. */
int tls_offer_pss(u8* at, const u8* end, size_t* length) {
  const u32 added = 2 * SCHEMES;
  if ((size_t)(end - at) < *length + added) return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
  for (u32 i = 0; i < SCHEMES; i++) {
    MBEDTLS_PUT_UINT16_BE(ONLY_PSS + i, at, *length + 2 * i);
  }
  /* The lengths of the extension and of its list. */
  MBEDTLS_PUT_UINT16_BE(MBEDTLS_GET_UINT16_BE(at, 2) + added, at, 2);
  MBEDTLS_PUT_UINT16_BE(MBEDTLS_GET_UINT16_BE(at, 4) + added, at, 4);
  *length += added;
  return 0;
}

/* Finds the scheme of a server's signature in the message that has arrived. */
static u8* find_scheme(const mbedtls_ssl_context* ssl) {
  u8* body = ssl->in_msg + 4;
  size_t length = ssl->in_hslen - 4, before = 0;
  if (ssl->conf->endpoint != MBEDTLS_SSL_IS_CLIENT) return NULL;
  if (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3) {
    if (ssl->state != MBEDTLS_SSL_CERTIFICATE_VERIFY || length < 2) return NULL;
    return ssl->in_msg[0] == MBEDTLS_SSL_HS_CERTIFICATE_VERIFY ? body : NULL;
  }
  if (ssl->state != MBEDTLS_SSL_SERVER_KEY_EXCHANGE || length < 4) return NULL;
  before = 4 + body[3]; /* the curve, and a point (RFC 8422, 5.4) */
  bool there = ssl->in_msg[0] == MBEDTLS_SSL_HS_SERVER_KEY_EXCHANGE && length >= before + 2;
  return there ? body + before : NULL;
}

/* If a server has signed with a scheme for RSASSA-PSS keys, shows mbedTLS the one that it knows; a
   scheme that does not fit the key becomes 0, which is none. */
void tls_show_scheme(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  const mbedtls_ssl_session* session = ssl->session_negotiate;
  u8* at = find_scheme(ssl);
  if (at == NULL || session == NULL || session->peer_cert == NULL) return;
  const mbedtls_pk_context* key = &session->peer_cert->pk;
  u16 scheme = MBEDTLS_GET_UINT16_BE(at, 0);
  u16 shown = tls_shown_scheme(scheme, key);
  connection->signed_with = shown;
  if (shown == scheme) return;
  if (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3) tls_edit(connection, at, 2);
  MBEDTLS_PUT_UINT16_BE(shown, at, 0);
}

/* Replaces mbedtls_ssl_add_hs_msg_to_checksum in ssl_tls13_generic.c: mbedTLS has read a message,
   or is about to send one. */
int tls_hash_message(mbedtls_ssl_context* ssl, unsigned kind, const u8* body, size_t length) {
  tls_restore(ssl->p_bio);
  bool server = ssl->conf->endpoint == MBEDTLS_SSL_IS_SERVER;
  bool own = kind == MBEDTLS_SSL_HS_CERTIFICATE_VERIFY &&
             (server || ssl->state == MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY);
  if (own && tls_only_pss(&tls_identity_key[server])) {
    u16 scheme = MBEDTLS_GET_UINT16_BE(body, 0) - ANY_RSA + ONLY_PSS;
    MBEDTLS_PUT_UINT16_BE(scheme, (u8*)body, 0);
  }
  return mbedtls_ssl_add_hs_msg_to_checksum(ssl, kind, body, length);
}
