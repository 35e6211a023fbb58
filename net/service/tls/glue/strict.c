/* Checks that mbedTLS 3.6 omits. They reject a server that
 * - sends unsolicited or repeated extensions, or bytes after them (RFC 8446, 4.2;
 *   RFC 5246, 7.4.1.4)
 * - sends a HelloRetryRequest that changes nothing (RFC 8446, 4.1.4)
 * - resumes a TLS 1.2 session without extended_master_secret (RFC 7627, 5.3)
 * - signs with a scheme that does not fit its key or is for TLS 1.2 only (RFC 8446, 4.4.3). */
#include "tls.h"
#include "ssl_misc.h"

/* Replaces mbedtls_ssl_tls13_check_received_extension in ssl_tls13_client.c. */
int tls_check_extension(mbedtls_ssl_context* ssl, int message, u32 kind, u32 allowed) {
  u32 mask = mbedtls_ssl_get_extension_mask(kind);
  bool retry = message == MBEDTLS_SSL_TLS1_3_HS_HELLO_RETRY_REQUEST;
  bool answers = retry || message == MBEDTLS_SSL_HS_SERVER_HELLO ||
                 message == MBEDTLS_SSL_HS_ENCRYPTED_EXTENSIONS;
  if (answers && mask == MBEDTLS_SSL_EXT_MASK(UNRECOGNIZED)) {
    tls_pend_alert(ssl, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_EXT,
                   MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION);
    return MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION;
  }
  if (answers && ssl->handshake->received_extensions & mask) {
    tls_pend_alert(ssl, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER, MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER);
    return MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
  }
  /* A cookie is never solicited (RFC 8446, 4.2.2). */
  if (retry && kind == MBEDTLS_TLS_EXT_COOKIE) ssl->handshake->sent_extensions |= mask;
  return mbedtls_ssl_tls13_check_received_extension(ssl, message, kind, allowed);
}

/* The extensions in our ClientHello that a TLS 1.2 server may reply to. */
static const u16 asked[] = {
    MBEDTLS_TLS_EXT_SERVERNAME,
    MBEDTLS_TLS_EXT_SUPPORTED_GROUPS,
    MBEDTLS_TLS_EXT_ALPN,
    MBEDTLS_TLS_EXT_SUPPORTED_POINT_FORMATS,
    MBEDTLS_TLS_EXT_SESSION_TICKET,
    MBEDTLS_TLS_EXT_EXTENDED_MASTER_SECRET,
    MBEDTLS_TLS_EXT_RENEGOTIATION_INFO,
    MBEDTLS_TLS_EXT_STATUS_REQUEST,
};

static int check_asked(const mbedtls_ssl_context* ssl, const u8* at, const u8* end) {
  struct connection* connection = ssl->p_bio;
  u32 seen = 0;
  for (; at < end; at += 4 + MBEDTLS_GET_UINT16_BE(at, 2)) {
    u32 kind = MBEDTLS_GET_UINT16_BE(at, 0), which = 0;
    while (which < sizeof asked / sizeof *asked && asked[which] != kind) which++;
    if (which == sizeof asked / sizeof *asked) return MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION;
    if (seen & 1u << which) return MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
    seen |= 1u << which;
    if (kind == MBEDTLS_TLS_EXT_STATUS_REQUEST) {
      if (MBEDTLS_GET_UINT16_BE(at, 2) != 0) return MBEDTLS_ERR_SSL_DECODE_ERROR;
      connection->status_awaited = !ssl->handshake->resume;
    }
  }
  return 0;
}

/* A HelloRetryRequest must change the key share or set a cookie (RFC 8446, 4.1.4). */
static int check_retry(const mbedtls_ssl_context* ssl) {
  u32 changes = MBEDTLS_SSL_EXT_MASK(KEY_SHARE) | MBEDTLS_SSL_EXT_MASK(COOKIE);
  bool same = (ssl->handshake->received_extensions & changes) == 0;
  return same ? MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER : 0;
}

/* Checks a ServerHello that mbedTLS has just accepted. It is still buffered, unless it was a
   HelloRetryRequest. */
static int check_server_hello(const mbedtls_ssl_context* ssl) {
  if (ssl->state == MBEDTLS_SSL_CLIENT_CCS_BEFORE_2ND_CLIENT_HELLO) return check_retry(ssl);
  const u8 *body = ssl->in_msg + 4, *end = ssl->in_msg + ssl->in_hslen;
  const u8* at = body + 35 + body[34] + 3; /* version, random, session, suite, compression */
  bool old = ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_2;
  /* Saved sessions use extended_master_secret, so resumption must too (RFC 7627, 5.3). */
  bool extended = ssl->handshake->extended_ms == MBEDTLS_SSL_EXTENDED_MS_ENABLED;
  if (old && ssl->handshake->resume && !extended) return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
  if (at == end) return 0;
  if (at + 2 + MBEDTLS_GET_UINT16_BE(at, 0) != end) return MBEDTLS_ERR_SSL_DECODE_ERROR;
  return old ? check_asked(ssl, at + 2, end) : 0;
}

/* Reports whether the scheme of a CertificateVerify was offered and fits the key. */
bool tls_scheme_fits(mbedtls_ssl_context* ssl) {
  const struct connection* connection = ssl->p_bio;
  u16 scheme = connection->signed_with;
  mbedtls_x509_crt* certificate = ssl->session_negotiate->peer_cert;
  return mbedtls_ssl_sig_alg_is_offered(ssl, scheme) && certificate != NULL &&
         mbedtls_ssl_tls13_check_sig_alg_cert_key_match(scheme, &certificate->pk);
}

/* Checks the message that made a client leave `state`. Returns an error or 0. */
int tls_check_message(mbedtls_ssl_context* ssl, int state) {
  if (ssl->state == state || ssl->conf->endpoint != MBEDTLS_SSL_IS_CLIENT) return 0;
  if (state == MBEDTLS_SSL_SERVER_HELLO) return check_server_hello(ssl);
  bool verify = state == MBEDTLS_SSL_CERTIFICATE_VERIFY;
  if (!verify || ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3) return 0;
  return tls_scheme_fits(ssl) ? 0 : MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
}
