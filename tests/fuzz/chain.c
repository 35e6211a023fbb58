/* The checks of certificates and paths that are ours (net/service/tls/glue/) under libFuzzer, with
 * AddressSanitizer: extensions, names, name constraints and policies. mbedTLS has parsed all other
 * fields before. The input: the number of certificates, then of each a byte of flags, a byte for
 * its names, and its extensions after their length in 16 bits, the server's first and the root's
 * last. Extensions are in a block of exactly their size. */
#include <assert.h>
#include <stdlib.h>

#include "path.h"
#include "mbedtls/oid.h"

#define STEPS (2 * COMPARISONS / SLICE) /* of the comparisons with name constraints */

/* Where the library's heap is; nothing here uses it. */
void* tls_memory(u64* bytes) {
  *bytes = 0;
  return NULL;
}

static u8 names[4][16] = {
    {0x30, 0},
    {0x30, 11, 0x31, 9, 0x30, 7, 6, 3, 0x55, 4, 3, 0x0c, 0},
    {0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3, 0x0c, 2, 'h', 'i'},
    {0x30, 2, 0x31, 0},
};

static mbedtls_x509_buf name(u8 which) {
  u8* raw = names[which & 3];
  return (mbedtls_x509_buf){0x30, 2 + raw[1], raw};
}

/* Takes a certificate off the input. */
static mbedtls_x509_crt* take(struct bytes* input) {
  mbedtls_x509_crt* one = calloc(1, sizeof *one);
  u8 flags = input->at[0], which = input->at[1];
  size_t length = input->at[2] << 8 | input->at[3];
  *input = (struct bytes){input->at + 4, input->length - 4};
  if (length > input->length) length = input->length;
  one->version = flags & 1 ? 1 : 3;
  one->ca_istrue = flags >> 1 & 1;
  one->sig_md = MBEDTLS_MD_SHA256;
  one->subject_raw = name(which);
  one->issuer_raw = name(which >> 2);
  one->ext_types = flags & 4 ? MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE : 0;
  if (length != 0) {
    one->v3_ext = (mbedtls_x509_buf){0x30, length, malloc(length)};
    memcpy(one->v3_ext.p, input->at, length);
  }
  *input = (struct bytes){input->at + length, input->length - length};
  return one;
}

static void check_each(struct search* search, u32 count) {
  static const char* hosts[] = {"a.test", "10.0.2.2", "b.a.test.", "xn--a.test"};
  static struct connection connection;
  const char* host = hosts[count & 3];
  assert(tls_set_name(&connection, (const u8*)host, strlen(host)));
  for (u32 i = 0; i < count; i++) {
    const mbedtls_x509_crt* one = path_certificate(search, i);
    u32 first = tls_leaf_faults(&connection, one, i & 1);
    assert(tls_leaf_faults(&connection, one, i & 1) == first);
    tls_issuer_faults(one);
    tls_delegate_faults(one);
    tls_root_faults(one);
    tls_may_sign(one);
  }
}

/* Checks the path as path.c does. */
static void check_path(struct search* search, u32 root) {
  u32 refusals = 0, steps = 0, policies = tls_check_policies(search);
  assert(policies == 0 || policies == MALFORMED || policies == POLICY);
  assert(tls_check_policies(search) == policies);
  tls_begin_constraints(search, root);
  while (!tls_check_constraints(search, &refusals)) assert(++steps < STEPS && refusals == 0);
}

int LLVMFuzzerTestOneInput(const u8* bytes, size_t length) {
  struct bytes input = {bytes, length};
  struct search search = {0};
  struct trusted root = {0};
  mbedtls_x509_crt* taken[DEPTH + 1];
  u32 count = 0, most = length == 0 ? 0 : 2 + bytes[0] % DEPTH;
  if (length != 0) input = (struct bytes){bytes + 1, length - 1};
  while (count < most && input.length >= 4) taken[count++] = take(&input);
  if (count >= 2) {
    root.certificate = *taken[count - 1];
    search.root = &root;
    search.length = search.sent_count = count - 1;
    for (u32 i = 0; i < search.length; i++) {
      search.sent[i] = taken[i];
      search.path[i] = i;
    }
    check_each(&search, count);
    check_path(&search, search.length);
  }
  for (u32 i = 0; i < count; i++) {
    free(taken[i]->v3_ext.p);
    free(taken[i]);
  }
  return 0;
}
