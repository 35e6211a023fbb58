/* The revocation lists that the user has added (RFC 5280, 5), and the check of a path against them.
 * Rule 12: no certificate of a path may be on a list that its issuer has signed. An outdated list
 * still counts: what is on it stays revoked. */
#include "lists.h"
#include "mbedtls/oid.h"
#include "mbedtls/pem.h"
#include "mbedtls/platform.h"
#include "mbedtls/sha256.h"
#include "x509_internal.h"

#define LIST_BYTES 131072
#define LISTS 16
#define TEXT_BYTES 512

static u8 store[LIST_BYTES]; /* in DER, one after another */
static struct {
  u32 offset, length;
  u8 signer[32]; /* SHA-256 of the key that has verified it; zeros before */
} lists[LISTS];
static u32 count, used;

static struct bytes bytes_of(u32 index) {
  return (struct bytes){store + lists[index].offset, lists[index].length};
}

/* --- adding and removing ---------------------------------------------------------------------- */

static void drop(u32 index) {
  u32 length = lists[index].length;
  u8* at = store + lists[index].offset;
  memmove(at, at + length, store + used - at - length);
  used -= length;
  for (count--; index < count; index++) {
    lists[index] = lists[index + 1];
    lists[index].offset -= length;
  }
  tls_roots_changed();
}

/* Adds a list, in place of an older one of the same issuer, key and scope. Returns 1; 0 if this one
   or a newer one is there already; or an error. */
static i32 add(const u8* der, u32 length) {
  struct bytes whole = {der, length};
  struct list list, other;
  u32 verdict = tls_parse_list(whole, &list);
  if (verdict == LIST_UNSUPPORTED) return MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE;
  if (verdict != LIST_GOOD) return MBEDTLS_ERR_X509_INVALID_FORMAT;
  for (u32 i = 0; i < count; i++) {
    tls_parse_list(bytes_of(i), &other);
    if (!der_same(other.issuer, list.issuer) || !der_same(other.scope, list.scope)) continue;
    if (!der_same(other.key, list.key)) continue;
    if (list.updated <= other.updated) return 0;
    if (length > LIST_BYTES - used + lists[i].length) return MBEDTLS_ERR_X509_BUFFER_TOO_SMALL;
    drop(i);
    break;
  }
  if (count == LISTS || length > LIST_BYTES - used) return MBEDTLS_ERR_X509_BUFFER_TOO_SMALL;
  memcpy(store + used, der, length);
  memset(&lists[count], 0, sizeof lists[count]);
  lists[count].offset = used;
  lists[count++].length = length;
  used += length;
  tls_roots_changed();
  return 1;
}

u32 w2c_host_tlsAddList(HOST, u32 address, u32 length) {
  return tls_add_pem(address, length, "-----BEGIN X509 CRL-----", "-----END X509 CRL-----", add);
}

u32 w2c_host_tlsRemoveList(HOST, u32 index) {
  if (index >= count) return 0;
  drop(index);
  return 1;
}

/* --- texts ------------------------------------------------------------------------------------ */

static int put_issuer(char* text, struct bytes issuer) {
  mbedtls_x509_name name = {0};
  struct bytes inside;
  int length = -1;
  if (der_only(issuer, SEQUENCE, &inside)) {
    u8* at = (u8*)inside.at;
    if (mbedtls_x509_get_name(&at, at + inside.length, &name) == 0) {
      length = mbedtls_x509_dn_gets(text, TEXT_BYTES, &name);
    }
    mbedtls_asn1_free_named_data_list_shallow(name.next);
  }
  return length < 0 ? tls_snprintf(text, TEXT_BYTES, "(unreadable name)") : length;
}

u32 w2c_host_tlsListText(HOST, u32 index, u32 destination, u32 capacity) {
  static char text[2 * TEXT_BYTES];
  char from[DATE_BYTES], to[DATE_BYTES];
  struct list list;
  struct revoked revoked;
  u32 entries = 0, owner = tls_heap_owner;
  if (index >= count) return 0;
  tls_parse_list(bytes_of(index), &list);
  while (tls_next_revoked(&list.entries, &revoked)) entries++;
  tls_put_date(from, list.updated);
  tls_put_date(to, list.next);
  tls_heap_owner = 0;
  int length = put_issuer(text, list.issuer);
  tls_heap_owner = owner;
  length += tls_snprintf(text + length, TEXT_BYTES, ": %u revoked, of %s UTC, %s%s", entries, from,
                         list.next == 0 ? "no next list announced" : "next on ",
                         list.next == 0 ? "" : to);
  return tls_copy_out(destination, capacity, text, length);
}

/* --- checking --------------------------------------------------------------------------------- */

/* Reports whether a key has signed a list. Verifies the signature, and sets `worked`, unless it is
   known to be valid. */
static bool signed_by_key(struct search* search, u32 index, const struct list* list,
                          const mbedtls_x509_crt* issuer, bool* worked) {
  u8 digest[32];
  mbedtls_sha256(issuer->pk_raw.p, issuer->pk_raw.len, digest, 0);
  if (memcmp(digest, lists[index].signer, sizeof digest) == 0) return true;
  *worked = true;
  if (!tls_afford(search) || !tls_verify_signed(&list->data, &issuer->pk)) return false;
  memcpy(lists[index].signer, digest, sizeof digest);
  return true;
}

static bool may_sign_lists(const mbedtls_x509_crt* issuer) {
  return mbedtls_x509_crt_check_key_usage(issuer, MBEDTLS_X509_KU_CRL_SIGN) == 0;
}

/* Looks a certificate up in a list, and notes the result for `tls HOST` if it is the server's. */
static bool is_revoked(struct search* search, const struct list* list,
                       const mbedtls_x509_crt* certificate) {
  struct connection* connection = search->connection;
  char* text = connection->list_text;
  size_t capacity = sizeof connection->list_text;
  struct bytes entries = list->entries;
  struct revoked revoked;
  char date[DATE_BYTES];
  bool own = certificate == search->sent[0];
  while (tls_next_revoked(&entries, &revoked)) {
    if (!der_same(revoked.serial, der_bytes(&certificate->serial))) continue;
    tls_put_date(date, revoked.when);
    tls_snprintf(text, capacity, own ? "revoked on %s UTC" : "an issuer was revoked on %s UTC",
                 date);
    return true;
  }
  if (!own) return false;
  bool late = list->next != 0 && list->next < mbedtls_time(NULL);
  tls_put_date(date, list->updated);
  tls_snprintf(text, capacity, "not on the list of %s UTC%s", date,
               late ? ", which is outdated" : "");
  return false;
}

/* Checks each certificate of a complete path, from the server's up. Returns true once its faults
   are in `refusals`, or false to be called again in another step. */
bool tls_check_lists(struct search* search, u32* refusals) {
  if (search->listed_position == 0 && search->list == 0) {
    tls_snprintf(search->connection->list_text, sizeof search->connection->list_text, "none");
  }
  for (; search->listed_position < search->length; search->listed_position++, search->list = 0) {
    const mbedtls_x509_crt* certificate = path_certificate(search, search->listed_position);
    const mbedtls_x509_crt* issuer = path_certificate(search, search->listed_position + 1);
    while (search->list < count) {
      struct list list;
      bool worked = false;
      u32 index = search->list++;
      tls_parse_list(bytes_of(index), &list);
      if (!der_same(list.issuer, der_bytes(&certificate->issuer_raw))) continue;
      if (!may_sign_lists(issuer)) continue;
      bool valid = signed_by_key(search, index, &list, issuer, &worked);
      if (valid && is_revoked(search, &list, certificate)) *refusals |= REVOKED;
      if (*refusals != 0) return true;
      if (worked) return false;
    }
  }
  return true;
}
