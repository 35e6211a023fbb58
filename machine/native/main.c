/* Starts the native code in order, then runs TypeScript turn by turn. */
#include "cpu.h"
#include "native.h"

#define HAS_XSAVE (1u << 26) /* in ecx of CPUID's leaf 1 */
#define HAS_AVX (1u << 28)
#define CR4_OSXSAVE (1u << 18)
#define XCR0_X87_SSE_AVX 7u

/* Enables the AVX registers (SDM volume 1, 14.3) for TLS, which uses them if the processor has any.
   Nothing saves them, because no code that runs in an interrupt uses them. */
static void avx_start(void) {
  if ((~cpuid(1, 0).registers[2] & (HAS_XSAVE | HAS_AVX)) != 0) return;
  u64 control;
  asm volatile("mov %%cr4, %0" : "=r"(control));
  asm volatile("mov %0, %%cr4" : : "r"(control | CR4_OSXSAVE));
  asm volatile("xsetbv" : : "c"(0), "a"(XCR0_X87_SSE_AVX), "d"(0));
}

_Noreturn void kernel_main(u32 magic, u64 information) {
  trap_start();
  avx_start();
  boot_info_read(magic, information);
  memory_start();
  screen_start();
  module_start();
  module_boot();
  for (;;) {
    u64 before = interrupt_count;
    bool idle = module_turn() != 0;
    module_collect_if_due(); /* safe here: no TypeScript frame is on the stack */
    interrupts_off();
    if (idle && before == interrupt_count) {
      interrupts_on_and_wait();
    } else {
      interrupts_on(); /* the turn may have missed an interrupt: run another turn */
    }
  }
}
