/* TLS 1.3 key updates (RFC 8446, 4.6.3 and 7.2), which mbedTLS 3.6 rejects. Uses internal functions
 * of the library: review this file when mbedTLS is updated. */
#include "tls.h"
#include "mbedtls/platform_util.h"
#include "ssl_misc.h"
#include "ssl_tls13_keys.h"

#define KEY_UPDATE 24
enum { UPDATE_NOT_REQUESTED, UPDATE_REQUESTED };

/* Replaces the traffic keys of one direction with the next ones. */
static int renew(struct connection* connection, bool sending) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  mbedtls_ssl_tls13_application_secrets* secrets = &ssl->session->app_secrets;
  bool client = (ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT) == sending;
  u8* secret = client ? secrets->client_application_traffic_secret_N
                      : secrets->server_application_traffic_secret_N;
  const mbedtls_ssl_ciphersuite_t* suite =
      mbedtls_ssl_ciphersuite_from_id(ssl->session->ciphersuite);
  const mbedtls_cipher_info_t* cipher = mbedtls_cipher_info_from_type(suite->cipher);
  psa_algorithm_t hash = mbedtls_md_psa_alg_from_type((mbedtls_md_type_t)suite->mac);
  size_t length = PSA_HASH_LENGTH(hash);
  mbedtls_ssl_transform* transform = ssl->transform_application;
  u32 key_length = mbedtls_cipher_info_get_key_bitlen(cipher) / 8;
  u8 next[MBEDTLS_TLS1_3_MD_MAX_SIZE];
  mbedtls_ssl_key_set keys;

  int failure = mbedtls_ssl_tls13_hkdf_expand_label(
      hash, secret, length, MBEDTLS_SSL_TLS1_3_LBL_WITH_LEN(traffic_upd), NULL, 0, next, length);
  if (failure == 0) {
    failure = mbedtls_ssl_tls13_make_traffic_keys(hash, next, next, length, key_length,
                                                  transform->ivlen, &keys);
  }
  if (failure == 0) {
    memcpy(secret, next, length);
    memcpy(sending ? transform->iv_enc : transform->iv_dec, keys.client_write_iv, transform->ivlen);
    failure = mbedtls_cipher_setkey(
        sending ? &transform->cipher_ctx_enc : &transform->cipher_ctx_dec, keys.client_write_key,
        8 * key_length, sending ? MBEDTLS_ENCRYPT : MBEDTLS_DECRYPT);
    memset(sending ? ssl->cur_out_ctr : ssl->in_ctr, 0, MBEDTLS_SSL_SEQUENCE_NUMBER_LEN);
  }
  mbedtls_platform_zeroize(next, sizeof next);
  mbedtls_platform_zeroize(&keys, sizeof keys);
  return failure;
}

/* Replies to update_requested; the reply itself still goes out under the old keys. */
static int answer(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  ssl->out_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
  ssl->out_msglen = 5;
  memcpy(ssl->out_msg, (const u8[]){KEY_UPDATE, 0, 0, 1, UPDATE_NOT_REQUESTED}, 5);
  int failure = mbedtls_ssl_write_record(ssl, 1);
  return failure == 0 || failure == MBEDTLS_ERR_SSL_WANT_WRITE ? renew(connection, true) : failure;
}

/* Reads the next record unless one is buffered, and consumes it if it is a key update or empty.
   Any other record is left for mbedtls_ssl_read. */
int tls_read_ahead(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  int failure = tls_read_record(ssl, 1);
  if (failure != 0) return failure;
  if (ssl->in_msgtype == MBEDTLS_SSL_MSG_APPLICATION_DATA && ssl->in_msglen == 0) {
    return MBEDTLS_ERR_SSL_WANT_READ;
  }
  bool message = ssl->in_msgtype == MBEDTLS_SSL_MSG_HANDSHAKE &&
                 ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3;
  if (!message || ssl->in_msg[0] != KEY_UPDATE || ssl->in_hslen != 5) {
    ssl->keep_current_message = 1;
    return 0;
  }
  /* A key update must end its record (RFC 8446, 5.1). */
  if (ssl->in_hslen != ssl->in_msglen) return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
  if (ssl->in_msg[4] > UPDATE_REQUESTED) return MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
  bool requested = ssl->in_msg[4] == UPDATE_REQUESTED;
  if (requested && ssl->out_left != 0) { /* send the pending output before the reply */
    ssl->keep_current_message = 1;
    return MBEDTLS_ERR_SSL_WANT_WRITE;
  }
  connection->key_updates++;
  failure = renew(connection, false);
  if (failure == 0 && requested) failure = answer(connection);
  return failure != 0 ? failure : MBEDTLS_ERR_SSL_WANT_READ;
}
