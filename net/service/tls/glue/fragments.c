/* Reassembles handshake messages. A message may arrive in records of any size (RFC 8446, 5.1;
 * RFC 5246, 6.2.1), but mbedTLS 3.6 requires the four-byte header to be in one record, and the
 * message to fit into the input buffer of 16 KiB. Here, Certificate and CertificateRequest messages
 * may be longer, up to 64 KiB, in a buffer of their own. Uses internal functions of the library:
 * review this file when mbedTLS is updated. */
#include "tls.h"
#include "mbedtls/platform.h"
#include "ssl_misc.h"

#define HEADER 4
#define MAX_MESSAGE 65536 /* bytes of a message without its header */

static u8* payload(const mbedtls_ssl_context* ssl) {
  return ssl->in_buf + MBEDTLS_SSL_SEQUENCE_NUMBER_LEN + mbedtls_ssl_in_hdr_len(ssl);
}

/* Makes mbedTLS append the next record to the first `count` bytes of a message of `length` bytes.
   They are at in_msg. */
static int await_rest(mbedtls_ssl_context* ssl, size_t count, size_t length) {
  u8* start = payload(ssl);
  memmove(start, ssl->in_msg, count);
  ssl->in_hdr = start + count;
  ssl->in_msglen = 0;
  ssl->in_hslen = length;
  mbedtls_ssl_update_in_pointers(ssl);
  return mbedtls_ssl_set_in_hsfraglen(ssl, count);
}

/* --- messages longer than mbedTLS's buffer ---------------------------------------------------- */

/* Reports whether the message that has begun to arrive is allowed to exceed mbedTLS's buffer. */
bool tls_may_be_long(const struct connection* connection) {
  const mbedtls_ssl_context* ssl = &connection->ssl;
  u8 kind = *payload(ssl);
  bool certificates =
      kind == MBEDTLS_SSL_HS_CERTIFICATE || kind == MBEDTLS_SSL_HS_CERTIFICATE_REQUEST;
  return certificates && connection->state == HANDSHAKING &&
         ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT && ssl->in_hslen <= HEADER + MAX_MESSAGE;
}

/* Lets mbedTLS read the next record as if it ended a message of two bytes, the first of which is
   already there. */
static int await_part(struct connection* connection) {
  connection->fragment = connection->idle = 0;
  connection->ssl.in_msg = payload(&connection->ssl);
  return await_rest(&connection->ssl, 1, 2);
}

/* Moves the part that mbedTLS holds to a buffer for the whole message. */
static int begin_long(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  connection->long_length = ssl->in_hslen;
  connection->long_held = mbedtls_ssl_get_in_hsfraglen(ssl);
  connection->long_message = mbedtls_calloc(1, ssl->in_hslen);
  if (connection->long_message == NULL) return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  memcpy(connection->long_message, payload(ssl), connection->long_held);
  return await_part(connection);
}

/* Appends the record that has arrived. Once the message is complete, passes it to mbedTLS. */
static int continue_long(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  u32 missing = connection->long_length - connection->long_held, there = ssl->in_msglen - 1;
  u32 count = there < missing ? there : missing;
  memcpy(connection->long_message + connection->long_held, ssl->in_msg + 1, count);
  connection->long_held += count;
  if (count < missing) return await_part(connection);
  connection->long_rest = there - count;
  memmove(ssl->in_msg + 1, ssl->in_msg + 1 + count, connection->long_rest);
  ssl->in_msg = connection->long_message;
  ssl->in_msglen = ssl->in_hslen = connection->long_length;
  connection->fragment = 0;
  connection->message = true;
  return 0;
}

static bool complete(const struct connection* connection) {
  return connection->long_message != NULL && connection->long_held == connection->long_length;
}

/* Switches back to mbedTLS's buffer, which holds what follows the message in its last record: more
   messages, or parts of them. mbedTLS next consumes the current message; one byte before the rest
   stands for it. */
static void end_long(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  mbedtls_free(connection->long_message);
  connection->long_message = NULL;
  ssl->in_msg = payload(ssl);
  ssl->in_msglen = 1 + connection->long_rest;
  ssl->in_hslen = 1;
}

/* --- any message ------------------------------------------------------------------------------ */

static bool awaits_hello(const mbedtls_ssl_context* ssl) {
  return ssl->conf->endpoint == MBEDTLS_SSL_IS_SERVER && ssl->state == MBEDTLS_SSL_CLIENT_HELLO;
}

/* Replaces mbedtls_ssl_read_record in every mbedTLS file but ssl_msg.c, which defines it. An
   incomplete header is treated as a message of four bytes until the rest of it arrives. */
int tls_read_record(mbedtls_ssl_context* ssl, unsigned update_digest) {
  struct connection* connection = ssl->p_bio;
  bool kept = ssl->keep_current_message;
  if (kept && awaits_hello(ssl))
    tls_restore(connection); /* mbedTLS found that the ClientHello is of TLS 1.2 */
  if (!kept && complete(connection)) end_long(connection);
  for (;;) {
    int failure = mbedtls_ssl_read_record(ssl, 0);
    bool handshake = ssl->in_msgtype == MBEDTLS_SSL_MSG_HANDSHAKE;
    size_t length = HEADER;
    bool begun = handshake && ssl->in_msglen != 0 && ssl->in_msglen < length;
    if (failure == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS) { /* from tls_check_last_record */
      failure = begin_long(connection);
      if (failure != 0) return failure;
      continue;
    }
    if (!kept && failure == 0 && connection->long_message != NULL) {
      if (!handshake) return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
      failure = continue_long(connection);
      if (failure != 0) return failure;
      if (!complete(connection)) continue;
      return update_digest ? mbedtls_ssl_update_handshake_status(ssl) : 0;
    }
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
      if (awaits_hello(ssl)) failure = tls_check_hello(connection);
      if (failure != 0) return failure;
      failure = update_digest ? mbedtls_ssl_update_handshake_status(ssl) : 0;
      if (failure == 0 && tls_take_status(connection)) continue;
      if (failure == 0) tls_show_scheme(connection);
      return failure;
    }
    failure = await_rest(ssl, ssl->in_msglen, length);
    if (failure != 0) return failure;
  }
}
