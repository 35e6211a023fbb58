/* This machine's certificates and keys, and sessions saved for resumption. A saved session records
 * its server, whether the server was verified, and under which roots. It is accepted only for a
 * connection for which all of these are the same. */
#include "tls.h"
#include "mbedtls/platform.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/psa_util.h"

mbedtls_x509_crt tls_identity_chain[2];
mbedtls_pk_context tls_identity_key[2];

/* --- identities ------------------------------------------------------------------------------- */

void tls_forget_identity(u32 server) {
  mbedtls_x509_crt_free(&tls_identity_chain[server]);
  mbedtls_pk_free(&tls_identity_key[server]);
}

/* Returns a zero-terminated copy, which the PEM parsers need. */
static u8* copy_text(u32 address, u32 length) {
  u8* text = mbedtls_calloc(1, (size_t)length + 1);
  if (text != NULL) memcpy(text, pointer(address), length);
  return text;
}

int tls_parse_identity(u32 server, const u8* chain, u32 chain_length, const u8* key,
                       u32 key_length) {
  mbedtls_x509_crt* certificates = &tls_identity_chain[server];
  mbedtls_pk_context* private = &tls_identity_key[server];
  bool chain_pem = chain[0] != 0x30, key_pem = key[0] != 0x30; /* a SEQUENCE in DER */
  int failure = mbedtls_x509_crt_parse(certificates, chain, chain_length + chain_pem);
  if (failure > 0) failure = MBEDTLS_ERR_X509_INVALID_FORMAT; /* only some were parsed */
  if (failure == 0) {
    failure = tls_parse_private(private, key, key_length + key_pem);
  }
  if (failure == 0) {
    failure = mbedtls_pk_check_pair(&certificates->pk, private, mbedtls_psa_get_random,
                                    MBEDTLS_PSA_RANDOM_STATE);
  }
  /* A key caches blinding values when first used: do not charge a connection for them. */
  for (u32 i = 0; failure == 0 && i < 3; i++) {
    u8 hash[32] = {0}, signature[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    size_t length;
    failure =
        mbedtls_pk_sign(private, MBEDTLS_MD_SHA256, hash, sizeof hash, signature, sizeof signature,
                        &length, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
  }
  return failure;
}

u32 w2c_host_tlsSetIdentity(HOST, u32 server, u32 chain, u32 chain_length, u32 key,
                            u32 key_length) {
  if (!tls_started || server > 1) return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
  /* Connections point to the identity, so it cannot change while there are any. */
  for (u32 handle = 1; handle <= TLS_CONNECTIONS; handle++) {
    if (tls_connection(handle) != NULL) return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
  }
  tls_heap_owner = 0;
  tls_forget_identity(server);
  if (chain_length == 0) return 0;
  u8 *chain_text = copy_text(chain, chain_length), *key_text = copy_text(key, key_length);
  int failure = MBEDTLS_ERR_X509_ALLOC_FAILED;
  if (chain_text != NULL && key_text != NULL) {
    failure = tls_parse_identity(server, chain_text, chain_length, key_text, key_length);
  }
  mbedtls_free(chain_text);
  mbedtls_free(key_text);
  if (failure != 0) tls_forget_identity(server);
  return failure;
}

/* --- signing ---------------------------------------------------------------------------------- */

/* The functions below replace mbedtls_pk_sign and its variants in mbedTLS's TLS files. The blinding
   values that an RSA key keeps between signatures are not charged to a connection, and are dropped
   if a signature fails halfway (out of memory), as they would invalidate all later ones. */
static u32 begin_signing(void) {
  u32 owner = tls_heap_owner;
  tls_heap_owner = 0;
  return owner;
}

static int end_signing(mbedtls_pk_context* key, u32 owner, int failure) {
  if (failure != 0 && mbedtls_pk_can_do(key, MBEDTLS_PK_RSA)) {
    mbedtls_mpi_free(&mbedtls_pk_rsa(*key)->Vi);
    mbedtls_mpi_free(&mbedtls_pk_rsa(*key)->Vf);
  }
  tls_heap_owner = owner;
  return failure;
}

#define SIGNED mbedtls_md_type_t kind, const u8 *hash, size_t hash_length
#define SIGNATURE \
  u8 *signature, size_t capacity, size_t *length, int (*random)(void*, u8*, size_t), void *state

/* Signs a message of TLS 1.2. The scheme and the length come before the signature. */
int tls_sign(mbedtls_pk_context* key, SIGNED, SIGNATURE) {
  u32 owner = begin_signing();
  const struct connection* connection = tls_connection(owner);
  u16 scheme =
      connection != NULL && mbedtls_pk_can_do(key, MBEDTLS_PK_RSA) ? connection->scheme : 0;
  if (tls_only_pss(key)) scheme = tls_pss_scheme(kind);
  if (!tls_is_pss(scheme)) {
    return end_signing(
        key, owner,
        mbedtls_pk_sign(key, kind, hash, hash_length, signature, capacity, length, random, state));
  }
  if (!tls_hash_fits(key, kind)) return end_signing(key, owner, MBEDTLS_ERR_PK_TYPE_MISMATCH);
  memcpy(signature - 4, (u8[]){scheme >> 8, scheme}, 2);
  return end_signing(key, owner,
                     mbedtls_pk_sign_ext(MBEDTLS_PK_RSASSA_PSS, key, kind, hash, hash_length,
                                         signature, capacity, length, random, state));
}

int tls_sign_restartable(mbedtls_pk_context* key, SIGNED, SIGNATURE, void* restart) {
  return tls_sign(key, kind, hash, hash_length, signature, capacity, length, random, state);
}

int tls_sign_ext(mbedtls_pk_type_t scheme, mbedtls_pk_context* key, SIGNED, SIGNATURE) {
  u32 owner = begin_signing();
  return end_signing(key, owner,
                     mbedtls_pk_sign_ext(scheme, key, kind, hash, hash_length, signature, capacity,
                                         length, random, state));
}

/* --- sessions --------------------------------------------------------------------------------- */

#define WEEK (7 * 86400) /* maximum lifetime of a session (RFC 8446, 4.6.1) */
#define DAY 86400        /* lifetime of a TLS 1.2 session if the server states none */

struct saved {
  u32 size, roots, saved_at_high, saved_at; /* `roots`: generation of the trusted roots */
  u32 insecure;
  char name[MAX_HOST_NAME + 1];
  u8 session[];
};

u32 w2c_host_tlsSession(HOST, u32 handle, u32 destination, u32 capacity) {
  struct connection* connection = tls_connection(handle);
  if (connection == NULL || !connection->new_session) return 0;
  if (connection->state != OPEN && connection->state != PEER_CLOSED) return 0;
  tls_heap_owner = handle;
  const mbedtls_ssl_session* session = connection->ssl.session;
  size_t length = 0;
  mbedtls_ssl_session_save(session, NULL, 0, &length);
  if (length == 0) return 0;
  u32 whole = sizeof(struct saved) + length;
  if (whole > capacity) return whole;
  struct saved* saved = pointer(destination);
  u64 now = mbedtls_time(NULL);
  *saved = (struct saved){whole, connection->generation,         now >> 32,
                          now,   connection->options & INSECURE, {0}};
  memcpy(saved->name, connection->name, sizeof saved->name);
  if (mbedtls_ssl_session_save(session, saved->session, length, &length) != 0) return 0;
  connection->new_session = false;
  return whole;
}

/* Reports whether a session, and the certificate that it was verified with, are still valid. */
static bool alive(const struct saved* saved, const mbedtls_ssl_session* session) {
  i64 age = mbedtls_time(NULL) - ((i64)saved->saved_at_high << 32 | saved->saved_at);
  i64 most = session->ticket_lifetime != 0 ? session->ticket_lifetime : DAY;
  if (age < 0 || age > (most < WEEK ? most : WEEK)) return false;
  const mbedtls_x509_crt* certificate = session->peer_cert;
  return saved->insecure || certificate == NULL ||
         (session->verify_result == 0 && !mbedtls_x509_time_is_past(&certificate->valid_to) &&
          !mbedtls_x509_time_is_future(&certificate->valid_from));
}

u32 w2c_host_tlsResume(HOST, u32 handle, u32 address, u32 length) {
  struct connection* connection = tls_connection(handle);
  const struct saved* saved = pointer(address);
  if (connection == NULL || connection->state != HANDSHAKING || length < sizeof *saved ||
      saved->size != length || saved->roots != tls_roots_generation() ||
      saved->insecure != (connection->options & INSECURE) ||
      memcmp(saved->name, connection->name, sizeof saved->name) != 0) {
    return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
  }
  tls_heap_owner = handle;
  mbedtls_ssl_session session;
  mbedtls_ssl_session_init(&session);
  int failure = mbedtls_ssl_session_load(&session, saved->session, length - sizeof *saved);
  if (failure == 0 && !alive(saved, &session)) failure = MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
  if (failure == 0) failure = mbedtls_ssl_set_session(&connection->ssl, &session);
  mbedtls_ssl_session_free(&session);
  connection->offered_session = failure == 0;
  connection->generation = saved->roots;
  return failure;
}
