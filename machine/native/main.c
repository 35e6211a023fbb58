/* Starts the native code in order, then runs TypeScript turn by turn. */
#include "cpu.h"
#include "native.h"

_Noreturn void kernel_main(u32 magic, u64 information) {
  trap_start();
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
