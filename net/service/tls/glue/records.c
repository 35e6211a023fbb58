/* Checks of records that mbedTLS omits (RFC 8446, 5), and limits on records that bring nothing.
 * Uses internal functions of the library: review this file when mbedTLS is updated. */
#include "tls.h"
#include "ssl_misc.h"

#define SKIPPED 16384              /* limit of early data that a server skips (RFC 8446, 4.2.10) */
#define PROTECTED (16384 + 1 + 16) /* a TLS 1.3 record: content, its type, and a tag */

/* Checks the last record for faults that mbedTLS ignores. Returns an error or 0. */
int tls_check_last_record(const struct connection* connection) {
  const mbedtls_ssl_context* ssl = &connection->ssl;
  u32 fragment = mbedtls_ssl_get_in_hsfraglen(ssl);
  bool hidden = ssl->in_msgtype == MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC &&
                ssl->in_hdr[0] == MBEDTLS_SSL_MSG_APPLICATION_DATA; /* RFC 8446, 5 */
  bool empty = fragment != 0 && fragment == connection->fragment;   /* RFC 8446, 5.4 */
  if (hidden || empty) return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
  /* Do not wait for the rest of a message that cannot fit into the buffer. */
  bool long_message = fragment != 0 && ssl->in_hslen > MBEDTLS_SSL_IN_CONTENT_LEN;
  if (!long_message) return 0;
  /* If such a message is allowed, tls_read_record collects it in a larger buffer. */
  return tls_may_be_long(connection) ? MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS
                                     : MBEDTLS_ERR_SSL_DECODE_ERROR;
}

/* Checks each record before mbedTLS reads it, and counts consecutive records that carry neither
   data nor a further part of a handshake message. */
int tls_check_next_record(struct connection* connection, const u8* destination) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  if (destination == ssl->in_hdr) {
    u32 fragment = mbedtls_ssl_get_in_hsfraglen(ssl);
    ssl->nb_zero = 0; /* mbedTLS itself allows only three empty records */
    if (fragment <= connection->fragment && ++connection->idle > IDLE_LIMIT) {
      return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
    }
    connection->fragment = fragment;
  } else if (destination == ssl->in_hdr + mbedtls_ssl_in_hdr_len(ssl)) {
    /* ChangeCipherSpec is ignored during the handshake and fatal afterwards (RFC 8446, 5). */
    bool late = connection->state == OPEN && ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3;
    if (late && ssl->in_hdr[0] == MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC) {
      return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
    }
    /* Content and padding are limited together (RFC 8446, 5.4). */
    bool sealed = ssl->transform_in != NULL && ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3;
    if (sealed && MBEDTLS_GET_UINT16_BE(ssl->in_hdr, 3) > PROTECTED) {
      return MBEDTLS_ERR_SSL_INVALID_RECORD;
    }
  }
  return 0;
}

/* If early data is to be skipped, sets how much. */
void tls_bound_early_data(const mbedtls_ssl_context* ssl) {
  bool skipping = ssl->discard_early_data_record != MBEDTLS_SSL_EARLY_DATA_NO_DISCARD;
  if (skipping && ssl->session_negotiate != NULL) {
    ssl->session_negotiate->max_early_data_size = SKIPPED;
  }
}
