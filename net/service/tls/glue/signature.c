/* Signatures, with two differences from mbedTLS: those of ECDSA must be in DER, and those of keys
 * for RSASSA-PSS must be what the key allows (RFC 4055, 1.2). */
#include "path.h"
#include "mbedtls/error.h"
#include "mbedtls/platform.h"
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
  bool allowed = kind == MBEDTLS_PK_RSASSA_PSS && tls_hash_fits(key, hash);
  if (tls_only_pss(key) && !allowed) return MBEDTLS_ERR_RSA_VERIFY_FAILED;
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
               mbedtls_md(info, data->signed_bytes.at, data->signed_bytes.length, digest) == 0 &&
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
