/* The trusted roots: Mozilla's, which compiler-config/roots.ts builds in, and those added at run
 * time. A built-in root is parsed only when a chain may need it. */
#include "path.h"
#include "mbedtls/base64.h"
#include "mbedtls/pem.h"
#include "mbedtls/platform.h"

#define ADDED_BYTES 65536
#define MIN_CERTIFICATE 128 /* bytes; longer than a line of PEM */
#define MAX_ADDED (ADDED_BYTES / MIN_CERTIFICATE)

struct entry {
  u64 distrust_after;               /* YYYYMMDDhhmmss, or 0 */
  u32 hash, offset, length, unused; /* hash of the subject; the certificate in tls_root_data */
};
extern const u32 tls_root_count;
extern const struct entry tls_root_index_start[];
extern const u8 tls_root_data[], tls_root_data_end[], tls_root_set[], tls_root_set_end[];

static u8 added[ADDED_BYTES]; /* in DER, one after another */
static struct { u32 hash, offset, length; /* as in `struct entry` */ } added_index[MAX_ADDED];
static u32 added_count, added_bytes, generation;

/* Returns the length of the SEQUENCE at `at`, header included; 0 if none or longer than `left`. */
static u32 element_length(const u8* at, u32 left) {
  if (left < 4 || at[0] != 0x30) return 0;
  u32 length = at[1] < 128 ? 2u + at[1] : at[1] == 0x81 ? 3u + at[2] : 4u + (at[2] << 8 | at[3]);
  return (at[1] <= 0x82 && length <= left) ? length : 0;
}

u32 tls_added_roots(void) { return added_count; }

struct bytes tls_root(u32 kind, u32 index) {
  if (kind == 0) {
    if (index >= tls_root_count) return (struct bytes){NULL, 0};
    const struct entry* entry = &tls_root_index_start[index];
    return (struct bytes){tls_root_data + entry->offset, entry->length};
  }
  if (index >= added_count) return (struct bytes){NULL, 0};
  return (struct bytes){added + added_index[index].offset, added_index[index].length};
}

u32 tls_roots_generation(void) { return generation; }
void tls_roots_changed(void) { generation++; }

/* Reports whether Mozilla distrusted a root (index << 1 | kind) before a certificate was issued
   under it. Roots that the user added have no such date. */
bool tls_root_distrusted(i32 root, const mbedtls_x509_time* issued) {
  if (root < 0 || (root & 1) != 0) return false;
  u64 after = tls_root_index_start[root >> 1].distrust_after;
  u64 date = ((u64)issued->year * 100 + issued->mon) * 100 + issued->day;
  u64 time = ((u64)issued->hour * 100 + issued->min) * 100 + issued->sec;
  return after != 0 && date * 1000000 + time > after;
}

/* --- finding roots ---------------------------------------------------------------------------- */

/* FNV-1a (RFC 9923), 32 bits, as in compiler-config/roots.ts. */
static u32 hash_of(const mbedtls_x509_buf* name) {
  u32 hash = 0x811c9dc5;
  for (size_t i = 0; i < name->len; i++) hash = (hash ^ name->p[i]) * 0x01000193;
  return hash;
}

static u32 first_with(u32 hash) {
  u32 low = 0, high = tls_root_count;
  while (low < high) {
    u32 middle = (low + high) / 2;
    if (tls_root_index_start[middle].hash < hash) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* Parses a root, which then points into `der`. verify.c checks the extensions. */
static int parse(mbedtls_x509_crt* root, const u8* der, size_t length) {
  return mbedtls_x509_crt_parse_der_with_ext_cb(root, der, length, 0, tls_accept_extension, NULL);
}

void tls_free_roots(struct trusted* list) {
  while (list != NULL) {
    struct trusted* next = list->next;
    mbedtls_x509_crt_free(&list->certificate);
    mbedtls_free(list);
    list = next;
  }
}

/* Adds a root to the list if it has that name and has not expired. Returns 0, or
   MBEDTLS_ERR_X509_ALLOC_FAILED. */
static int offer(struct connection* connection, i32 index, const mbedtls_x509_buf* name,
                 struct trusted** list) {
  struct bytes der = tls_root(index & 1, index >> 1);
  struct trusted* root = mbedtls_calloc(1, sizeof *root);
  if (root == NULL) return MBEDTLS_ERR_X509_ALLOC_FAILED;
  mbedtls_x509_crt_init(&root->certificate);
  int failure = parse(&root->certificate, der.at, der.length);
  bool fits = failure == 0 && der_same(der_bytes(&root->certificate.subject_raw), der_bytes(name));
  bool expired = fits && mbedtls_x509_time_is_past(&root->certificate.valid_to);
  if (expired) connection->root_expired = true;
  if (fits && !expired) {
    root->index = index;
    root->next = *list;
    *list = root;
    return 0;
  }
  tls_free_roots(root);
  return failure == MBEDTLS_ERR_X509_ALLOC_FAILED ? failure : 0;
}

/* Finds all roots that have the name of the child's issuer and have not expired. */
int tls_find_roots(struct connection* connection, const mbedtls_x509_crt* child,
                   struct trusted** found) {
  const mbedtls_x509_buf* name = &child->issuer_raw;
  int failure = 0;
  *found = NULL;
  u32 hash = hash_of(name), i = first_with(hash);
  for (; failure == 0 && i < tls_root_count && tls_root_index_start[i].hash == hash; i++) {
    failure = offer(connection, i << 1, name, found);
  }
  for (i = 0; failure == 0 && i < added_count; i++) {
    if (added_index[i].hash == hash) failure = offer(connection, i << 1 | 1, name, found);
  }
  if (failure != 0) {
    tls_free_roots(*found);
    *found = NULL;
  }
  return failure;
}

/* Returns the user's root (index << 1 | kind) that is this very certificate, or -1. */
i32 tls_find_added(const mbedtls_x509_crt* certificate) {
  for (u32 i = 0;; i++) {
    struct bytes root = tls_root(1, i);
    if (root.at == NULL) return -1;
    if (der_same(root, der_bytes(&certificate->raw))) return i << 1 | 1;
  }
}

/* --- adding and removing ---------------------------------------------------------------------- */

static bool known(const u8* der, u32 length) {
  for (u32 kind = 0; kind < 2; kind++) {
    for (u32 i = 0;; i++) {
      struct bytes root = tls_root(kind, i);
      if (root.at == NULL) break;
      if (root.length == length && memcmp(root.at, der, length) == 0) return true;
    }
  }
  return false;
}

/* Adds a certificate in DER. Returns 1 if it is new, 0 if it was trusted already, or an error. */
i32 tls_add_root(const u8* der, u32 length) {
  mbedtls_x509_crt root;
  mbedtls_x509_crt_init(&root);
  int failure = parse(&root, der, length);
  u32 whole = failure == 0 ? root.raw.len : 0, hash = failure == 0 ? hash_of(&root.subject_raw) : 0;
  if (failure == 0 && !tls_strong_key(&root)) failure = MBEDTLS_ERR_PK_KEY_INVALID_FORMAT;
  mbedtls_x509_crt_free(&root);
  if (failure != 0) return failure;
  if (whole < MIN_CERTIFICATE || element_length(der, length) != whole) {
    return MBEDTLS_ERR_X509_INVALID_FORMAT;
  }
  if (known(der, whole)) return 0;
  if (whole > ADDED_BYTES - added_bytes) return MBEDTLS_ERR_X509_BUFFER_TOO_SMALL;
  memcpy(added + added_bytes, der, whole);
  added_index[added_count].hash = hash;
  added_index[added_count].offset = added_bytes;
  added_index[added_count++].length = whole;
  added_bytes += whole;
  tls_roots_changed();
  return 1;
}

/* Passes the decoded first block of a PEM text, or DER as it is, to `add`. Returns its result or an
   error. */
i32 tls_add_pem(u32 address, u32 length, const char* begin, const char* end,
                i32 (*add)(const u8* der, u32 length)) {
  const u8* bytes = pointer(address);
  size_t consumed;
  tls_heap_owner = 0;
  if (element_length(bytes, length) != 0) return add(bytes, length);
  u8* text = mbedtls_calloc(1, (size_t)length + 1); /* the zero ends it */
  if (text == NULL) return MBEDTLS_ERR_X509_ALLOC_FAILED;
  memcpy(text, bytes, length);
  mbedtls_pem_context pem;
  mbedtls_pem_init(&pem);
  i32 result = mbedtls_pem_read_buffer(&pem, begin, end, text, NULL, 0, &consumed);
  if (result == 0) result = add(pem.buf, pem.buflen);
  mbedtls_pem_free(&pem);
  mbedtls_free(text);
  return result;
}

u32 w2c_host_tlsAddRoot(HOST, u32 address, u32 length) {
  return tls_add_pem(address, length, "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----",
                     tls_add_root);
}

u32 tls_remove_root(u32 index) {
  struct bytes root = tls_root(1, index);
  if (root.at == NULL) return 0;
  u8 *at = (u8*)root.at, *next = at + root.length;
  memmove(at, next, added + added_bytes - next);
  added_bytes -= root.length;
  for (added_count--; index < added_count; index++) {
    added_index[index] = added_index[index + 1];
    added_index[index].offset -= root.length;
  }
  tls_roots_changed();
  return 1;
}

u32 w2c_host_tlsRemoveRoot(HOST, u32 index) { return tls_remove_root(index); }

u32 w2c_host_tlsRootCount(HOST, u32 kind) { return kind == 0 ? tls_root_count : tls_added_roots(); }

u32 w2c_host_tlsRoot(HOST, u32 kind, u32 index, u32 destination, u32 capacity) {
  struct bytes root = tls_root(kind, index);
  return tls_copy_out(destination, capacity, root.at, root.length);
}

u32 w2c_host_tlsRootDistrusted(HOST, u32 index) {
  return index < tls_root_count ? tls_root_index_start[index].distrust_after / 1000000 : 0;
}

u32 w2c_host_tlsRootSet(HOST, u32 destination, u32 capacity) {
  return tls_copy_out(destination, capacity, tls_root_set, tls_root_set_end - tls_root_set);
}
