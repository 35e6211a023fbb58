/* Maps errors to alerts (RFC 8446, 6.2; RFC 5246, 7.2.2). mbedTLS sends some alerts itself; this
 * file records those and provides the others. */
#include "tls.h"
#include "ssl_misc.h"

/* Reports whether the last record header is valid but its length exceeds the limit. */
static bool overlong(const mbedtls_ssl_context* ssl) {
  const u8* header = ssl->in_hdr;
  bool known = header[0] >= MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC &&
               header[0] <= MBEDTLS_SSL_MSG_APPLICATION_DATA && header[1] == 3;
  return known && MBEDTLS_GET_UINT16_BE(header, 3) > MBEDTLS_SSL_IN_CONTENT_LEN;
}

#define BAD_STATUS_RESPONSE 113 /* bad_certificate_status_response */

/* Returns the alert for a certificate's faults. If there are several, chooses as mbedTLS does. */
static i32 alert_for_refusals(u32 refusals) {
  u32 unsupported = MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
                    MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY;
  if (refusals & MBEDTLS_X509_BADCERT_CN_MISMATCH) return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
  if (refusals & unsupported) return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
  if (refusals & MBEDTLS_X509_BADCERT_EXPIRED) return MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED;
  if (refusals & (BAD_STATUS | NO_STATUS)) return BAD_STATUS_RESPONSE;
  if (refusals & (REVOKED | STATUS_REVOKED)) return MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED;
  if (refusals & MBEDTLS_X509_BADCERT_NOT_TRUSTED) return MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
  /* certificate_expired: "has expired or is not currently valid" */
  if (refusals & MBEDTLS_X509_BADCERT_FUTURE) return MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED;
  return MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN;
}

/* Returns the alert for an error for which mbedTLS sent none. */
i32 tls_alert_for(const mbedtls_ssl_context* ssl, int error) {
  switch (error) {
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE: return NO_ALERT;
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
      return alert_for_refusals(((const struct connection*)ssl->p_bio)->refusals);
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
      if (overlong(ssl)) return MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW;
      return MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE;
    case MBEDTLS_ERR_SSL_BAD_INPUT_DATA: /* also: a record larger than the buffer */
      if (overlong(ssl)) return MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW;
      return MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE: return MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE;
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE: return MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
    case MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE: /* compression */
      return MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
    case MBEDTLS_ERR_SSL_INVALID_MAC: return MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC;
    case MBEDTLS_ERR_SSL_DECODE_ERROR: return MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR;
    case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER: return MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION: return MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION;
    case MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION: return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_EXT;
    default: return MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR;
  }
}

/* Replaces mbedtls_ssl_send_alert_message in every mbedTLS file but ssl_msg.c, which defines it. */
int tls_send_alert(mbedtls_ssl_context* ssl, u8 level, u8 alert) {
  struct connection* connection = ssl->p_bio;
  /* mbedTLS sends internal_error for an unknown cipher suite. */
  bool hello = ssl->state == MBEDTLS_SSL_SERVER_HELLO;
  if (hello && alert == MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR) {
    alert = MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
  }
  if (level == MBEDTLS_SSL_ALERT_LEVEL_FATAL) connection->alert_sent = alert;
  return mbedtls_ssl_send_alert_message(ssl, level, alert);
}

/* Corrects the alert and the error if mbedTLS has picked the wrong ones. */
static u8 corrected(mbedtls_ssl_context* ssl, u8 alert, int* reason) {
  i32 state = ssl->state;
  /* A key share that is not on the curve, or of another group (RFC 8446, 4.2.8.2). */
  bool share =
      state == MBEDTLS_SSL_SERVER_HELLO && alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
  bool scheme = state == MBEDTLS_SSL_CERTIFICATE_VERIFY &&
                alert == MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR && !tls_scheme_fits(ssl);
  /* A second ClientHello that still has no usable share (RFC 8446, 4.1.4). */
  bool second =
      state == MBEDTLS_SSL_HELLO_RETRY_REQUEST && alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
  if (share || scheme || second) {
    *reason = MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
    return MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
  }
  if (alert == MBEDTLS_SSL_ALERT_MSG_NO_CERT) { /* empty list (RFC 8446, 4.4.2.4) */
    *reason = MBEDTLS_ERR_SSL_DECODE_ERROR;
    return MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR;
  }
  return alert;
}

/* Replaces mbedtls_ssl_pend_fatal_alert, which queues an alert for the end of a handshake step. */
void tls_pend_alert(mbedtls_ssl_context* ssl, u8 alert, int reason) {
  struct connection* connection = ssl->p_bio;
  alert = corrected(ssl, alert, &reason);
  connection->alert_sent = alert;
  mbedtls_ssl_pend_fatal_alert(ssl, alert, reason);
}

/* In TLS 1.3, mbedTLS switches the outbound keys too late for alerts. This switches them in time: a
   client's once it has the ServerHello, a server's once it has sent its Finished (RFC 8446, 4.4.4
   and 7.3). Called before and after each step. The next step sets the same keys again and restarts
   the sequence number at 0: until then, only a fatal alert can have been sent with them. */
void tls_choose_keys(mbedtls_ssl_context* ssl, int state_before) {
  bool client = ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT;
  if (ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3) return;
  bool moved = ssl->state != state_before;
  if (client && moved && state_before == MBEDTLS_SSL_SERVER_HELLO &&
      ssl->state == MBEDTLS_SSL_ENCRYPTED_EXTENSIONS)
    mbedtls_ssl_set_outbound_transform(ssl, ssl->handshake->transform_handshake);
  else if (client && ssl->state == MBEDTLS_SSL_CLIENT_CCS_AFTER_SERVER_FINISHED)
    mbedtls_ssl_set_outbound_transform(ssl, NULL); /* ChangeCipherSpec is sent in clear */
  else if (!client && moved && state_before == MBEDTLS_SSL_SERVER_FINISHED)
    mbedtls_ssl_set_outbound_transform(ssl, ssl->transform_application);
}

/* After a failed step, drops a ServerHello that is still queued (the client's key share was
   invalid, so there are no keys): after a ServerHello, the client would expect the alert to be
   encrypted. Returns false if there is none. */
bool tls_drop_hello(mbedtls_ssl_context* ssl) {
  bool server = ssl->conf->endpoint == MBEDTLS_SSL_IS_SERVER;
  if (!server || ssl->state != MBEDTLS_SSL_SERVER_HELLO || ssl->out_left == 0) return false;
  ssl->out_left = 0;
  ssl->out_hdr = ssl->out_buf + MBEDTLS_SSL_SEQUENCE_NUMBER_LEN;
  mbedtls_ssl_update_out_pointers(ssl, NULL);
  return true;
}
