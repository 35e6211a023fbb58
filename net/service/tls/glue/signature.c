/* Public keys and signatures, with two differences from mbedTLS: ECDSA signatures must be in DER,
 * and keys that only RSASSA-PSS may use (RFC 4055, 1.2) are accepted. */
#include "path.h"
#include "mbedtls/error.h"
#include "mbedtls/platform.h"
#include "rsa_internal.h"
#include "x509_internal.h"

/* Takes the next element off `from`. Returns false unless it is an INTEGER that is not negative, in
   its shortest encoding. */
static bool next_integer(struct bytes* from) {
  struct element element;
  const u8* start = from->at;
  if (!der_next(from, &element) || element.tag != INTEGER) return false;
  struct bytes value = element.content;
  if (value.length == 0 || value.at - start != 2 || value.at[0] >= 128) return false;
  return value.length == 1 || value.at[0] != 0 || value.at[1] >= 128;
}

/* Reports whether an ECDSA signature is in DER, which has one encoding per value (X.690, 10.1). */
static bool in_der(struct bytes signature) {
  struct bytes inside;
  if (!der_only(signature, SEQUENCE, &inside)) return false;
  if (inside.at - signature.at != (inside.length < 128 ? 2 : 3)) return false;
  return next_integer(&inside) && next_integer(&inside) && inside.length == 0;
}

/* Replaces mbedtls_pk_verify_ext. */
int tls_verify_signature(mbedtls_pk_type_t kind, const void* options, mbedtls_pk_context* key,
                         mbedtls_md_type_t hash, const u8* digest, size_t digest_length,
                         const u8* signature, size_t length) {
  bool elliptic = mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA);
  if (elliptic && !in_der((struct bytes){signature, length})) return MBEDTLS_ERR_ECP_VERIFY_FAILED;
  return mbedtls_pk_verify_ext(kind, options, key, hash, digest, digest_length, signature, length);
}

/* Verifies the signature of a structure, which must use SHA-256, SHA-384 or SHA-512. */
bool tls_verify_signed(const struct signed_data* data, const mbedtls_pk_context* key) {
  u8 *at = (u8*)data->algorithm.at, *end = at + data->algorithm.length;
  u8 digest[MBEDTLS_MD_MAX_SIZE];
  mbedtls_x509_buf id, parameters;
  mbedtls_md_type_t hash;
  mbedtls_pk_type_t kind;
  void* options = NULL;
  if (mbedtls_x509_get_alg(&at, end, &id, &parameters) != 0 || at != end) return false;
  if (mbedtls_x509_get_sig_alg(&id, &parameters, &hash, &kind, &options) != 0) return false;
  const mbedtls_md_info_t* info = mbedtls_md_info_from_type(hash);
  bool strong = hash == MBEDTLS_MD_SHA256 || hash == MBEDTLS_MD_SHA384 || hash == MBEDTLS_MD_SHA512;
  bool valid = strong && mbedtls_pk_can_do(key, kind) &&
               mbedtls_md(info, data->whole.at, data->whole.length, digest) == 0 &&
               tls_verify_signature(kind, options, (mbedtls_pk_context*)key, hash, digest,
                                    mbedtls_md_get_size(info), data->signature.at,
                                    data->signature.length) == 0;
  mbedtls_free(options);
  return valid;
}

/* Replaces mbedtls_pk_verify_restartable, which is never restarted here. */
int tls_verify_restartable(mbedtls_pk_context* key, mbedtls_md_type_t hash, const u8* digest,
                           size_t digest_length, const u8* signature, size_t length,
                           mbedtls_pk_restart_ctx* restart) {
  (void)restart;
  return tls_verify_signature(mbedtls_pk_get_type(key), NULL, key, hash, digest, digest_length,
                              signature, length);
}

/* Finds the RSAPublicKey in a SubjectPublicKeyInfo whose algorithm is id-RSASSA-PSS. */
static bool pss_key(struct bytes info, struct bytes* key) {
  static const u8 id[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10};
  struct bytes inside;
  struct element element, name;
  if (!der_only(info, SEQUENCE, &inside) || !der_next(&inside, &element)) return false;
  if (element.tag != SEQUENCE || !der_next(&element.content, &name)) return false;
  if (name.tag != OBJECT_ID || !der_same(name.content, (struct bytes){id, sizeof id})) return false;
  if (!der_next(&inside, &element) || element.tag != 3 || inside.length != 0) return false;
  *key = element.content; /* a BIT STRING: the number of unused bits comes first */
  return key->length > 1 && *key->at++ == 0 && --key->length != 0;
}

/* Replaces mbedtls_pk_parse_subpubkey. A key for RSASSA-PSS becomes an RSA key that verifies no
   other signatures. */
int tls_parse_key(u8** at, const u8* end, mbedtls_pk_context* key) {
  struct bytes rest = {*at, end - *at}, info = rest, bits;
  struct element element;
  if (!der_next(&rest, &element)) return mbedtls_pk_parse_subpubkey(at, end, key);
  info.length -= rest.length;
  if (!pss_key(info, &bits)) return mbedtls_pk_parse_subpubkey(at, end, key);
  int failure = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));
  if (failure == 0) failure = mbedtls_rsa_parse_pubkey(mbedtls_pk_rsa(*key), bits.at, bits.length);
  if (failure == 0) {
    failure = mbedtls_rsa_set_padding(mbedtls_pk_rsa(*key), MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_NONE);
  }
  if (failure != 0) mbedtls_pk_free(key);
  *at = (u8*)rest.at;
  return failure == 0 ? 0 : MBEDTLS_ERR_PK_INVALID_PUBKEY;
}
