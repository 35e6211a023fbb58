/* Shared declarations of the TLS glue. TypeScript's side is core/tls-codes.ts and machine/host.ts.
 * TypeScript's pointers are plain addresses below 4 GiB. */
#pragma once
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "limits-of-typescript.h" /* TLS_CONNECTIONS, from core/limits.ts */
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;
struct w2c_host; /* the first argument of every host function; unused */
#define HOST struct w2c_host* host

#define MAX_HOST_NAME 255

enum { NONE, HANDSHAKING, OPEN, PEER_CLOSED, FAILED };
enum { OUTPUT = 16, AGAIN = 32, NEW_SESSION = 64 };
enum { INSECURE = 1, NO_TICKETS = 2, ONLY_12 = 4, ONLY_13 = 8, NO_ALPN = 16 };

/* Verification flags in addition to MBEDTLS_X509_BADCERT_... (TlsRefusal in core/tls-codes.ts). */
enum {
  REVOKED = MBEDTLS_X509_BADCERT_REVOKED,
  BAD_STATUS = 1 << 4, /* these four are mbedTLS's bits for CRLs, which it does not check */
  NO_STATUS = 1 << 5,
  STATUS_REVOKED = 1 << 10,
  TOO_COSTLY = 1 << 19,
  NO_ALTERNATIVE_NAME = 1 << 20,
  AUTHORITY_AS_SERVER = 1 << 21,
  OLD_VERSION = 1 << 22,
  NAME_CONSTRAINT = 1 << 23,
  UNSUPPORTED_CONSTRAINT = 1 << 24,
  UNKNOWN_EXTENSION = 1 << 25,
  ISSUER_USAGE = 1 << 26,
  ROOT_EXPIRED = 1 << 27,
  MALFORMED = 1 << 28,
  ROOT_DISTRUSTED = 1 << 29,
  POLICY = 1 << 30,
};

struct bytes {
  const u8* at;
  size_t length;
};

struct connection {
  mbedtls_ssl_context ssl;
  mbedtls_ssl_config config; /* per connection, as options differ */
  u32 handle, state, options;
  i32 error, alert_received, alert_sent;
  i32 alert_due; /* to be sent after the pending output; may be close_notify */
  bool again, new_session, offered_session, resumed, extended, certificate_requested, closed;
  u32 group, key_updates;
  u32 idle;         /* records and, once open, messages in a row that bring no data */
  u32 fragment;     /* bytes of an incomplete message that came before the last record */
  bool message;     /* this step completed a handshake message */
  u8* long_message; /* fragments.c: a message longer than mbedTLS's buffer */
  u32 long_length, long_held, long_rest;
  u16 legacy_version; /* hello.c: what mbedTLS reads: the ClientHello's, or TLS 1.2 for it */
  u16 scheme;         /* hello.c: the peer's first RSA scheme that fits here; TLS 1.2 only */
  u16 signed_with;    /* pss.c: the server's scheme as mbedTLS sees it, or 0 if it does not fit */
  u8* edited_at;      /* hello.c: bytes of a message that are changed until it is hashed */
  u8 edited[3], edited_length;
  u8* parts; /* chain.c: a Certificate message that is not yet completely sent */
  u32 parts_length, parts_sent;
  const u8* input; /* valid only during a call, like `output` */
  u32 input_left;
  u8* output;
  u32 output_left;

  char name[MAX_HOST_NAME + 1]; /* in lower case, without a trailing dot */
  u8 address[16];               /* if the name is an IP address */
  u32 address_length;
  u32 refusals;
  bool status_awaited;                 /* staple.c: CertificateStatus may follow */
  struct staple* staples;              /* OCSP responses that are not yet checked */
  bool own_staple;                     /* the first of them came with the server's certificate */
  char staple_text[80], list_text[80]; /* results of staples and lists, for the user */
  i32 root;                            /* the root of the chain: index << 1 | kind, or -1 */
  u32 generation; /* of the trusted roots that verified the server, now or in the resumed session */
  bool root_expired, verified;
  struct search* search; /* the search for a path while it runs, else NULL */
};

/* door.c */
struct connection* tls_connection(u32 handle);
u32 tls_open(bool server, const u8* name, u32 length, u32 options);
void tls_free(u32 handle);
u32 tls_step(struct connection* connection, const u8* input, u32 length);
u32 tls_transmit(struct connection* connection, u8* destination, u32 capacity);
u32 tls_read(struct connection* connection, void* destination, u32 capacity);
u32 tls_write(struct connection* connection, const void* source, u32 length);
u32 tls_copy_out(u32 destination, u32 capacity, const void* source, size_t length);
static inline void* pointer(u32 address) { return (void*)(uintptr_t)address; }

/* alerts.c */
#define NO_ALERT -1
i32 tls_alert_for(const mbedtls_ssl_context* ssl, int error);
void tls_pend_alert(mbedtls_ssl_context* ssl, u8 alert, int reason);

void tls_choose_keys(mbedtls_ssl_context* ssl, int state_before);
bool tls_drop_hello(mbedtls_ssl_context* ssl);

/* records.c */
#define IDLE_LIMIT 256 /* of `idle`: tickets, key updates, warnings ... */
int tls_check_last_record(const struct connection* connection);
int tls_check_next_record(struct connection* connection, const u8* destination);
void tls_bound_early_data(const mbedtls_ssl_context* ssl);

/* strict.c */
bool tls_scheme_fits(mbedtls_ssl_context* ssl);
int tls_check_message(mbedtls_ssl_context* ssl, int state);

/* hello.c */
bool tls_next_vector(struct bytes* from, u32 width, struct bytes* vector);
int tls_check_hello(struct connection* connection);
void tls_edit(struct connection* connection, u8* at, u32 length);
void tls_restore(struct connection* connection);

/* settings.c */
extern bool tls_started;
int tls_configure(struct connection* connection, bool server);

/* heap.c: a block is charged to a connection (its handle) or to the library (0). */
extern u32 tls_heap_owner;
extern u32 tls_heap_failures;   /* allocations that failed */
extern u32 tls_fail_allocation; /* for tests: fail the nth allocation from now; 0 = none */
u32 tls_heap_used(u32 owner);
u32 tls_heap_peak(u32 owner);
void tls_heap_forget_peak(u32 owner);
void* tls_memory(u64* bytes); /* where the heap is; defined by the machine */

/* platform.c */
int tls_random_start(void); /* 0, or an error if entropy is lacking */

/* roots.c; path.h declares what the search needs */
bool tls_root_distrusted(i32 root, const mbedtls_x509_time* issued);
u32 tls_roots_generation(void); /* changes whenever a root or revocation list does */
void tls_roots_changed(void);
u32 tls_added_roots(void);
i32 tls_add_root(const u8* der, u32 length); /* 1 = new, 0 = known, or an error */
u32 tls_remove_root(u32 index);
struct bytes tls_root(u32 kind, u32 index);

/* verify.c */
bool tls_set_name(struct connection* connection, const u8* name, u32 length);
bool tls_strong_key(const mbedtls_x509_crt* certificate);
bool tls_may_sign(const mbedtls_x509_crt* issuer);

/* path.c */
int tls_accept_extension(void* context, mbedtls_x509_crt const* certificate,
                         mbedtls_x509_buf const* id, int critical, const u8* start, const u8* end);
int tls_step_search(struct connection* connection);
void tls_end_search(struct connection* connection);

/* signature.c */
int tls_verify_signature(mbedtls_pk_type_t kind, const void* options, mbedtls_pk_context* key,
                         mbedtls_md_type_t hash, const u8* digest, size_t digest_length,
                         const u8* signature, size_t length);

/* pss.c */
bool tls_only_pss(const mbedtls_pk_context* key);
bool tls_hash_fits(const mbedtls_pk_context* key, mbedtls_md_type_t hash);
int tls_parse_private(mbedtls_pk_context* key, const u8* text, size_t length);
bool tls_is_pss(u16 scheme);
u16 tls_pss_scheme(mbedtls_md_type_t hash);
u16 tls_shown_scheme(u16 scheme, const mbedtls_pk_context* key);
int tls_offer_pss(u8* at, const u8* end, size_t* length);
void tls_show_scheme(struct connection* connection);

/* fragments.c */
int tls_read_record(mbedtls_ssl_context* ssl, unsigned update_digest);
bool tls_may_be_long(const struct connection* connection);

/* staple.c */
int tls_take_staples(struct connection* connection);
bool tls_take_status(struct connection* connection);
void tls_drop_staples(struct connection* connection);

/* chain.c */
int tls_send_part(struct connection* connection);

/* key-update.c: RFC 8446, 4.6.3, which mbedTLS 3.6 lacks. */
int tls_read_ahead(struct connection* connection);

/* session.c */
extern mbedtls_x509_crt tls_identity_chain[2]; /* client, server */
extern mbedtls_pk_context tls_identity_key[2];
int tls_parse_identity(u32 server, const u8* chain, u32 chain_length, const u8* key,
                       u32 key_length); /* PEM texts are zero-terminated */
void tls_forget_identity(u32 server);
