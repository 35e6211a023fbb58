/* ChaCha20 (RFC 8439) for x86-64, faster than mbedTLS's: chachapoly.c calls tls_chacha20_update in
 * place of mbedtls_chacha20_update, which still handles partial blocks. A real processor, or a
 * hypervisor on one, computes blocks side by side in vector registers: eight with AVX2, else four
 * with SSE2. QEMU's translator (TCG) keeps vector registers in memory, so one block at a time
 * (chacha20-blocks.S) is faster there. On other architectures, such as WebAssembly in Node,
 * mbedTLS's own function remains. */
#include "chacha20.h"

#ifdef __x86_64__
#include <cpuid.h>

#define LANES 4
#define BLOCKS four_blocks
#include "chacha20-lanes.h"

#define LANES 8
#define BLOCKS eight_blocks
#define TARGET __attribute__((target("avx2")))
#include "chacha20-lanes.h"

#define TCG_SIGNATURE 0x54474354 /* "TCGT", as CPUID's leaf 0x40000000 has it in ebx */
#define XMM_AND_YMM 6            /* of XCR0 */

enum tls_chacha20_way tls_chacha20_best;

static bool under_tcg(void) {
  u32 eax, ebx, ecx, edx;
  __cpuid(1, eax, ebx, ecx, edx);
  if ((ecx >> 31 & 1) == 0) return false; /* no hypervisor */
  __cpuid(0x40000000, eax, ebx, ecx, edx);
  return ebx == TCG_SIGNATURE;
}

bool tls_has_avx2(void) {
  u32 eax, ebx, ecx, edx;
  __cpuid(1, eax, ebx, ecx, edx);
  if ((ecx & bit_OSXSAVE) == 0) return false;
  __asm__("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  if ((eax & XMM_AND_YMM) != XMM_AND_YMM) return false;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_AVX2) != 0;
}

void tls_choose_chacha20(void) {
  tls_chacha20_best = under_tcg() ? ONE_BLOCK : tls_has_avx2() ? EIGHT_BLOCKS : FOUR_BLOCKS;
}

int tls_chacha20_by(enum tls_chacha20_way way, mbedtls_chacha20_context* context, size_t size,
                    const u8* input, u8* output) {
  size_t blocks = size / BLOCK;
  /* Left to mbedTLS, whole: a call that starts inside a block, and one in which the counter would
     wrap, which it rejects. */
  if (context->keystream_bytes_used != BLOCK || blocks >= UINT32_MAX - context->state[COUNTER]) {
    return mbedtls_chacha20_update(context, size, input, output);
  }
  while (blocks != 0) {
    size_t now = blocks;
    if (way == EIGHT_BLOCKS && blocks >= 8) {
      now = 8;
      eight_blocks(context->state, input, output);
    } else if (way != ONE_BLOCK && blocks >= 4) {
      now = 4;
      four_blocks(context->state, input, output);
    } else {
      tls_chacha20_blocks(context->state, input, output, now);
    }
    context->state[COUNTER] += now;
    blocks -= now;
    input += now * BLOCK;
    output += now * BLOCK;
  }
  return mbedtls_chacha20_update(context, size % BLOCK, input, output);
}

int tls_chacha20_update(mbedtls_chacha20_context* context, size_t size, const u8* input,
                        u8* output) {
  return tls_chacha20_by(tls_chacha20_best, context, size, input, output);
}
#else
void tls_choose_chacha20(void) {}
#endif
