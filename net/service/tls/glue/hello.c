/* ClientHellos, before mbedTLS reads them: checks that it omits (RFC 8446, 4.1.2 and 4.2; RFC 5246,
 * 7.4.1; RFC 7507), and values that it rejects although they must be ignored (RFC 8446, 4.1.2 and
 * 9.3; RFC 8701). Uses internal functions of the library: review this file when mbedTLS is
 * updated. */
#include "tls.h"
#include "mbedtls/platform.h"
#include "ssl_misc.h"

#define KINDS 65536          /* of extensions */
#define FALLBACK_SCSV 0x5600 /* a cipher suite that only signals (RFC 7507) */
#define PSK_MODES MBEDTLS_TLS_EXT_PSK_KEY_EXCHANGE_MODES

struct hello {
  u16 legacy, newest;     /* versions: legacy_version, and the highest that is offered */
  bool fallback;          /* the client repeats a handshake with a lower version */
  bool versions, schemes; /* has supported_versions, has signature_algorithms */
  struct bytes compressions, extensions;
};

/* Splits a vector with a length of `width` bytes off `from`. */
bool tls_next_vector(struct bytes* from, u32 width, struct bytes* vector) {
  size_t length = 0;
  if (from->length < width) return false;
  for (u32 i = 0; i < width; i++) length = length << 8 | from->at[i];
  if (from->length - width < length) return false;
  *vector = (struct bytes){from->at + width, length};
  *from = (struct bytes){from->at + width + length, from->length - width - length};
  return true;
}

/* Reads everything but the extensions. Returns false if it is malformed. */
static bool read_fields(struct bytes from, struct hello* hello) {
  struct bytes session, suites;
  if (from.length < 34) return false;
  hello->legacy = hello->newest = MBEDTLS_GET_UINT16_BE(from.at, 0);
  from = (struct bytes){from.at + 34, from.length - 34};
  if (!tls_next_vector(&from, 1, &session) || session.length > 32) return false;
  if (!tls_next_vector(&from, 2, &suites) || suites.length == 0 || suites.length % 2) return false;
  for (u32 i = 0; i < suites.length; i += 2) {
    hello->fallback |= MBEDTLS_GET_UINT16_BE(suites.at, i) == FALLBACK_SCSV;
  }
  if (!tls_next_vector(&from, 1, &hello->compressions) || hello->compressions.length == 0) {
    return false;
  }
  if (from.length == 0) return true;
  return tls_next_vector(&from, 2, &hello->extensions) && from.length == 0;
}

/* Reports whether uncompressed data is offered, which must be (RFC 5246, 7.4.1.2). */
static bool offers_null(struct bytes compressions) {
  for (u32 i = 0; i < compressions.length; i++) {
    if (compressions.at[i] == MBEDTLS_SSL_COMPRESS_NULL) return true;
  }
  return false;
}

/* The extensions that consist of one list: the bytes of its length and of an element. */
static const struct list {
  u16 kind;
  u8 width, element;
} lists[] = {
    {MBEDTLS_TLS_EXT_SERVERNAME, 2, 1},
    {MBEDTLS_TLS_EXT_SUPPORTED_GROUPS, 2, 2},
    {MBEDTLS_TLS_EXT_SUPPORTED_POINT_FORMATS, 1, 1},
    {MBEDTLS_TLS_EXT_SIG_ALG, 2, 2},
    {MBEDTLS_TLS_EXT_ALPN, 2, 1},
    {MBEDTLS_TLS_EXT_SUPPORTED_VERSIONS, 1, 2},
    {PSK_MODES, 1, 1},
    {MBEDTLS_TLS_EXT_KEY_SHARE, 2, 1},
};

/* Reports whether a list of names consists of names that are not empty (RFC 7301, 3.1). */
static bool are_names(struct bytes list) {
  struct bytes name;
  while (list.length != 0) {
    if (!tls_next_vector(&list, 1, &name) || name.length == 0) return false;
  }
  return true;
}

/* Reduces a list to the modes that mbedTLS knows, until tls_restore. mbedTLS rejects others,
   and lists of more than two. */
static void keep_known_modes(struct connection* connection, struct bytes list) {
  u8* at = (u8*)list.at - 1;
  u8 modes[3];
  modes[0] = 0;
  bool seen[2] = {false, false}, changed = list.length > 2;
  for (u32 i = 0; i < list.length; i++) {
    u8 mode = list.at[i];
    changed |= mode > 1;
    if (mode > 1 || seen[mode]) continue;
    seen[mode] = true;
    modes[++modes[0]] = mode;
  }
  if (!changed) return;
  tls_edit(connection, at, 1 + modes[0]);
  memcpy(at, modes, 1 + modes[0]);
}

/* Remembers bytes of the message that has arrived, which are about to be changed. */
void tls_edit(struct connection* connection, u8* at, u32 length) {
  connection->edited_at = at;
  connection->edited_length = length;
  memcpy(connection->edited, at, length);
}

/* Undoes tls_edit before the message is added to the transcript's hash. */
void tls_restore(struct connection* connection) {
  if (connection->edited_at == NULL) return;
  memcpy(connection->edited_at, connection->edited, connection->edited_length);
  connection->edited_at = NULL;
}

/* Reads an extension. Returns an error or 0. */
static int read_extension(struct connection* connection, struct hello* hello, u32 kind,
                          struct bytes content) {
  struct bytes list;
  hello->schemes |= kind == MBEDTLS_TLS_EXT_SIG_ALG;
  for (u32 i = 0; i < sizeof lists / sizeof *lists; i++) {
    if (lists[i].kind != kind) continue;
    bool whole = tls_next_vector(&content, lists[i].width, &list) && content.length == 0;
    if (!whole || list.length % lists[i].element != 0) return MBEDTLS_ERR_SSL_DECODE_ERROR;
    if (list.length == 0 && kind != MBEDTLS_TLS_EXT_KEY_SHARE) return MBEDTLS_ERR_SSL_DECODE_ERROR;
    if (kind == MBEDTLS_TLS_EXT_ALPN && !are_names(list)) return MBEDTLS_ERR_SSL_DECODE_ERROR;
    if (kind == PSK_MODES) keep_known_modes(connection, list);
    if (kind != MBEDTLS_TLS_EXT_SUPPORTED_VERSIONS) continue;
    hello->versions = true;
    hello->newest = 0;
    for (u32 j = 0; j < list.length; j += 2) {
      u16 version = MBEDTLS_GET_UINT16_BE(list.at, j);
      bool known = version <= MBEDTLS_SSL_VERSION_TLS1_3;
      if (known && version > hello->newest) hello->newest = version;
    }
  }
  return 0;
}

/* Reads the extensions, of which there must not be two of a kind. Returns an error or 0. */
static int read_extensions(struct connection* connection, struct hello* hello) {
  struct bytes left = hello->extensions, content;
  u8* seen = mbedtls_calloc(1, KINDS / 8);
  int failure = seen == NULL ? MBEDTLS_ERR_SSL_ALLOC_FAILED : 0;
  while (failure == 0 && left.length != 0) {
    failure = MBEDTLS_ERR_SSL_DECODE_ERROR;
    if (left.length < 2) break;
    u32 kind = MBEDTLS_GET_UINT16_BE(left.at, 0);
    left = (struct bytes){left.at + 2, left.length - 2};
    if (!tls_next_vector(&left, 2, &content)) break;
    failure = seen[kind / 8] & 1 << kind % 8 ? MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER
                                             : read_extension(connection, hello, kind, content);
    seen[kind / 8] |= 1 << kind % 8;
  }
  mbedtls_free(seen);
  return failure;
}

/* Checks a ClientHello that is complete. Returns an error or 0. */
int tls_check_hello(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  struct hello hello = {.fallback = false};
  struct bytes body = {ssl->in_msg + 4, ssl->in_hslen - 4};
  if (ssl->in_msg[0] != MBEDTLS_SSL_HS_CLIENT_HELLO) return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
  if (!read_fields(body, &hello)) return MBEDTLS_ERR_SSL_DECODE_ERROR;
  int failure = read_extensions(connection, &hello);
  if (failure != 0) return failure;
  if (!offers_null(hello.compressions)) return MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
  /* With supported_versions, legacy_version only matters if it is SSL 3.0 (RFC 8446, 4.2.1, D.5).
     Without, TLS 1.2 is the version that we have in common (RFC 8446, D.2). */
  bool modern =
      hello.legacy > MBEDTLS_SSL_VERSION_TLS1_2 || (hello.versions && hello.legacy > 0x300);
  connection->legacy_version = modern ? MBEDTLS_SSL_VERSION_TLS1_2 : hello.legacy;
  if (connection->legacy_version < MBEDTLS_SSL_VERSION_TLS1_2) {
    return MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION;
  }
  if (hello.fallback && hello.newest < ssl->conf->max_tls_version) {
    tls_pend_alert(ssl, MBEDTLS_SSL_ALERT_MSG_INAPROPRIATE_FALLBACK,
                   MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE);
    return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
  }
  /* Without signature_algorithms, TLS 1.2 would sign with SHA-1 (RFC 9155, 2). */
  bool old = hello.newest < MBEDTLS_SSL_VERSION_TLS1_3 || !hello.versions;
  return old && !hello.schemes ? MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE : 0;
}

/* Replaces mbedtls_ssl_read_version in mbedTLS's servers. */
u16 tls_read_version(const u8* version, int transport) {
  const struct connection* connection = tls_connection(tls_heap_owner);
  bool legacy = connection != NULL && version == connection->ssl.in_msg + 4;
  return legacy ? connection->legacy_version : mbedtls_ssl_read_version(version, transport);
}

/* Replaces mbedtls_ssl_add_hs_hdr_to_checksum in ssl_tls13_server.c: all extensions are read, and
   the ClientHello is about to be hashed. */
int tls_hash_hello(mbedtls_ssl_context* ssl, unsigned kind, size_t length) {
  tls_restore(ssl->p_bio);
  return mbedtls_ssl_add_hs_hdr_to_checksum(ssl, kind, length);
}

/* --- signature schemes ------------------------------------------------------------------------ */

/* Returns the scheme by which mbedTLS is to know one that the peer offers, or 0. mbedTLS's TLS 1.2
   has no RSASSA-PSS: there, RSASSA-PKCS1-v1_5 with the same hash stands for it, and tls_sign signs
   with RSASSA-PSS if that is `connection->scheme`. */
static u16 known_scheme(mbedtls_ssl_context* ssl, u16 scheme) {
  struct connection* connection = ssl->p_bio;
  bool server = ssl->conf->endpoint == MBEDTLS_SSL_IS_SERVER;
  bool old = ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_2;
  u16 shown = tls_shown_scheme(scheme, &tls_identity_key[server]);
  u16 known = old && tls_is_pss(shown) ? (shown & 15) << 8 | MBEDTLS_SSL_SIG_RSA : shown;
  if (!mbedtls_ssl_sig_alg_is_supported(ssl, known)) return 0;
  if (!mbedtls_ssl_sig_alg_is_offered(ssl, shown)) return 0;
  bool rsa = old && (known & 0xff) == MBEDTLS_SSL_SIG_RSA;
  if (rsa && connection->scheme == 0) connection->scheme = scheme;
  return known;
}

/* Replaces mbedtls_ssl_parse_sig_alg_ext, which keeps only the first 19 schemes, known or not. */
int tls_parse_schemes(mbedtls_ssl_context* ssl, const u8* at, const u8* end) {
  struct connection* connection = ssl->p_bio;
  struct bytes left = {at, end - at}, list;
  u16* kept = ssl->handshake->received_sig_algs;
  u32 count = 0;
  connection->scheme = 0;
  if (!tls_next_vector(&left, 2, &list) || left.length != 0 || list.length % 2 != 0) {
    tls_pend_alert(ssl, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR, MBEDTLS_ERR_SSL_DECODE_ERROR);
    return MBEDTLS_ERR_SSL_DECODE_ERROR;
  }
  for (u32 i = 0; i < list.length && count < MBEDTLS_RECEIVED_SIG_ALGS_SIZE - 1; i += 2) {
    u16 scheme = known_scheme(ssl, MBEDTLS_GET_UINT16_BE(list.at, i));
    u32 same = 0;
    while (same < count && kept[same] != scheme) same++;
    if (scheme != 0 && same == count) kept[count++] = scheme;
  }
  kept[count] = MBEDTLS_TLS_SIG_NONE;
  if (count != 0) return 0;
  tls_pend_alert(ssl, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE, MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE);
  return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
}
