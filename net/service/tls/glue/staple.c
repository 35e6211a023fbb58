/* OCSP stapling: asks the server for an OCSP response about its certificate (RFC 6066, 8), takes it
 * from the handshake (RFC 8446, 4.4.2.1, or CertificateStatus in TLS 1.2) and checks it together
 * with the path. In TLS 1.3, a response may come with each certificate: those about intermediates
 * of the path are checked, too. Rule 11: a certificate that requires a staple (RFC 7633) must have
 * one, and a staple must be valid and say "good". Uses internal functions of the library: review
 * this file when mbedTLS is updated. */
#include "ocsp.h"
#include "mbedtls/oid.h"
#include "mbedtls/platform.h"
#include "ssl_misc.h"

#define STATUS_REQUEST 5
#define CERTIFICATE_STATUS 22
#define OCSP 1             /* the only CertificateStatusType */
#define MAX_STAPLE 16384   /* bytes */
#define SKEW 300           /* seconds that the responder's clock may differ */
#define OLDEST (7 * 86400) /* seconds that a response without nextUpdate is valid */
#define DELEGATES 4        /* certificates of a response that are tried as its responder's */
#define MAX_OTHERS 8       /* responses about intermediates that are kept */

/* --- asking and taking ------------------------------------------------------------------------ */

/* Replaces mbedtls_ssl_write_sig_alg_ext in ssl_client.c: offers more schemes, and adds another
   extension. */
int tls_write_extensions(mbedtls_ssl_context* ssl, u8* at, const u8* end, size_t* length) {
  static const u8 request[] = {0, STATUS_REQUEST, 0, 5, OCSP, 0, 0, 0, 0};
  int failure = mbedtls_ssl_write_sig_alg_ext(ssl, at, end, length);
  if (failure == 0) failure = tls_offer_pss(at, end, length);
  if (failure != 0) return failure;
  if ((size_t)(end - at) < *length + sizeof request) return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
  memcpy(at + *length, request, sizeof request);
  *length += sizeof request;
  mbedtls_ssl_tls13_set_hs_sent_ext_mask(ssl, STATUS_REQUEST);
  return 0;
}

/* An OCSP response that is not yet checked. */
struct staple {
  struct staple* next;
  size_t length;
  u8 response[];
};

/* Copies the response in a CertificateStatus to the end of the list; a malformed or overlong one
   becomes empty. */
static int keep(struct connection* connection, struct bytes status) {
  const u8* at = status.at;
  bool valid = status.length > 4 && at[0] == OCSP && status.length <= MAX_STAPLE &&
               MBEDTLS_GET_UINT24_BE(at, 1) == status.length - 4;
  struct staple **last = &connection->staples, *staple;
  staple = mbedtls_calloc(1, sizeof *staple + status.length);
  if (staple == NULL) return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  staple->length = valid ? status.length - 4 : 0;
  if (valid) memcpy(staple->response, at + 4, staple->length);
  while (*last != NULL) last = &(*last)->next;
  *last = staple;
  return 0;
}

void tls_drop_staples(struct connection* connection) {
  while (connection->staples != NULL) {
    struct staple* next = connection->staples->next;
    mbedtls_free(connection->staples);
    connection->staples = next;
  }
  connection->own_staple = false;
}

/* Finds CertificateStatus among the extensions of an entry. */
static bool find_status(struct bytes extensions, struct bytes* status) {
  while (extensions.length > 2) {
    u32 kind = MBEDTLS_GET_UINT16_BE(extensions.at, 0);
    extensions = (struct bytes){extensions.at + 2, extensions.length - 2};
    if (!tls_next_vector(&extensions, 2, status)) return false;
    if (kind == STATUS_REQUEST) return true;
  }
  return false;
}

/* Takes the staples of a TLS 1.3 Certificate message, which mbedTLS has parsed and still holds.
   Returns 0 or an error. */
int tls_take_staples(struct connection* connection) {
  const mbedtls_ssl_context* ssl = &connection->ssl;
  if (ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3) return 0;
  struct bytes left = {ssl->in_msg + 4, ssl->in_hslen - 4}, list, part, extensions, status;
  if (!tls_next_vector(&left, 1, &part) || !tls_next_vector(&left, 3, &list)) return 0;
  int failure = 0;
  u32 others = 0;
  tls_drop_staples(connection);
  for (bool first = true; failure == 0 && others < MAX_OTHERS; first = false) {
    if (!tls_next_vector(&list, 3, &part) || !tls_next_vector(&list, 2, &extensions)) break;
    if (!find_status(extensions, &status)) continue;
    connection->own_staple |= first;
    others += !first;
    failure = keep(connection, status);
  }
  return failure;
}

/* Takes CertificateStatus, which TLS 1.2 servers send after Certificate. Returns true if the
   message was one: mbedTLS does not expect it. */
bool tls_take_status(struct connection* connection) {
  const mbedtls_ssl_context* ssl = &connection->ssl;
  bool due = connection->status_awaited && ssl->state == MBEDTLS_SSL_SERVER_KEY_EXCHANGE;
  if (!due) return false;
  connection->status_awaited = false; /* sending it is optional */
  if (ssl->in_msg[0] != CERTIFICATE_STATUS) return false;
  tls_drop_staples(connection);
  connection->own_staple = true;
  keep(connection, (struct bytes){ssl->in_msg + 4, ssl->in_hslen - 4}); /* tls_step sees failure */
  return true;
}

/* --- checking --------------------------------------------------------------------------------- */

/* Reports whether an extension is the TLS feature extension (RFC 7633). */
bool tls_is_feature(const struct extension* extension) {
  static const u8 id[] = {0x2b, 6, 1, 5, 5, 7, 1, 24};
  return der_same(extension->id, (struct bytes){id, sizeof id});
}

static bool requires_staple(const mbedtls_x509_crt* certificate) {
  struct bytes list, features;
  struct extension extension;
  struct element feature;
  if (!der_extensions(certificate, &list)) return false;
  while (der_next_extension(&list, &extension)) {
    if (!tls_is_feature(&extension) || !der_only(extension.value, SEQUENCE, &features)) continue;
    while (der_next(&features, &feature)) {
      struct bytes number = feature.content;
      if (number.length == 1 && number.at[0] == STATUS_REQUEST) return true;
    }
  }
  return false;
}

/* Notes why a staple is not valid. */
static bool bad(struct connection* connection, u32* refusals, const char* reason) {
  tls_snprintf(connection->staple_text, sizeof connection->staple_text, "not valid: %s", reason);
  *refusals |= BAD_STATUS;
  return true;
}

static bool none(struct search* search, u32* refusals, i32 error) {
  struct connection* connection = search->connection;
  const char* text = error == 0 ? "none" : "none (the responder reports error %d)";
  tls_snprintf(connection->staple_text, sizeof connection->staple_text, text, error);
  if (requires_staple(search->sent[0])) *refusals |= NO_STATUS;
  return true;
}

/* Finds the answer about the path's certificate that is being checked; the first one counts. */
static bool find_answer(const struct search* search, struct bytes answers,
                        struct ocsp_answer* answer) {
  const mbedtls_x509_crt* certificate = path_certificate(search, search->staple_position);
  while (tls_next_answer(&answers, answer)) {
    if (tls_answer_is_about(answer, certificate,
                            path_certificate(search, search->staple_position + 1))) {
      return true;
    }
  }
  return false;
}

/* Finds the certificate of a responder to which the issuer has delegated (RFC 6960, 4.2.2.2), and
   parses it. Its signature is not yet verified. */
static bool find_delegate(const struct ocsp* ocsp, const mbedtls_x509_crt* issuer,
                          mbedtls_x509_crt* delegate) {
  struct bytes list = ocsp->certificates, whole;
  struct element element;
  for (u32 i = 0; i < DELEGATES && der_next_whole(&list, &element, &whole); i++) {
    mbedtls_x509_crt_init(delegate);
    int failure = mbedtls_x509_crt_parse_der_with_ext_cb(delegate, whole.at, whole.length, 0,
                                                         tls_accept_extension, NULL);
    if (failure == 0 && tls_is_responder(ocsp, delegate) &&
        der_same(der_bytes(&delegate->issuer_raw), der_bytes(&issuer->subject_raw)) &&
        tls_delegate_faults(delegate) == 0) {
      return true;
    }
    mbedtls_x509_crt_free(delegate);
  }
  return false;
}

/* Verifies the signature of a response. Before a delegate's, verifies its certificate and returns
   UNKNOWN: the response follows in another step. */
static u8 verify_response(struct search* search, const struct ocsp* ocsp) {
  const mbedtls_x509_crt* issuer = path_certificate(search, search->staple_position + 1);
  mbedtls_x509_crt delegate;
  if (tls_is_responder(ocsp, issuer)) {
    if (!tls_afford(search)) return BAD;
    return tls_verify_signed(&ocsp->data, &issuer->pk) ? GOOD : BAD;
  }
  if (!find_delegate(ocsp, issuer, &delegate)) return BAD;
  u8 verdict = BAD;
  if (!tls_afford(search)) {
  } else if (search->delegate_verified) {
    verdict = tls_verify_signed(&ocsp->data, &delegate.pk) ? GOOD : BAD;
  } else if (tls_signed_by(&delegate, issuer)) {
    search->delegate_verified = true;
    verdict = UNKNOWN;
  }
  mbedtls_x509_crt_free(&delegate);
  return verdict;
}

static bool report(struct connection* connection, const struct ocsp_answer* answer, u32* refusals) {
  char* text = connection->staple_text;
  size_t capacity = sizeof connection->staple_text;
  char date[DATE_BYTES];
  if (answer->status == OCSP_UNKNOWN) {
    return bad(connection, refusals, "the responder does not know the certificate");
  }
  if (answer->status == OCSP_REVOKED) {
    tls_put_date(date, answer->revoked);
    tls_snprintf(text, capacity, "revoked on %s UTC", date);
    *refusals |= STATUS_REVOKED;
    return true;
  }
  tls_put_date(date, answer->next != 0 ? answer->next : answer->updated + OLDEST);
  tls_snprintf(text, capacity, "good until %s UTC", date);
  return true;
}

/* Checks a response that was parsed, and its answer about the path's certificate. Returns true once
   its faults are in `refusals`, or false to be called again in another step. */
static bool check_answer(struct search* search, const struct ocsp* ocsp,
                         const struct ocsp_answer* answer, u32* refusals) {
  struct connection* connection = search->connection;
  i64 now = mbedtls_time(NULL), end = answer->next != 0 ? answer->next : answer->updated + OLDEST;
  if (answer->updated > now + SKEW) return bad(connection, refusals, "it is from the future");
  if (end < now - SKEW) return bad(connection, refusals, "it has expired");
  switch (verify_response(search, ocsp)) {
    case UNKNOWN: return false;
    case GOOD: return report(connection, answer, refusals);
    default: return bad(connection, refusals, "it is not signed by the issuer or its responder");
  }
}

/* Checks the staple of the server's certificate; returns like `check_answer`. */
static bool check_own(struct search* search, u32* refusals) {
  struct connection* connection = search->connection;
  const struct staple* staple = connection->staples;
  struct ocsp ocsp;
  struct ocsp_answer answer;
  if (!connection->own_staple || staple == NULL) return none(search, refusals, 0);
  i32 error = tls_parse_ocsp((struct bytes){staple->response, staple->length}, &ocsp);
  if (error < 0) return bad(connection, refusals, "malformed");
  if (error > 0) return none(search, refusals, error);
  if (!find_answer(search, ocsp.answers, &answer)) {
    return bad(connection, refusals, "it is about another certificate");
  }
  return check_answer(search, &ocsp, &answer, refusals);
}

/* Checks the staple about an intermediate certificate, if there is one; returns like
   `check_answer`. Responses about certificates that are not in the path do not matter. */
static bool check_other(struct search* search, u32* refusals) {
  struct connection* connection = search->connection;
  const struct staple* staple = connection->staples;
  char own[sizeof connection->staple_text], *text = connection->staple_text;
  struct ocsp ocsp;
  struct ocsp_answer answer;
  for (bool first = connection->own_staple; staple != NULL; staple = staple->next) {
    bool skipped = first;
    first = false;
    if (skipped || tls_parse_ocsp((struct bytes){staple->response, staple->length}, &ocsp) != 0 ||
        !find_answer(search, ocsp.answers, &answer)) {
      continue;
    }
    memcpy(own, text, sizeof own);
    bool done = check_answer(search, &ocsp, &answer, refusals);
    if (*refusals == 0) {
      memcpy(text, own, sizeof own);
      search->intermediate_staples += done;
    } else {
      memcpy(own, text, sizeof own);
      tls_snprintf(text, sizeof connection->staple_text, "intermediate: %s", own);
    }
    return done;
  }
  return true;
}

/* Checks the staples of a complete path, one signature in a step. Returns true once their faults
   are in `refusals`, or false to be called again in another step. */
bool tls_check_staples(struct search* search, u32* refusals) {
  struct connection* connection = search->connection;
  char* text = connection->staple_text;
  if (search->staple_position == 0) search->intermediate_staples = 0;
  bool done =
      search->staple_position == 0 ? check_own(search, refusals) : check_other(search, refusals);
  if (!done) return false;
  search->delegate_verified = false;
  search->faulty_staple = *refusals != 0 ? search->staple_position : 0;
  if (*refusals == 0 && ++search->staple_position < search->length) return false;
  search->staple_position = 0;
  if (*refusals == 0 && search->intermediate_staples != 0) {
    size_t length = strlen(text);
    tls_snprintf(text + length, sizeof connection->staple_text - length, ", intermediates: %u good",
                 search->intermediate_staples);
  }
  return true;
}
