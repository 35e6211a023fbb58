/* Self-tests on the running machine: the library's tests of its primitives, their speed, and a
 * handshake between a client and a server in memory. */
#include "chacha20.h"
#include "tls.h"
#include "mbedtls/aes.h"
#include "mbedtls/base64.h"
#include "mbedtls/bignum.h"
#include "mbedtls/chacha20.h"
#include "mbedtls/chachapoly.h"
#include "mbedtls/cipher.h"
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/ecp.h"
#include "mbedtls/gcm.h"
#include "mbedtls/hmac_drbg.h"
#include "mbedtls/platform.h"
#include "mbedtls/poly1305.h"
#include "mbedtls/rsa.h"
#include "mbedtls/sha1.h"
#include "mbedtls/sha256.h"
#include "mbedtls/sha512.h"

/* --- the primitives --------------------------------------------------------------------------- */

#ifdef __x86_64__
#define LONG_TEXT 1000 /* bytes: eight blocks, four, three, and part of one */

/* Compares a way of chacha20.c with mbedTLS's own, in place. */
static int test_chacha20(enum tls_chacha20_way way) {
  const u8 key[32] = {3}, nonce[12] = {4};
  u8 expected[LONG_TEXT] = {0}, text[LONG_TEXT] = {0};
  mbedtls_chacha20_context context;
  mbedtls_chacha20_init(&context);
  mbedtls_chacha20_setkey(&context, key);
  mbedtls_chacha20_starts(&context, nonce, 1);
  mbedtls_chacha20_update(&context, LONG_TEXT, expected, expected);
  mbedtls_chacha20_starts(&context, nonce, 1);
  tls_chacha20_by(way, &context, LONG_TEXT, text, text);
  mbedtls_chacha20_free(&context);
  return memcmp(text, expected, sizeof text) != 0;
}
static int test_one_block(int verbose) { return test_chacha20(ONE_BLOCK); }
static int test_four_blocks(int verbose) { return test_chacha20(FOUR_BLOCKS); }
static int test_eight_blocks(int verbose) { return test_chacha20(EIGHT_BLOCKS); }
#endif

static const struct {
  const char* name;
  int (*run)(int verbose);
} tests[] = {
    {"AES", mbedtls_aes_self_test},
    {"GCM", mbedtls_gcm_self_test},
    {"ChaCha20", mbedtls_chacha20_self_test},
    {"Poly1305", mbedtls_poly1305_self_test},
    {"ChaCha20-Poly1305", mbedtls_chachapoly_self_test},
    {"SHA-1", mbedtls_sha1_self_test},
    {"SHA-256", mbedtls_sha256_self_test},
    {"SHA-384", mbedtls_sha384_self_test},
    {"SHA-512", mbedtls_sha512_self_test},
    {"big numbers", mbedtls_mpi_self_test},
    {"RSA", mbedtls_rsa_self_test},
    {"elliptic curves", mbedtls_ecp_self_test},
    {"CTR_DRBG", mbedtls_ctr_drbg_self_test},
    {"HMAC_DRBG", mbedtls_hmac_drbg_self_test},
    {"Base64", mbedtls_base64_self_test},
#ifdef __x86_64__
    {"ChaCha20 in general registers", test_one_block},
    {"ChaCha20 by SSE2", test_four_blocks},
    {"ChaCha20 by AVX2", test_eight_blocks}, /* the last, as not every processor has it */
#endif
};

static u32 test_count(void) {
  u32 count = sizeof tests / sizeof *tests;
#ifdef __x86_64__
  if (!tls_has_avx2()) count--;
#endif
  return count;
}

u32 w2c_host_tlsSelfTestName(HOST, u32 which, u32 destination, u32 capacity) {
  if (which >= test_count()) return 0;
  return tls_copy_out(destination, capacity, tests[which].name, strlen(tests[which].name));
}

u32 w2c_host_tlsSelfTest(HOST, u32 which) {
  if (which >= test_count()) return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
  tls_heap_owner = 0;
  return tests[which].run(0);
}

/* --- their speed ------------------------------------------------------------------------------ */

#define RECORD 16384
#define TAG 16

u32 w2c_host_tlsBenchmark(HOST, u32 which, u32 bytes) {
  static const mbedtls_cipher_type_t types[] = {
      MBEDTLS_CIPHER_CHACHA20_POLY1305, MBEDTLS_CIPHER_AES_128_GCM, MBEDTLS_CIPHER_AES_256_GCM};
  if (which >= sizeof types / sizeof *types) return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
  tls_heap_owner = 0;
  const mbedtls_cipher_info_t* info = mbedtls_cipher_info_from_type(types[which]);
  mbedtls_cipher_context_t context;
  const u8 key[32] = {1}, nonce[12] = {2}, header[5] = {23, 3, 3};
  u8* record = mbedtls_calloc(1, RECORD + TAG);
  size_t written;
  mbedtls_cipher_init(&context);
  int failure = record == NULL ? MBEDTLS_ERR_SSL_ALLOC_FAILED : 0;
  if (failure == 0) failure = mbedtls_cipher_setup(&context, info);
  if (failure == 0) {
    failure = mbedtls_cipher_setkey(&context, key, mbedtls_cipher_info_get_key_bitlen(info),
                                    MBEDTLS_ENCRYPT);
  }
  for (u32 done = 0; failure == 0 && done < bytes; done += RECORD) {
    failure = mbedtls_cipher_auth_encrypt_ext(&context, nonce, sizeof nonce, header, sizeof header,
                                              record, RECORD, record, RECORD + TAG, &written, TAG);
  }
  mbedtls_cipher_free(&context);
  mbedtls_free(record);
  return failure;
}

/* --- a client and a server in memory ---------------------------------------------------------- */

/* The issuer of the test's certificate, valid from 2020 to 2120. It is trusted only while the test
   runs, because its key is public. */
static const u8 test_root[] = {
    48,  130, 1,   110, 48,  130, 1,   19,  160, 3,   2,   1,   2,   2,   1,   1,   48,  10,  6,
    8,   42,  134, 72,  206, 61,  4,   3,   2,   48,  29,  49,  27,  48,  25,  6,   3,   85,  4,
    3,   12,  18,  65,  110, 111, 110, 121, 109, 79,  83,  32,  115, 101, 108, 102, 45,  116, 101,
    115, 116, 48,  32,  23,  13,  50,  48,  48,  49,  48,  49,  48,  48,  48,  48,  48,  48,  90,
    24,  15,  50,  49,  50,  48,  48,  49,  48,  49,  48,  48,  48,  48,  48,  48,  90,  48,  29,
    49,  27,  48,  25,  6,   3,   85,  4,   3,   12,  18,  65,  110, 111, 110, 121, 109, 79,  83,
    32,  115, 101, 108, 102, 45,  116, 101, 115, 116, 48,  89,  48,  19,  6,   7,   42,  134, 72,
    206, 61,  2,   1,   6,   8,   42,  134, 72,  206, 61,  3,   1,   7,   3,   66,  0,   4,   114,
    5,   72,  243, 151, 94,  122, 102, 122, 96,  132, 39,  25,  212, 191, 182, 231, 2,   112, 78,
    199, 147, 128, 88,  35,  14,  174, 115, 71,  181, 35,  179, 9,   159, 186, 158, 81,  143, 212,
    226, 245, 238, 114, 197, 230, 198, 115, 224, 219, 25,  50,  63,  203, 102, 27,  254, 42,  187,
    230, 57,  229, 166, 4,   170, 163, 66,  48,  64,  48,  15,  6,   3,   85,  29,  19,  1,   1,
    255, 4,   5,   48,  3,   1,   1,   255, 48,  14,  6,   3,   85,  29,  15,  1,   1,   255, 4,
    4,   3,   2,   2,   4,   48,  29,  6,   3,   85,  29,  14,  4,   22,  4,   20,  244, 159, 226,
    56,  196, 202, 28,  112, 249, 3,   46,  40,  209, 241, 14,  143, 72,  111, 124, 59,  48,  10,
    6,   8,   42,  134, 72,  206, 61,  4,   3,   2,   3,   73,  0,   48,  70,  2,   33,  0,   193,
    103, 175, 33,  86,  65,  12,  80,  145, 178, 10,  90,  72,  205, 39,  218, 110, 87,  4,   112,
    154, 71,  59,  59,  226, 183, 217, 84,  153, 121, 15,  31,  2,   33,  0,   223, 249, 89,  13,
    98,  221, 216, 123, 16,  39,  237, 71,  192, 41,  157, 72,  23,  207, 222, 199, 13,  90,  100,
    180, 141, 218, 154, 67,  85,  97,  60,  195,
};
static const u8 test_certificate[] = {
    48,  130, 1,   159, 48,  130, 1,   69,  160, 3,   2,   1,   2,   2,   1,   2,   48,  10,  6,
    8,   42,  134, 72,  206, 61,  4,   3,   2,   48,  29,  49,  27,  48,  25,  6,   3,   85,  4,
    3,   12,  18,  65,  110, 111, 110, 121, 109, 79,  83,  32,  115, 101, 108, 102, 45,  116, 101,
    115, 116, 48,  32,  23,  13,  50,  48,  48,  49,  48,  49,  48,  48,  48,  48,  48,  48,  90,
    24,  15,  50,  49,  50,  48,  48,  49,  48,  49,  48,  48,  48,  48,  48,  48,  90,  48,  20,
    49,  18,  48,  16,  6,   3,   85,  4,   3,   12,  9,   115, 101, 108, 102, 45,  116, 101, 115,
    116, 48,  89,  48,  19,  6,   7,   42,  134, 72,  206, 61,  2,   1,   6,   8,   42,  134, 72,
    206, 61,  3,   1,   7,   3,   66,  0,   4,   77,  206, 176, 211, 13,  68,  159, 103, 78,  167,
    140, 192, 45,  113, 193, 189, 35,  140, 146, 11,  199, 224, 119, 93,  119, 225, 66,  138, 190,
    153, 214, 220, 205, 68,  6,   42,  254, 4,   203, 79,  119, 118, 200, 25,  155, 206, 248, 14,
    61,  156, 224, 119, 177, 65,  125, 15,  119, 213, 180, 136, 175, 139, 78,  163, 163, 125, 48,
    123, 48,  20,  6,   3,   85,  29,  17,  4,   13,  48,  11,  130, 9,   115, 101, 108, 102, 46,
    116, 101, 115, 116, 48,  19,  6,   3,   85,  29,  37,  4,   12,  48,  10,  6,   8,   43,  6,
    1,   5,   5,   7,   3,   1,   48,  14,  6,   3,   85,  29,  15,  1,   1,   255, 4,   4,   3,
    2,   7,   128, 48,  29,  6,   3,   85,  29,  14,  4,   22,  4,   20,  188, 172, 103, 128, 64,
    164, 176, 180, 78,  161, 18,  87,  85,  175, 232, 171, 59,  244, 100, 236, 48,  31,  6,   3,
    85,  29,  35,  4,   24,  48,  22,  128, 20,  244, 159, 226, 56,  196, 202, 28,  112, 249, 3,
    46,  40,  209, 241, 14,  143, 72,  111, 124, 59,  48,  10,  6,   8,   42,  134, 72,  206, 61,
    4,   3,   2,   3,   72,  0,   48,  69,  2,   32,  9,   222, 185, 202, 133, 8,   32,  79,  48,
    113, 250, 132, 203, 134, 30,  8,   254, 231, 248, 20,  110, 210, 249, 26,  132, 222, 227, 82,
    238, 219, 166, 65,  2,   33,  0,   220, 3,   227, 240, 249, 34,  190, 161, 218, 241, 22,  228,
    134, 236, 94,  103, 225, 77,  54,  136, 147, 20,  248, 129, 243, 24,  172, 207, 17,  78,  98,
    67,
};
static const u8 test_key[] = {
    48,  119, 2,   1,   1,   4,   32,  33,  101, 45,  32,  72,  104, 3,   127, 223, 16,  192,
    247, 121, 160, 182, 51,  54,  132, 14,  0,   210, 170, 247, 226, 143, 245, 115, 122, 224,
    203, 91,  208, 160, 10,  6,   8,   42,  134, 72,  206, 61,  3,   1,   7,   161, 68,  3,
    66,  0,   4,   77,  206, 176, 211, 13,  68,  159, 103, 78,  167, 140, 192, 45,  113, 193,
    189, 35,  140, 146, 11,  199, 224, 119, 93,  119, 225, 66,  138, 190, 153, 214, 220, 205,
    68,  6,   42,  254, 4,   203, 79,  119, 118, 200, 25,  155, 206, 248, 14,  61,  156, 224,
    119, 177, 65,  125, 15,  119, 213, 180, 136, 175, 139, 78,  163,
};

#define STEPS 200
static const char question[] = "to be, or not to be";

/* Passes the output of one side to the other. */
static int pass_on(struct connection* from, struct connection* to) {
  static u8 wire[4096];
  u32 length = tls_transmit(from, wire, sizeof wire), at = 0;
  for (u32 i = 0; at < length && i < STEPS; i++) at += tls_step(to, wire + at, length - at);
  return at == length ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int talk(struct connection* client, struct connection* server) {
  char answer[sizeof question] = {0};
  u32 written = 0;
  for (u32 i = 0; i < STEPS; i++) {
    tls_step(client, NULL, 0);
    tls_step(server, NULL, 0);
    int failure = pass_on(client, server);
    if (failure == 0) failure = pass_on(server, client);
    if (client->state == FAILED) return client->error;
    if (server->state == FAILED) return server->error;
    if (failure != 0) return failure;
    if (written == 0) written = tls_write(client, question, sizeof question);
    if (tls_read(server, answer, sizeof answer) == sizeof question) {
      return memcmp(answer, question, sizeof question) == 0 ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    }
  }
  return MBEDTLS_ERR_SSL_TIMEOUT;
}

static int converse(u32 options) {
  u32 server_handle = tls_open(true, NULL, 0, options);
  u32 client_handle = tls_open(false, (const u8*)"self.test", 9, options);
  int failure = MBEDTLS_ERR_SSL_ALLOC_FAILED;
  if (server_handle != 0 && client_handle != 0) {
    failure = talk(tls_connection(client_handle), tls_connection(server_handle));
  }
  tls_free(client_handle);
  tls_free(server_handle);
  return failure;
}

u32 w2c_host_tlsLoopback(HOST) {
  mbedtls_x509_crt chains[2] = {tls_identity_chain[0], tls_identity_chain[1]};
  mbedtls_pk_context key = tls_identity_key[1];
  mbedtls_x509_crt_init(&tls_identity_chain[0]);
  mbedtls_x509_crt_init(&tls_identity_chain[1]);
  mbedtls_pk_init(&tls_identity_key[1]);
  tls_heap_owner = 0;
  int failure =
      tls_parse_identity(1, test_certificate, sizeof test_certificate, test_key, sizeof test_key);
  i32 added = failure == 0 ? tls_add_root(test_root, sizeof test_root) : failure;
  if (added < 0) failure = added;
  if (failure == 0) failure = converse(ONLY_13 | NO_TICKETS);
  if (failure == 0) failure = converse(ONLY_12 | NO_TICKETS);
  if (added > 0) tls_remove_root(tls_added_roots() - 1);
  tls_heap_owner = 0;
  tls_forget_identity(1);
  tls_identity_chain[0] = chains[0];
  tls_identity_chain[1] = chains[1];
  tls_identity_key[1] = key;
  return failure;
}
