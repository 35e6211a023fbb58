/* What mbedTLS needs from a platform: a few string functions (memcpy and friends are the kernel's),
 * the clock as TypeScript last set it, and the entropy pool. */
#include "tls.h"
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/platform_time.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/sha512.h"
#include "psa/crypto.h"

/* --- texts ------------------------------------------------------------------------------------ */

int strcmp(const char* left, const char* right) {
  for (; *left == *right && *left != 0; left++, right++) {
  }
  return (u8)*left - (u8)*right;
}

char* strchr(const char* text, int wanted) {
  for (;; text++) {
    if (*text == (char)wanted) return (char*)text;
    if (*text == 0) return NULL;
  }
}

char* strstr(const char* text, const char* wanted) {
  for (; *text != 0; text++) {
    const char *a = text, *b = wanted;
    while (*b != 0 && *a == *b) a++, b++;
    if (*b == 0) return (char*)text;
  }
  return *wanted == 0 ? (char*)text : NULL;
}

struct writer {
  char* text;
  size_t capacity, length;
};

static void write(struct writer* writer, char character) {
  if (writer->length + 1 < writer->capacity) writer->text[writer->length] = character;
  writer->length++;
}

static void write_number(struct writer* writer, u64 value, u32 radix, u32 least_digits) {
  char digits[24];
  u32 count = 0;
  do {
    digits[count++] = "0123456789ABCDEF"[value % radix];
    value /= radix;
  } while (value != 0 || count < least_digits);
  while (count != 0) write(writer, digits[--count]);
}

/* Supports what mbedTLS and this glue use: %s and %c, and %d, %u and %X, also with zeros (%02X). */
int tls_snprintf(char* text, size_t capacity, const char* format, ...) {
  struct writer writer = {text, capacity, 0};
  va_list arguments;
  va_start(arguments, format);
  for (; *format != 0; format++) {
    if (*format != '%') {
      write(&writer, *format);
      continue;
    }
    u32 digits = 0;
    while (*++format >= '0' && *format <= '9') digits = digits * 10 + *format - '0';
    if (*format == 's') {
      for (const char* from = va_arg(arguments, const char*); *from != 0;) write(&writer, *from++);
    } else if (*format == 'c') {
      write(&writer, va_arg(arguments, int));
    } else if (*format == 'd') {
      i64 value = va_arg(arguments, int);
      if (value < 0) write(&writer, '-');
      write_number(&writer, value < 0 ? -value : value, 10, digits);
    } else {
      write_number(&writer, va_arg(arguments, u32), *format == 'u' ? 10 : 16, digits);
    }
  }
  va_end(arguments);
  if (capacity != 0) text[writer.length < capacity ? writer.length : capacity - 1] = 0;
  return writer.length;
}

/* The self-tests print their progress; discard it. */
int tls_printf(const char* format, ...) {
  (void)format;
  return 0;
}

/* Only the RSA self-test calls this, for padding. */
int rand(void) {
  static u32 state = 1;
  state = state * 1103515245 + 12345;
  return state >> 16 & 0x7fff;
}

/* --- time ------------------------------------------------------------------------------------- */

static i64 wall_clock, monotonic;

void w2c_host_tlsSetTime(HOST, u64 seconds, u64 milliseconds) {
  wall_clock = seconds;
  monotonic = milliseconds;
}

long long tls_time(long long* seconds) {
  if (seconds != NULL) *seconds = wall_clock;
  return wall_clock;
}

mbedtls_ms_time_t mbedtls_ms_time(void) { return monotonic; }

/* Converts seconds to a date (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
struct tm* mbedtls_platform_gmtime_r(const mbedtls_time_t* moment, struct tm* fields) {
  i64 days = *moment / 86400, second = *moment % 86400;
  if (second < 0) second += 86400, days--;
  days += 719468; /* days since 1 March of year 0 */
  i64 era = (days >= 0 ? days : days - 146096) / 146097;
  u32 day = days - era * 146097;
  u32 year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  day -= year * 365 + year / 4 - year / 100;
  u32 month = (5 * day + 2) / 153;
  *fields = (struct tm){
      .tm_sec = second % 60,
      .tm_min = second / 60 % 60,
      .tm_hour = second / 3600,
      .tm_mday = day - (153 * month + 2) / 5 + 1,
      .tm_mon = month < 10 ? month + 2 : month - 10,
      .tm_year = year + era * 400 + (month >= 10) - 1900,
  };
  return fields;
}

/* --- entropy ---------------------------------------------------------------------------------- */

#define POOL 64 /* a SHA-512 */
#define STRENGTH 256
static u8 pool[POOL];
static u32 pool_bits; /* a lower bound of the entropy in the pool */

/* result = SHA-512(purpose || pool || bytes). */
static void stir(u8 purpose, const u8* bytes, size_t length, u8* result) {
  mbedtls_sha512_context context;
  mbedtls_sha512_init(&context);
  mbedtls_sha512_starts(&context, 0);
  mbedtls_sha512_update(&context, &purpose, 1);
  mbedtls_sha512_update(&context, pool, POOL);
  mbedtls_sha512_update(&context, bytes, length);
  mbedtls_sha512_finish(&context, result);
  mbedtls_sha512_free(&context);
}

void w2c_host_tlsAddEntropy(HOST, u32 address, u32 length, u32 bits) {
  stir(0, pointer(address), length, pool);
  if (bits > 8 * length) bits = 8 * length;
  pool_bits = bits < 8 * POOL - pool_bits ? pool_bits + bits : 8 * POOL;
}

/* Seeds the generator: up to 64 bytes with 256 bits of strength, which are deducted from the pool.
   Fails if the pool holds less. */
static int make_seed(void* context, u8* output, size_t length) {
  (void)context;
  u8 result[POOL];
  if (pool_bits < STRENGTH || length > POOL) return MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
  stir(1, NULL, 0, result);
  stir(2, NULL, 0, pool);
  memcpy(output, result, length);
  pool_bits -= STRENGTH;
  mbedtls_platform_zeroize(result, sizeof result);
  return 0;
}

/* Static, so that a reseed is not charged to the connection that happens to cause it. */
static mbedtls_ctr_drbg_context generator;

int tls_random_start(void) {
  mbedtls_ctr_drbg_init(&generator);
  return mbedtls_ctr_drbg_seed(&generator, make_seed, NULL, NULL, 0);
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t* context,
                                             u8* output, size_t size, size_t* length) {
  (void)context;
  for (*length = 0; *length < size;) {
    size_t left = size - *length;
    size_t part = left < MBEDTLS_CTR_DRBG_MAX_REQUEST ? left : MBEDTLS_CTR_DRBG_MAX_REQUEST;
    if (mbedtls_ctr_drbg_random(&generator, output + *length, part) != 0) {
      return PSA_ERROR_INSUFFICIENT_ENTROPY;
    }
    *length += part;
  }
  return PSA_SUCCESS;
}
