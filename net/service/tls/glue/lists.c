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

#define DIGEST_BYTES 32

static u8 store[LIST_BYTES]; /* in DER, one after another */
static struct {
  u32 offset, length;
  struct list list; /* parsed */
  /* SHA-256 of the key that has verified it, and of the last that has not; zeros before. */
  u8 signer[DIGEST_BYTES], stranger[DIGEST_BYTES];
} lists[LISTS];
static u32 count, used;

static struct bytes bytes_of(u32 index) {
  return (struct bytes){store + lists[index].offset, lists[index].length};
}

static bool is_set(const u8* digest) {
  static const u8 none[DIGEST_BYTES];
  return memcmp(digest, none, DIGEST_BYTES) != 0;
}

static bool same_kind(const struct list* left, const struct list* right) {
  return der_same(left->issuer, right->issuer) && der_same(left->scope, right->scope) &&
         der_same(left->key, right->key);
}

/* Reports whether a newer list takes the place of this one. It must be verified: anybody can make a
   list that says it is newer. */
static bool is_replaced(u32 index) {
  for (u32 i = 0; i < count; i++) {
    if (!is_set(lists[i].signer) || !same_kind(&lists[i].list, &lists[index].list)) continue;
    if (lists[i].list.updated <= lists[index].list.updated) continue;
    bool same_signer = memcmp(lists[i].signer, lists[index].signer, DIGEST_BYTES) == 0;
    if (same_signer || !is_set(lists[index].signer)) return true;
  }
  return false;
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
    tls_parse_list(bytes_of(index), &lists[index].list);
  }
  tls_roots_changed();
}

/* Adds a list beside older ones of the same issuer, key and scope, which it replaces once it is
   verified. Returns 1; 0 if this one, or a newer one that is verified, is there already; or an
   error. */
static i32 add(const u8* der, u32 length) {
  struct bytes whole = {der, length};
  struct list list;
  u32 verdict = tls_parse_list(whole, &list);
  if (verdict == LIST_UNSUPPORTED) return MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE;
  if (verdict != LIST_GOOD) return MBEDTLS_ERR_X509_INVALID_FORMAT;
  for (u32 i = 0; i < count; i++) {
    if (der_same(bytes_of(i), whole)) return 0;
    bool newer = is_set(lists[i].signer) && list.updated <= lists[i].list.updated;
    if (newer && same_kind(&lists[i].list, &list)) return 0;
  }
  for (u32 i = count; i-- > 0;) {
    if (is_replaced(i)) drop(i);
  }
  if (count == LISTS || length > LIST_BYTES - used) return MBEDTLS_ERR_X509_BUFFER_TOO_SMALL;
  memcpy(store + used, der, length);
  memset(&lists[count], 0, sizeof lists[count]);
  lists[count].offset = used;
  lists[count].length = length;
  tls_parse_list(bytes_of(count), &lists[count].list);
  count++;
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

/* Says whether the list counts, as far as is known before its issuer's key is seen. */
static const char* state_of(u32 index) {
  if (is_replaced(index)) return ", replaced by a newer one";
  if (is_set(lists[index].signer)) return "";
  return is_set(lists[index].stranger) ? ", bad signature" : "";
}

u32 w2c_host_tlsListText(HOST, u32 index, u32 destination, u32 capacity) {
  static char text[2 * TEXT_BYTES];
  char from[DATE_BYTES], to[DATE_BYTES];
  struct revoked revoked;
  u32 entries = 0, owner = tls_heap_owner;
  if (index >= count) return 0;
  const struct list* list = &lists[index].list;
  struct bytes left = list->entries;
  while (tls_next_revoked(&left, &revoked)) entries++;
  tls_put_date(from, list->updated);
  tls_put_date(to, list->next);
  tls_heap_owner = 0;
  int length = put_issuer(text, list->issuer);
  tls_heap_owner = owner;
  length += tls_snprintf(text + length, TEXT_BYTES, ": %u revoked, of %s UTC, %s%s%s", entries,
                         from, list->next == 0 ? "no next list announced" : "next on ",
                         list->next == 0 ? "" : to, state_of(index));
  return tls_copy_out(destination, capacity, text, length);
}

/* --- checking --------------------------------------------------------------------------------- */

/* Verifies that a key has signed a list, unless that is known. Returns false if it did no work. */
static bool verify(struct search* search, u32 index, const mbedtls_x509_crt* issuer,
                   const u8* digest) {
  if (memcmp(digest, lists[index].signer, DIGEST_BYTES) == 0) return false;
  if (memcmp(digest, lists[index].stranger, DIGEST_BYTES) == 0) return false;
  if (!tls_afford(search)) return true;
  bool valid = tls_verify_signed(&lists[index].list.data, &issuer->pk);
  memcpy(valid ? lists[index].signer : lists[index].stranger, digest, DIGEST_BYTES);
  return true;
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

/* Notes for `tls HOST` that a list of the server's issuer does not count. */
static void note_forgery(struct search* search, u32 index) {
  struct connection* connection = search->connection;
  char date[DATE_BYTES];
  if (search->listed_position != 0 || strcmp(connection->list_text, "none") != 0) return;
  tls_put_date(date, lists[index].list.updated);
  tls_snprintf(connection->list_text, sizeof connection->list_text,
               "none (bad signature on the list of %s UTC)", date);
}

/* Checks each certificate of a complete path, from the server's up: first the signatures of its
   issuer's lists, as a newer list may replace another, and then the lists. The issuer's key alone
   decides: its other certificates, of which the server chooses one, may say that it signs no lists.
   Returns true once the path's faults are in `refusals`, or false to be called again in another
   step. */
bool tls_check_lists(struct search* search, u32* refusals) {
  u8 digest[DIGEST_BYTES];
  if (search->listed_position == 0 && search->list == 0) {
    tls_snprintf(search->connection->list_text, sizeof search->connection->list_text, "none");
  }
  for (; search->listed_position < search->length; search->listed_position++, search->list = 0) {
    const mbedtls_x509_crt* certificate = path_certificate(search, search->listed_position);
    const mbedtls_x509_crt* issuer = path_certificate(search, search->listed_position + 1);
    mbedtls_sha256(issuer->pk_raw.p, issuer->pk_raw.len, digest, 0);
    while (search->list < 2 * count) {
      bool verifying = search->list < count;
      u32 index = search->list++ % count;
      const struct list* list = &lists[index].list;
      if (!der_same(list->issuer, der_bytes(&certificate->issuer_raw))) continue;
      if (verifying) {
        if (verify(search, index, issuer, digest)) return false;
      } else if (memcmp(digest, lists[index].signer, DIGEST_BYTES) != 0) {
        note_forgery(search, index);
      } else if (!is_replaced(index) && is_revoked(search, list, certificate)) {
        *refusals |= REVOKED;
        return true;
      }
    }
  }
  return true;
}
