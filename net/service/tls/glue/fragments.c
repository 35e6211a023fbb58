/* Reassembles handshake headers that are split over records. A handshake message may come in
 * records of any size (RFC 8446, 5.1; RFC 5246, 6.2.1), but mbedTLS 3.6 requires its four-byte
 * header in one record. Uses internal functions of the library: review this file when mbedTLS is
 * updated. */
#include "tls.h"
#include "ssl_misc.h"

#define HEADER 4

/* Makes mbedTLS append the next record to the part of a `length`-byte message that it holds. */
static int await_rest(mbedtls_ssl_context* ssl, size_t length) {
  size_t count = ssl->in_msglen;
  u8* start = ssl->in_buf + MBEDTLS_SSL_SEQUENCE_NUMBER_LEN + mbedtls_ssl_in_hdr_len(ssl);
  memmove(start, ssl->in_msg, count);
  ssl->in_hdr = start + count;
  ssl->in_msglen = 0;
  ssl->in_hslen = length;
  mbedtls_ssl_update_in_pointers(ssl);
  return mbedtls_ssl_set_in_hsfraglen(ssl, count);
}

/* Replaces mbedtls_ssl_read_record in every mbedTLS file but ssl_msg.c, which defines it. An
   incomplete header is treated as a message of four bytes until the rest of it arrives. */
int tls_read_record(mbedtls_ssl_context* ssl, unsigned update_digest) {
  struct connection* connection = ssl->p_bio;
  bool kept = ssl->keep_current_message;
  for (;;) {
    int failure = mbedtls_ssl_read_record(ssl, 0);
    bool handshake = ssl->in_msgtype == MBEDTLS_SSL_MSG_HANDSHAKE;
    size_t length = HEADER;
    bool begun = handshake && ssl->in_msglen != 0 && ssl->in_msglen < length;
    if (failure == MBEDTLS_ERR_SSL_INVALID_RECORD && begun) {
      failure = 0;
    } else {
      if (failure != 0 || !handshake || kept) return failure;
      length += MBEDTLS_GET_UINT24_BE(ssl->in_msg, 1);
    }
    if (ssl->in_msglen >= length) {
      ssl->in_hslen = length;
      connection->fragment = 0;
      connection->message = true;
      return update_digest ? mbedtls_ssl_update_handshake_status(ssl) : 0;
    }
    failure = await_rest(ssl, length);
    if (failure != 0) return failure;
  }
}
