/* A handshake message may come in records of any size (RFC 8446, 5.1; RFC 5246, 6.2.1). mbedTLS 3.6
 * puts one together from the record on that holds the first four bytes, which say its length; here
 * those are put together. Uses the library's inner functions: this file changes with its next
 * version, or goes. */
#include "tls.h"
#include "ssl_misc.h"

#define HEADER 4

/* Has mbedTLS append the next record to what is there of a message of `length` bytes. */
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

/* In the place of mbedTLS's function in all of its files but that which has it. A header that is
   not whole is awaited as if it were the message. */
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
