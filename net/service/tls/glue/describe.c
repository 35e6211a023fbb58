/* Numbers and texts about connections and certificates, for TypeScript. The numbers in the switch
 * statements are the enums of core/tls-codes.ts. */
#include "path.h"
#include "mbedtls/oid.h"
#include "mbedtls/platform.h"
#include "mbedtls/sha256.h"
#include "ssl_misc.h"

#define TEXT_BYTES 1024 /* maximum bytes of a text */

/* --- connections ------------------------------------------------------------------------------ */

static const mbedtls_ssl_session* session_of(const struct connection* connection) {
  const mbedtls_ssl_context* ssl = &connection->ssl;
  return ssl->session != NULL ? ssl->session : ssl->session_negotiate;
}

static const mbedtls_x509_crt* certificate_of(const struct connection* connection, u32 index) {
  const mbedtls_ssl_session* session = session_of(connection);
  const mbedtls_x509_crt* certificate = session != NULL ? session->peer_cert : NULL;
  for (; certificate != NULL && index != 0; index--) certificate = certificate->next;
  return certificate != NULL && certificate->raw.p != NULL ? certificate : NULL;
}

static bool agreed(const struct connection* connection) {
  return connection->ssl.session != NULL || connection->ssl.state > MBEDTLS_SSL_SERVER_HELLO;
}

/* Returns the root of the chain, or -1. The index of an added root means nothing once the roots
   have changed. */
static i32 root_of(const struct connection* connection) {
  bool added = connection->root >= 0 && (connection->root & 1) != 0;
  bool changed = connection->generation != tls_roots_generation();
  return added && changed ? -1 : connection->root;
}

/* `what` is a TlsNumberField. */
u32 w2c_host_tlsNumber(HOST, u32 handle, u32 what) {
  const struct connection* connection = tls_connection(handle);
  if (connection == NULL) return 0;
  const mbedtls_ssl_context* ssl = &connection->ssl;
  const mbedtls_ssl_session* session = session_of(connection);
  u32 certificates = 0;
  switch (what) {
    case 0: return connection->error;
    case 1: return session != NULL ? session->verify_result : connection->refusals;
    case 2: return agreed(connection) ? ssl->tls_version : 0;
    case 3: return session != NULL ? session->ciphersuite : 0;
    case 4: return agreed(connection) ? connection->group : 0;
    case 5: return connection->resumed;
    case 6:
      while (certificate_of(connection, certificates) != NULL) certificates++;
      return certificates;
    case 7: return connection->alert_received;
    case 8: return connection->alert_sent;
    case 9: return root_of(connection);
    case 10: return connection->certificate_requested;
    case 11: return tls_heap_used(handle);
    case 12: return tls_heap_peak(handle);
    case 13: return connection->key_updates;
    default: return 0;
  }
}

static struct bytes text_bytes(const char* text) {
  return text == NULL ? (struct bytes){NULL, 0} : (struct bytes){(const u8*)text, strlen(text)};
}

/* `what` is a TlsBytesField. */
static struct bytes bytes_of(const struct connection* connection, u32 what, u32 index) {
  const mbedtls_ssl_context* ssl = &connection->ssl;
  const mbedtls_x509_crt* certificate;
  size_t length;
  switch (what) {
    case 0: return text_bytes(agreed(connection) ? mbedtls_ssl_get_version(ssl) : NULL);
    case 1: return text_bytes(agreed(connection) ? mbedtls_ssl_get_ciphersuite(ssl) : NULL);
    case 2: return text_bytes(mbedtls_ssl_get_alpn_protocol(ssl));
    case 3:
      certificate = certificate_of(connection, index);
      if (certificate == NULL) return (struct bytes){NULL, 0};
      return (struct bytes){certificate->raw.p, certificate->raw.len};
    case 4:
      if (root_of(connection) < 0) return (struct bytes){NULL, 0};
      return tls_root(connection->root & 1, connection->root >> 1);
    case 5:
      if (ssl->handshake == NULL) return (struct bytes){NULL, 0};
      const u8* name = mbedtls_ssl_get_hs_sni((mbedtls_ssl_context*)ssl, &length);
      return (struct bytes){name, length};
    case 6: return text_bytes(connection->staple_text);
    case 7: return text_bytes(connection->list_text);
    default: return (struct bytes){NULL, 0};
  }
}

u32 w2c_host_tlsBytes(HOST, u32 handle, u32 what, u32 index, u32 destination, u32 capacity) {
  const struct connection* connection = tls_connection(handle);
  if (connection == NULL) return 0;
  struct bytes bytes = bytes_of(connection, what, index);
  return tls_copy_out(destination, capacity, bytes.at, bytes.length);
}

/* --- certificates ----------------------------------------------------------------------------- */

static int put_date(char* text, const mbedtls_x509_time* time) {
  return tls_snprintf(text, TEXT_BYTES, "%04d-%02d-%02d %02d:%02d:%02d", time->year, time->mon,
                      time->day, time->hour, time->min, time->sec);
}

/* Writes a date and time into DATE_BYTES bytes. */
void tls_put_date(char* text, i64 seconds) {
  mbedtls_time_t time = seconds;
  struct tm at;
  mbedtls_platform_gmtime_r(&time, &at);
  tls_snprintf(text, DATE_BYTES, "%04d-%02d-%02d %02d:%02d:%02d", at.tm_year + 1900, at.tm_mon + 1,
               at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec);
}

static int put_serial(char* text, const mbedtls_x509_buf* serial) {
  int length = 0;
  text[0] = 0;
  for (size_t i = 0; i < serial->len && length < TEXT_BYTES - 4; i++) {
    length +=
        tls_snprintf(text + length, TEXT_BYTES - length, i == 0 ? "%02X" : ":%02X", serial->p[i]);
  }
  return length;
}

static int put_alternative_name(char* text, const mbedtls_x509_crt* certificate, u32 index) {
  struct bytes value, names;
  struct element name;
  if (!der_extension(certificate, ID_ALTERNATIVE_NAME, &value)) return 0;
  if (!der_only(value, SEQUENCE, &names)) return 0;
  do {
    if (!der_next(&names, &name)) return 0;
  } while (index-- != 0);
  const u8* at = name.content.at;
  size_t length = name.content.length;
  u32 form = name.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
  if (form == MBEDTLS_X509_SAN_IP_ADDRESS && length == 4) {
    return tls_snprintf(text, TEXT_BYTES, "IP:%d.%d.%d.%d", at[0], at[1], at[2], at[3]);
  }
  const char* kind = form == MBEDTLS_X509_SAN_DNS_NAME                      ? "DNS:"
                     : form == MBEDTLS_X509_SAN_IP_ADDRESS                  ? "IP:"
                     : form == MBEDTLS_X509_SAN_RFC822_NAME                 ? "email:"
                     : form == MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER ? "URI:"
                                                                            : "other:";
  int count = tls_snprintf(text, TEXT_BYTES, "%s", kind);
  bool readable = kind[0] != 'I' && kind[0] != 'o';
  for (size_t i = 0; i < length && count < TEXT_BYTES - 4; i++) {
    bool plain = readable && at[i] > ' ' && at[i] < 127;
    count += tls_snprintf(text + count, TEXT_BYTES - count, plain ? "%c" : "%02X", at[i]);
  }
  return count;
}

static int put_key(char* text, const mbedtls_pk_context* key) {
  if (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA)) {
    return tls_snprintf(text, TEXT_BYTES, "RSA %u", (u32)mbedtls_pk_get_bitlen(key));
  }
  return tls_snprintf(text, TEXT_BYTES, "EC P-%u", (u32)mbedtls_pk_get_bitlen(key));
}

static int put_signature(char* text, const mbedtls_x509_crt* certificate) {
  const char* hash = "an unknown hash";
  switch (certificate->sig_md) {
    case MBEDTLS_MD_SHA1: hash = "SHA-1"; break;
    case MBEDTLS_MD_SHA224: hash = "SHA-224"; break;
    case MBEDTLS_MD_SHA256: hash = "SHA-256"; break;
    case MBEDTLS_MD_SHA384: hash = "SHA-384"; break;
    case MBEDTLS_MD_SHA512: hash = "SHA-512"; break;
    default: break;
  }
  const char* kind = certificate->sig_pk == MBEDTLS_PK_RSASSA_PSS ? "RSA-PSS"
                     : certificate->sig_pk == MBEDTLS_PK_RSA      ? "RSA"
                                                                  : "ECDSA";
  return tls_snprintf(text, TEXT_BYTES, "%s with %s", kind, hash);
}

static int put_fingerprint(char* text, const mbedtls_x509_buf* raw) {
  u8 digest[32];
  mbedtls_sha256(raw->p, raw->len, digest, 0);
  for (u32 i = 0; i < sizeof digest; i++) tls_snprintf(text + 2 * i, 3, "%02X", digest[i]);
  return 64;
}

/* `field` is a CertificateField. */
static int describe(char* text, const mbedtls_x509_crt* certificate, u32 field, u32 index) {
  switch (field) {
    case 0: return mbedtls_x509_dn_gets(text, TEXT_BYTES, &certificate->subject);
    case 1: return mbedtls_x509_dn_gets(text, TEXT_BYTES, &certificate->issuer);
    case 2: return put_serial(text, &certificate->serial);
    case 3: return put_date(text, &certificate->valid_from);
    case 4: return put_date(text, &certificate->valid_to);
    case 5: return put_alternative_name(text, certificate, index);
    case 6: return put_key(text, &certificate->pk);
    case 7: return put_signature(text, certificate);
    case 8: return put_fingerprint(text, &certificate->raw);
    case 9: return tls_snprintf(text, TEXT_BYTES, tls_may_sign(certificate) ? "yes" : "no");
    case 10: return tls_snprintf(text, TEXT_BYTES, tls_strong_key(certificate) ? "yes" : "no");
    default: return 0;
  }
}

u32 w2c_host_tlsCertificateText(HOST, u32 address, u32 length, u32 field, u32 index,
                                u32 destination, u32 capacity) {
  static char text[TEXT_BYTES];
  mbedtls_x509_crt certificate;
  u32 owner = tls_heap_owner;
  tls_heap_owner = 0;
  mbedtls_x509_crt_init(&certificate);
  int count = mbedtls_x509_crt_parse_der_with_ext_cb(&certificate, pointer(address), length, 0,
                                                     tls_accept_extension, NULL);
  if (count == 0) count = describe(text, &certificate, field, index);
  mbedtls_x509_crt_free(&certificate);
  tls_heap_owner = owner;
  return count > 0 ? tls_copy_out(destination, capacity, text, count) : 0;
}
