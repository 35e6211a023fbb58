/* Starts the library, and configures connections: versions, cipher suites, groups, tickets and
 * verification. */
#include "chacha20.h"
#include "tls.h"
#include "mbedtls/psa_util.h"
#include "mbedtls/ssl_ticket.h"
#include "psa/crypto.h"

#define TICKET_SECONDS 86400

static mbedtls_ssl_ticket_context tickets;
bool tls_started;

/* Replaces mbedtls_cipher_setkey in ssl_ticket.c. The first connection of a day creates the next
   ticket key, whose memory is not charged to that connection. If the key cannot be set, the next
   ticket tries again. */
int tls_set_ticket_key(mbedtls_cipher_context_t* context, const u8* key, int bits,
                       mbedtls_operation_t operation) {
  u32 owner = tls_heap_owner;
  tls_heap_owner = 0;
  int failure = mbedtls_cipher_setkey(context, key, bits, operation);
  tls_heap_owner = owner;
  if (failure != 0) tickets.active = 1 - tickets.active; /* back to the previous, expired key */
  return failure;
}

u32 w2c_host_tlsStart(HOST) {
  if (tls_started) return 0;
  tls_heap_owner = 0;
  tls_choose_chacha20();
  int failure = tls_random_start();
  if (failure != 0) return failure;
  if (psa_crypto_init() != PSA_SUCCESS) return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  mbedtls_ssl_ticket_init(&tickets);
  failure = mbedtls_ssl_ticket_setup(&tickets, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE,
                                     MBEDTLS_CIPHER_AES_256_GCM, TICKET_SECONDS);
  tls_started = failure == 0;
  return failure;
}

/* ChaCha20-Poly1305 comes first, because in mbedTLS it is faster than AES-GCM even with AES-NI. */
static const int suites[] = {
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
};
static const u16 groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, /* in TLS 1.2 also for the keys of certificates */
    0,
};
static const char* protocols[] = {"http/1.1", NULL};

/* Never called. If it is set, mbedTLS calls tls_verify_sent (path.c), which finds the roots. */
static int find_no_root(void* context, mbedtls_x509_crt const* child, mbedtls_x509_crt** found) {
  (void)context, (void)child, (void)found;
  return MBEDTLS_ERR_X509_FATAL_ERROR;
}

int tls_configure(struct connection* connection, bool server) {
  mbedtls_ssl_config* config = &connection->config;
  u32 options = connection->options;
  int failure =
      mbedtls_ssl_config_defaults(config, server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                  MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (failure != 0) return failure;
  mbedtls_ssl_conf_rng(config, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
  mbedtls_ssl_conf_ciphersuites(config, suites);
  mbedtls_ssl_conf_groups(config, groups);
  mbedtls_ssl_conf_min_tls_version(
      config, options & ONLY_13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(
      config, options & ONLY_12 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3);
  /* Resumption also does an (EC)DHE exchange, for forward secrecy. */
  mbedtls_ssl_conf_tls13_key_exchange_modes(config,
                                            MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL |
                                                MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
  mbedtls_ssl_conf_legacy_renegotiation(config, MBEDTLS_SSL_LEGACY_BREAK_HANDSHAKE);
  bool with_tickets = !(options & NO_TICKETS);
  if (tls_identity_chain[server].version != 0) {
    failure =
        mbedtls_ssl_conf_own_cert(config, &tls_identity_chain[server], &tls_identity_key[server]);
  }
  if (server) {
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
    if (with_tickets) {
      mbedtls_ssl_conf_session_tickets_cb(config, mbedtls_ssl_ticket_write,
                                          mbedtls_ssl_ticket_parse, &tickets);
    }
  } else {
    mbedtls_ssl_conf_authmode(
        config, options & INSECURE ? MBEDTLS_SSL_VERIFY_OPTIONAL : MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_cb(config, find_no_root, connection);
    mbedtls_ssl_conf_session_tickets(config, with_tickets);
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(config, with_tickets);
  }
  if (failure != 0 || options & NO_ALPN) return failure;
  return mbedtls_ssl_conf_alpn_protocols(config, protocols);
}
