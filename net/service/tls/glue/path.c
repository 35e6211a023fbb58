/* Builds certification paths from the certificates that a peer sent to a trusted root. Every path
 * is tried, so that cross-signed, superfluous or expired certificates beside a valid path do no
 * harm (RFC 4158). Replaces two functions in mbedTLS's TLS files (compiler-config/tls.mk). */
#include "tls.h"
#include "mbedtls/oid.h"
#include "mbedtls/platform.h"

#define CONSIDERED 16 /* the peer's first certificates; the rest are ignored */
#define DEPTH 9       /* certificates in a path without its root: mbedTLS's limit */
#define CHECKS 24     /* certificates verified in all attempts together, to bound the time */
#define STEPS 200     /* partial paths tried: certificates with equal names can form many */

struct search {
  struct connection* connection;
  mbedtls_x509_crt* sent[CONSIDERED];
  u32 sent_count, budget, steps, refusals, path[DEPTH];
  i32 failure;
  bool tried, found;
};

int tls_accept_extension(void* context, mbedtls_x509_crt const* certificate,
                         mbedtls_x509_buf const* id, int critical, const u8* start, const u8* end) {
  (void)context, (void)certificate, (void)id, (void)critical, (void)start, (void)end;
  return 0; /* verify.c checks the extensions of the certificates in a path */
}

/* Replaces mbedtls_x509_crt_parse_der: ignores certificates after the first that cannot be
   parsed. */
int tls_parse_sent(mbedtls_x509_crt* chain, const u8* der, size_t length) {
  bool first = chain->version == 0;
  int failure =
      mbedtls_x509_crt_parse_der_with_ext_cb(chain, der, length, 1, tls_accept_extension, NULL);
  /* An MD5 signature: mbedTLS would skip the certificate and then report an empty list. */
  if (failure == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG + MBEDTLS_ERR_OID_NOT_FOUND) {
    failure = MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG;
  }
  bool tolerable = failure != MBEDTLS_ERR_X509_ALLOC_FAILED && !first;
  return tolerable ? 0 : failure;
}

static bool same_name(const mbedtls_x509_buf* left, const mbedtls_x509_buf* right) {
  return left->len == right->len && memcmp(left->p, right->p, left->len) == 0;
}

/* Verifies the first `length` certificates of the path, as the linked list that mbedTLS expects. */
static void attempt(struct search* search, u32 length) {
  struct connection* connection = search->connection;
  mbedtls_x509_crt* list = mbedtls_calloc(length, sizeof *list);
  if (list == NULL) {
    search->failure = MBEDTLS_ERR_X509_ALLOC_FAILED;
    return;
  }
  for (u32 i = 0; i < length; i++) {
    list[i] = *search->sent[search->path[i]];
    list[i].next = i + 1 < length ? &list[i + 1] : NULL;
  }
  connection->constraint_count = 0;
  connection->root = -1;
  uint32_t refusals = 0;
  int failure =
      mbedtls_x509_crt_verify_with_ca_cb(list, tls_find_roots, connection, &tls_profile, NULL,
                                         &refusals, tls_check_certificate, connection);
  mbedtls_free(list);
  search->budget = search->budget > length ? search->budget - length : 0;
  if (failure != 0 && failure != MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
    search->failure = failure;
    return;
  }
  /* Of several failures, report that of a path that reached a root, else the first. */
  bool better = !search->tried || (search->refusals & MBEDTLS_X509_BADCERT_NOT_TRUSTED &&
                                   !(refusals & MBEDTLS_X509_BADCERT_NOT_TRUSTED));
  if (failure == 0 || better) search->refusals = failure == 0 ? 0 : refusals;
  search->tried = true;
  search->found = failure == 0;
}

/* Reports whether any root has the name of this certificate's issuer. */
static bool has_root(struct search* search, const mbedtls_x509_crt* certificate) {
  mbedtls_x509_crt* found = NULL;
  search->failure = tls_find_roots(search->connection, certificate, &found);
  bool any = found != NULL;
  while (found != NULL) {
    mbedtls_x509_crt* next = found->next;
    found->next = NULL;
    mbedtls_x509_crt_free(found);
    mbedtls_free(found);
    found = next;
  }
  return any;
}

/* Extends a path of `length` certificates in every possible way, until one path is valid. */
static void extend(struct search* search, u32 length) {
  const mbedtls_x509_crt* last = search->sent[search->path[length - 1]];
  if (search->steps == 0) return;
  search->steps--;
  bool extended = false;
  bool ends = has_root(search, last);
  if (ends && search->failure == 0) attempt(search, length);
  for (u32 i = 1; i < search->sent_count && length < DEPTH; i++) {
    if (search->found || search->failure != 0 || search->budget == 0) return;
    bool used = false;
    for (u32 k = 0; k < length; k++) used |= search->path[k] == i;
    if (used || !same_name(&search->sent[i]->subject_raw, &last->issuer_raw)) continue;
    search->path[length] = i;
    extended = true;
    extend(search, length + 1);
  }
  if (!extended && !ends && !search->tried && search->failure == 0) attempt(search, length);
}

/* Replaces mbedtls_x509_crt_verify_with_ca_cb. */
int tls_verify_sent(mbedtls_x509_crt* chain, mbedtls_x509_crt_ca_cb_t find, void* context,
                    const mbedtls_x509_crt_profile* profile, const char* name, uint32_t* flags,
                    int (*check)(void*, mbedtls_x509_crt*, int, uint32_t*), void* check_context) {
  (void)find, (void)profile, (void)name, (void)check, (void)check_context;
  struct connection* connection = context;
  struct search search = {.connection = connection, .budget = CHECKS, .steps = STEPS};
  connection->root_expired = false;
  for (; chain != NULL && search.sent_count < CONSIDERED; chain = chain->next) {
    search.sent[search.sent_count++] = chain;
  }
  extend(&search, 1);
  *flags = search.refusals;
  if (!search.found && search.failure == 0 && connection->root_expired) *flags |= ROOT_EXPIRED;
  if (search.failure != 0) *flags = (uint32_t)-1;
  if (search.failure == 0 && !search.found && *flags == 0)
    *flags = MBEDTLS_X509_BADCERT_NOT_TRUSTED;
  if (!search.found) connection->root = -1;
  connection->verified = search.found;
  connection->refusals = *flags;
  if (search.failure != 0) return search.failure;
  return search.found ? 0 : MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
}
