/* Searches for a certification path from the certificates that a peer sent to a trusted root
 * (RFC 4158, RFC 5280, 6.1). Every path is tried within the bounds of path.h, so that cross-signed,
 * superfluous or expired certificates beside a valid path do no harm. tls.mk makes mbedTLS call
 * this file for the parsing and verification of chains. Verification itself is deferred: the door
 * (door.c) takes one bounded step of the search at a time, and lets mbedTLS continue the handshake
 * once there is a verdict. A step verifies at most one signature. */
#include "path.h"
#include "mbedtls/oid.h"
#include "mbedtls/platform.h"

#define WORK 200                 /* issuers considered in one step */
#define MAX_RSA_BITS 8192        /* verifying a signature takes 2 ms */
#define MAX_RSA_EXPONENT_BITS 32 /* with a longer exponent it could take seconds */

/* --- parsing ---------------------------------------------------------------------------------- */

int tls_accept_extension(void* context, mbedtls_x509_crt const* certificate,
                         mbedtls_x509_buf const* id, int critical, const u8* start, const u8* end) {
  (void)context, (void)certificate, (void)id, (void)critical, (void)start, (void)end;
  return 0; /* verify.c checks the extensions of the certificates in a path */
}

/* Replaces mbedtls_x509_get_subject_alt_name, which allocates memory for each name. */
int tls_skip_names(u8** at, const u8* end, mbedtls_x509_sequence* names) {
  struct bytes list = {*at, end - *at}, content;
  struct element name;
  bool valid = der_only(list, SEQUENCE, &content);
  while (valid && der_next(&content, &name)) valid = (name.tag & 0xc0) == 0x80;
  *at = (u8*)end;
  (void)names;
  return valid && content.length == 0 ? 0 : MBEDTLS_ERR_X509_INVALID_EXTENSIONS;
}

/* Replaces mbedtls_asn1_get_sequence_of for extendedKeyUsage: keeps only the first purpose, because
   each further one takes memory. verify.c reads them all. */
int tls_skip_purposes(u8** at, const u8* end, mbedtls_asn1_sequence* purposes, int tag) {
  struct bytes list = {*at, end - *at}, content;
  struct element purpose;
  bool valid = der_only(list, SEQUENCE, &content);
  while (valid && der_next(&content, &purpose)) {
    valid = purpose.tag == tag;
    if (purposes->buf.p != NULL) continue;
    purposes->buf = (mbedtls_asn1_buf){tag, purpose.content.length, (u8*)purpose.content.at};
  }
  *at = (u8*)end;
  return valid && content.length == 0 ? 0 : MBEDTLS_ERR_X509_INVALID_EXTENSIONS;
}

/* Replaces mbedtls_oid_get_x509_ext_type: keeps mbedTLS from allocating a list of the policies,
   which policies.c reads. */
int tls_extension_kind(const mbedtls_asn1_buf* id, int* kind) {
  bool policies = MBEDTLS_OID_CMP(MBEDTLS_OID_CERTIFICATE_POLICIES, id) == 0;
  return policies ? MBEDTLS_ERR_OID_NOT_FOUND : mbedtls_oid_get_x509_ext_type(id, kind);
}

/* Reports whether a signature by this key can be verified in a short time. */
bool tls_cheap_to_verify(const mbedtls_x509_crt* certificate) {
  if (!mbedtls_pk_can_do(&certificate->pk, MBEDTLS_PK_RSA)) return true;
  const mbedtls_rsa_context* key = mbedtls_pk_rsa(certificate->pk);
  return mbedtls_pk_get_bitlen(&certificate->pk) <= MAX_RSA_BITS &&
         mbedtls_mpi_bitlen(&key->E) <= MAX_RSA_EXPONENT_BITS;
}

/* Replaces mbedtls_x509_crt_parse_der. The first certificate must be usable; of the others, ignores
   unusable ones and those beyond CONSIDERED. */
int tls_parse_sent(mbedtls_x509_crt* chain, const u8* der, size_t length) {
  mbedtls_x509_crt *last = chain, *before = NULL;
  u32 count = 0;
  for (; last != NULL && last->version != 0; last = last->next, count++) before = last;
  if (count == CONSIDERED) return 0;
  int failure =
      mbedtls_x509_crt_parse_der_with_ext_cb(chain, der, length, 1, tls_accept_extension, NULL);
  /* An MD5 signature: mbedTLS would skip the certificate and then report an empty list. */
  if (failure == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG + MBEDTLS_ERR_OID_NOT_FOUND) {
    failure = MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG;
  }
  if (failure == 0) {
    last = before == NULL ? chain : before->next;
    if (tls_cheap_to_verify(last)) return 0;
    if (before == NULL) return MBEDTLS_ERR_X509_INVALID_ALG;
    before->next = NULL;
    mbedtls_x509_crt_free(last);
    mbedtls_free(last);
    return 0;
  }
  bool tolerable = failure != MBEDTLS_ERR_X509_ALLOC_FAILED && count != 0;
  return tolerable ? 0 : failure;
}

/* --- signatures ------------------------------------------------------------------------------- */

bool tls_signed_by(const mbedtls_x509_crt* certificate, const mbedtls_x509_crt* issuer) {
  const mbedtls_md_info_t* hash = mbedtls_md_info_from_type(certificate->sig_md);
  u8 digest[MBEDTLS_MD_MAX_SIZE];
  if (mbedtls_md(hash, certificate->tbs.p, certificate->tbs.len, digest) != 0) return false;
  if (!mbedtls_pk_can_do(&issuer->pk, certificate->sig_pk)) return false;
  return tls_verify_signature(certificate->sig_pk, certificate->sig_opts,
                              (mbedtls_pk_context*)&issuer->pk, certificate->sig_md, digest,
                              mbedtls_md_get_size(hash), certificate->sig.p,
                              certificate->sig.len) == 0;
}

/* --- the search ------------------------------------------------------------------------------- */

static u32 faults_of(struct search* search, u32 index) {
  if (!search->faults_found[index]) {
    search->faults_found[index] = true;
    search->faults[index] = tls_issuer_faults(search->sent[index]);
  }
  return search->faults[index];
}

/* Returns the faults of the path's certificates, each checked on its own. */
static u32 path_faults(struct search* search) {
  u32 faults = 0;
  for (u32 i = 0; i < search->length; i++) faults |= faults_of(search, search->path[i]);
  return search->complete && !search->own ? faults | tls_root_faults(&search->root->certificate)
                                          : faults;
}

/* Reports whether a certificate may be the next issuer of the path. Path lengths count only
   intermediates that are not self-issued (RFC 5280, 6.1.4 l). */
static bool may_issue(const struct search* search, const mbedtls_x509_crt* issuer) {
  int below = 0;
  for (u32 i = 1; i < search->length; i++) below += !path_self_issued(path_certificate(search, i));
  return tls_may_sign(issuer) && (issuer->max_pathlen <= 0 || issuer->max_pathlen > below);
}

/* Reports whether the path contains a certificate, or another one with the same name and key. To
   continue with either would lead to the same issuers (RFC 4158, 2.4.2). */
static bool contains(const struct search* search, u32 index) {
  const mbedtls_x509_crt* added = search->sent[index];
  for (u32 i = 0; i < search->length; i++) {
    const mbedtls_x509_crt* one = path_certificate(search, i);
    if (one == added) return true;
    if (i != 0 && der_same(der_bytes(&one->subject_raw), der_bytes(&added->subject_raw)) &&
        der_same(der_bytes(&one->pk_raw), der_bytes(&added->pk_raw))) {
      return true;
    }
  }
  return false;
}

static void push(struct search* search, u32 index) {
  u32 depth = search->length++;
  search->path[depth] = index;
  search->candidate[depth] = 1;
  search->next_root[depth] = NULL;
  search->listed[depth] = search->extended[depth] = false;
}

static void restart(struct search* search, bool lenient) {
  search->lenient = lenient;
  search->attempts = 0;
  search->length = 0;
  push(search, 0);
}

/* Removes the last certificate. Keeps the faults of the first dead end, in case there is nothing
   better to report. */
static void pop(struct search* search) {
  u32 depth = search->length - 1;
  if (!search->extended[depth] && search->lenient && search->dead_end == 0) {
    search->dead_end = path_faults(search) | MBEDTLS_X509_BADCERT_NOT_TRUSTED;
  }
  if (--search->length != 0) return;
  /* Without a valid path, a second search looks for the faults to report. */
  if (search->lenient || search->refusals != 0)
    search->done = true;
  else
    restart(search, true);
}

/* Counts a signature. Returns false if the search has verified too many. */
bool tls_afford(struct search* search) {
  if (search->signatures++ < SIGNATURES) return true;
  search->refusals |= TOO_COSTLY;
  search->done = true;
  return false;
}

static void reach(struct search* search, struct trusted* root) {
  search->root = root;
  search->complete = search->extended[search->length - 1] = true;
  search->listed_position = search->list = 0;
  tls_begin_constraints(search, search->length);
}

/* Tries a root as the issuer of the last certificate. Returns true if that took a signature. */
static bool try_root(struct search* search, struct trusted* root) {
  const mbedtls_x509_crt* last = path_certificate(search, search->length - 1);
  if (!may_issue(search, &root->certificate)) return false;
  if (!search->lenient && tls_root_faults(&root->certificate) != 0) return false;
  bool known = root->signature != UNKNOWN;
  if (!known && !tls_afford(search)) return true;
  if (!known) root->signature = tls_signed_by(last, &root->certificate) ? GOOD : BAD;
  if (root->signature == GOOD) reach(search, root);
  return !known;
}

/* Like `try_root`, for a certificate that the peer sent. */
static bool try_sent(struct search* search, u32 index) {
  u32 child = search->path[search->length - 1];
  const mbedtls_x509_crt *last = search->sent[child], *issuer = search->sent[index];
  if (!der_same(der_bytes(&issuer->subject_raw), der_bytes(&last->issuer_raw))) return false;
  if (contains(search, index) || !may_issue(search, issuer)) return false;
  if (!search->lenient && faults_of(search, index) != 0) return false;
  u8* verdict = &search->signature[child][index];
  bool known = *verdict != UNKNOWN;
  if (!known && !tls_afford(search)) return true;
  if (!known) *verdict = tls_signed_by(last, issuer) ? GOOD : BAD;
  if (*verdict == GOOD) {
    search->extended[search->length - 1] = true;
    push(search, index);
  }
  return !known;
}

/* Finds the roots with the name of the last certificate's issuer. Returns false if that was done
   before. */
static bool find_roots(struct search* search) {
  u32 last = search->path[search->length - 1];
  if (search->roots_found[last]) return false;
  search->roots_found[last] = true;
  search->failure = tls_find_roots(search->connection, search->sent[last], &search->roots[last]);
  search->done |= search->failure != 0;
  return true;
}

/* Considers the next candidate for the issuer of the path's last certificate. Returns true after
   costly work. */
static bool consider(struct search* search) {
  u32 depth = search->length - 1;
  if (!search->listed[depth]) {
    bool costly = find_roots(search);
    search->listed[depth] = true;
    search->next_root[depth] = search->roots[search->path[depth]];
    return costly;
  }
  if (search->attempts++ == ATTEMPTS) {
    search->refusals |= TOO_COSTLY;
    search->done = true;
    return true;
  }
  struct trusted* root = search->next_root[depth];
  if (root != NULL) {
    search->next_root[depth] = root->next;
    return try_root(search, root);
  }
  u32 index = search->candidate[depth]++;
  if (index < search->sent_count && search->length < DEPTH) return try_sent(search, index);
  pop(search);
  return false;
}

/* Checks a complete path: name constraints, each certificate, policies, the root's distrust,
   revocation lists and staples. Without a verdict yet, the path stays complete. */
static void judge(struct search* search) {
  u32 faults = 0;
  if (!search->own && !tls_check_constraints(search, &faults)) return;
  faults |= path_faults(search);
  if (!search->own) {
    faults |= tls_check_policies(search);
    /* Rule 10: Mozilla distrusts some roots for certificates issued after a date
       (CKA_NSS_SERVER_DISTRUST_AFTER). */
    const mbedtls_x509_time* issued = &search->sent[0]->valid_from;
    if (tls_root_distrusted(search->root->index, issued)) faults |= ROOT_DISTRUSTED;
  }
  if (!search->own && faults == 0 && !tls_check_lists(search, &faults)) return;
  if (!search->own && faults == 0 && !tls_check_staples(search, &faults)) return;
  search->complete = false;
  search->found = faults == 0;
  if (search->refusals == 0 || search->found) search->refusals = faults;
  /* These are the same on any path, unless a staple is about an intermediate. */
  u32 status = BAD_STATUS | NO_STATUS | STATUS_REVOKED;
  u32 final = TOO_COSTLY | (search->faulty_staple == 0 ? status : 0);
  search->done = search->found || search->lenient || search->own || (faults & final) != 0;
}

/* --- for mbedTLS and the door ----------------------------------------------------------------- */

static void free_roots(struct search* search) {
  for (u32 i = 0; i < search->sent_count; i++) tls_free_roots(search->roots[i]);
}

void tls_end_search(struct connection* connection) {
  struct search* search = connection->search;
  if (search == NULL) return;
  free_roots(search);
  mbedtls_free(search);
  connection->search = NULL;
}

/* Begins the search, or restarts it after the trusted roots have changed. Returns the faults of the
   server's certificate itself. */
static u32 begin(struct connection* connection, mbedtls_x509_crt* chain) {
  struct search* search = connection->search;
  free_roots(search);
  memset(search, 0, sizeof *search);
  search->connection = connection;
  search->generation = connection->generation = tls_roots_generation();
  connection->root_expired = false;
  connection->root = tls_find_added(chain);
  search->own = search->complete = connection->root >= 0;
  search->faults[0] = tls_leaf_faults(connection, chain, search->own);
  search->faults_found[0] = true;
  for (; chain != NULL && search->sent_count < CONSIDERED; chain = chain->next) {
    search->sent[search->sent_count++] = chain;
  }
  restart(search, search->faults[0] != 0);
  return search->faults[0];
}

/* Replaces mbedtls_x509_crt_verify_with_ca_cb: begins the search. Sets `flags` to the faults of the
   server's certificate itself, as mbedTLS may reject that at once. */
int tls_verify_sent(mbedtls_x509_crt* chain, mbedtls_x509_crt_ca_cb_t find, void* context,
                    const mbedtls_x509_crt_profile* profile, const char* name, uint32_t* flags,
                    int (*check)(void*, mbedtls_x509_crt*, int, uint32_t*), void* check_context) {
  (void)find, (void)profile, (void)name, (void)check, (void)check_context;
  struct connection* connection = context;
  tls_end_search(connection);
  struct search* search = mbedtls_calloc(1, sizeof *search);
  *flags = (uint32_t)-1;
  if (search == NULL) return MBEDTLS_ERR_X509_ALLOC_FAILED;
  connection->search = search;
  *flags = begin(connection, chain);
  return tls_take_staples(connection);
}

/* Ends the search and stores its verdict in the connection. Returns an error or 0. */
static int conclude(struct connection* connection) {
  struct search* search = connection->search;
  mbedtls_ssl_session* session = connection->ssl.session_negotiate;
  u32 refusals = search->refusals != 0 || search->found ? search->refusals : search->dead_end;
  if (!search->found && refusals == 0) refusals = MBEDTLS_X509_BADCERT_NOT_TRUSTED;
  if (!search->found && connection->root_expired) refusals |= ROOT_EXPIRED;
  int failure = search->failure;
  connection->verified = search->found && failure == 0;
  if (!search->own) {
    connection->root = connection->verified ? search->root->index : -1;
  } else if (!connection->verified) {
    connection->root = -1;
  }
  session->verify_result |= refusals;
  connection->refusals = session->verify_result;
  tls_end_search(connection);
  tls_drop_staples(connection);
  if (failure != 0) return failure;
  bool tolerated = connection->verified || connection->options & INSECURE;
  return tolerated ? 0 : MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
}

/* Takes a step of the search. Returns MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS until there is a verdict,
   then 0 or an error. */
int tls_step_search(struct connection* connection) {
  struct search* search = connection->search;
  if (search->generation != tls_roots_generation()) {
    u32* result = &connection->ssl.session_negotiate->verify_result;
    *result &= ~search->faults[0];
    *result |= begin(connection, search->sent[0]);
  }
  for (u32 work = 0; work < WORK && !search->done; work++) {
    if (search->complete) {
      judge(search);
      break;
    }
    if (consider(search)) break;
  }
  return search->done ? conclude(connection) : MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS;
}
