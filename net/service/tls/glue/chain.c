/* Sends this machine's Certificate message (RFC 8446, 4.4.2; RFC 5246, 7.4.2), in several records
 * if it is long; mbedTLS 3.6 requires it to fit into one. Uses internal functions of the library:
 * review this file when mbedTLS is updated. */
#include "tls.h"
#include "mbedtls/platform.h"
#include "ssl_misc.h"

#define HEADER 4

/* Encodes the message at `to` and returns its length. If `to` is NULL, only returns the length. */
static u32 encode(mbedtls_ssl_context* ssl, bool modern, u8* to) {
  const mbedtls_ssl_handshake_params* handshake = ssl->handshake;
  u32 context = modern ? handshake->certificate_request_context_len : 0;
  u32 list = HEADER + (modern ? 1 + context : 0), at = list + 3;
  if (to != NULL && modern) {
    to[HEADER] = context;
    if (context != 0) memcpy(to + HEADER + 1, handshake->certificate_request_context, context);
  }
  for (const mbedtls_x509_crt* one = mbedtls_ssl_own_cert(ssl); one != NULL; one = one->next) {
    if (to != NULL) {
      MBEDTLS_PUT_UINT24_BE(one->raw.len, to, at);
      memcpy(to + at + 3, one->raw.p, one->raw.len);
      if (modern) memset(to + at + 3 + one->raw.len, 0, 2); /* no extensions */
    }
    at += 3 + one->raw.len + (modern ? 2 : 0);
  }
  if (to == NULL) return at;
  to[0] = MBEDTLS_SSL_HS_CERTIFICATE;
  MBEDTLS_PUT_UINT24_BE(at - HEADER, to, 1);
  MBEDTLS_PUT_UINT24_BE(at - list - 3, to, list);
  return at;
}

/* Writes the next record of the message; mbedTLS's output must be empty. */
int tls_send_part(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  u32 most = mbedtls_ssl_get_max_out_record_payload(ssl);
  u32 left = connection->parts_length - connection->parts_sent;
  u32 count = left < most ? left : most;
  ssl->out_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
  ssl->out_msglen = count;
  memcpy(ssl->out_msg, connection->parts + connection->parts_sent, count);
  connection->parts_sent += count;
  if (count == left) {
    mbedtls_free(connection->parts);
    connection->parts = NULL;
  }
  return mbedtls_ssl_write_record(ssl, 0);
}

static int send_message(mbedtls_ssl_context* ssl, bool modern) {
  struct connection* connection = ssl->p_bio;
  u32 length = encode(ssl, modern, NULL);
  u8* message = mbedtls_calloc(1, length);
  if (message == NULL) return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  encode(ssl, modern, message);
  connection->parts = message;
  connection->parts_length = length;
  connection->parts_sent = 0;
  int failure = ssl->handshake->update_checksum(ssl, message, length);
  return failure != 0 ? failure : tls_send_part(connection);
}

/* Replaces mbedtls_ssl_tls13_write_certificate. */
int tls_write_certificate_13(mbedtls_ssl_context* ssl) { return send_message(ssl, true); }

/* Replaces mbedtls_ssl_write_certificate, which is for TLS 1.2. */
int tls_write_certificate_12(mbedtls_ssl_context* ssl) {
  bool client = ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT;
  ssl->state++;
  if (client && ssl->handshake->client_auth == 0) return 0;
  if (!client && mbedtls_ssl_own_cert(ssl) == NULL) return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  return send_message(ssl, false);
}
