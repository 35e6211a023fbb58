/* The parsers of OCSP responses and revocation lists (net/service/tls/glue/) under libFuzzer, with
 * AddressSanitizer: an input is in a block of exactly its size. The name by which the program is
 * started, `ocsp` or `crl`, selects the parser. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lists.h"
#include "ocsp.h"

static bool lists;

/* mbedTLS's heap */
void* tls_calloc(size_t count, size_t size) { return calloc(count, size); }
void tls_release(void* block) { free(block); }

int LLVMFuzzerInitialize(int* count, char*** arguments) {
  (void)count;
  const char* name = strrchr((*arguments)[0], '/');
  lists = strcmp(name == NULL ? (*arguments)[0] : name + 1, "crl") == 0;
  return 0;
}

static bool within(struct bytes part, struct bytes whole) {
  return part.length == 0 ||
         (part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

static void assert_signed(const struct signed_data* data, struct bytes whole) {
  assert(within(data->signed_bytes, whole) && within(data->content, data->signed_bytes));
  assert(within(data->algorithm, whole) && within(data->signature, whole));
}

/* An issuer and its certificate, of which only what the parsers compare is set. */
static mbedtls_x509_crt certificate(void) {
  static u8 name[] = {0x30, 0}, serial[] = {1};
  static u8 key[] = {0x30, 6, 0x30, 0, 3, 2, 0, 4};
  mbedtls_x509_crt one = {0};
  one.subject_raw = one.issuer_raw = (mbedtls_x509_buf){0x30, sizeof name, name};
  one.pk_raw = (mbedtls_x509_buf){0x30, sizeof key, key};
  one.serial = (mbedtls_x509_buf){2, sizeof serial, serial};
  return one;
}

static void try_ocsp(struct bytes input) {
  struct ocsp ocsp;
  struct ocsp_answer answer;
  mbedtls_x509_crt issuer = certificate();
  if (tls_parse_ocsp(input, &ocsp) != 0) return;
  assert_signed(&ocsp.data, input);
  tls_is_responder(&ocsp, &issuer);
  struct bytes left = ocsp.answers;
  assert(within(left, ocsp.data.content) && within(ocsp.certificates, input));
  while (tls_next_answer(&left, &answer)) {
    assert(within(left, ocsp.answers) && within(answer.serial, ocsp.answers));
    assert(answer.status == OCSP_GOOD || answer.status == OCSP_REVOKED ||
           answer.status == OCSP_UNKNOWN);
    tls_answer_is_about(&answer, &issuer, &issuer);
  }
}

static void try_list(struct bytes input) {
  struct list list;
  struct revoked revoked;
  if (tls_parse_list(input, &list) != LIST_GOOD) return;
  assert_signed(&list.data, input);
  assert(within(list.issuer, list.data.content) && within(list.scope, list.data.content));
  struct bytes left = list.entries;
  while (tls_next_revoked(&left, &revoked)) assert(within(revoked.serial, list.entries));
  assert(left.length == 0); /* every entry was checked when the list was parsed */
}

int LLVMFuzzerTestOneInput(const u8* bytes, size_t length) {
  u8* copy = malloc(length);
  struct bytes input = {copy, length};
  if (length != 0) memcpy(copy, bytes, length);
  if (lists)
    try_list(input);
  else
    try_ocsp(input);
  free(copy);
  return 0;
}
