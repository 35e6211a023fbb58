/* machine/native/host.c for a kernel that writes its tape to the second serial port (PC16550D),
   which QEMU can save to a file: `make run RECORD=FILE`. Interrupts are taken only between calls
   of the kernel, so that the tape has the exact place of each. */
#define TAPED_CALLS
#include "host.c"
#undef w2c_kernel_boot
#undef w2c_kernel_turn
#undef w2c_kernel_interrupt
#undef w2c_kernel_0x5F_collect
#undef wasm2c_kernel_instantiate

#define COM2 0x2f8
#define FIFO 16
#define WASM_PAGE 65536
#define at(address) ((const u8*)(u64)(address))

static void tape_put(u8 byte) {
  static u32 room;
  if (room == 0) {
    while (!(in8(COM2 + 5) & 0x20)) continue; /* until the transmitter's FIFO is empty */
    room = FIFO;
  }
  out8(COM2, byte);
  room--;
}
#include "tape.h"

static void tape_start(void) {
  out8(COM2 + 1, 0);    /* no interrupts */
  out8(COM2 + 3, 0x83); /* 8 data bits; the divisor is 1 */
  out8(COM2, 1);
  out8(COM2 + 1, 0);
  out8(COM2 + 3, 0x03);
  out8(COM2 + 2, 0x07); /* FIFOs on and empty */
}

static u32 record_narrow(u32 place, u32 value) {
  tape_narrow(place, value);
  return value;
}
static u64 record_wide(u32 place, u64 value) {
  tape_wide(place, value);
  return value;
}

#define ACT(code, ...) tape_act(code, &acts[(code)-FIRST_ACT], (u64[PLACES]){__VA_ARGS__})
#define OPENED() (void)0
#define GIVEN(address, length) tape_word(checksum(at(address), length))
#define TAKEN(address, length) tape_bytes(at(address), length)
#define NO_RESULT(call) call
#define NARROW_RESULT(code, call) record_narrow((code)*PLACES + RESULT, call)
#define WIDE_RESULT(code, call) record_wide((code)*PLACES + RESULT, call)
#include "acts.h"

static void taped_instantiate(w2c_kernel* kernel, struct w2c_env* env, struct w2c_host* host) {
  tape_start();
  tape_boot(fingerprint, memory_limit() / WASM_PAGE);
  wasm2c_kernel_instantiate(kernel, env, host);
}

static void taped_call_boot(w2c_kernel* kernel) {
  tape_put(CALL_BOOT);
  w2c_kernel_boot(kernel);
  tape_put(RETURNED);
}

static u64 taped_call_turn(w2c_kernel* kernel) {
  interrupts_off();
  tape_put(CALL_TURN);
  u64 result = w2c_kernel_turn(kernel);
  tape_put(RETURNED);
  tape_wide(CALL_TURN * PLACES + RESULT, result);
  interrupts_on();
  return result;
}

static void taped_call_interrupt(w2c_kernel* kernel, u32 vector) {
  tape_put(CALL_INTERRUPT);
  tape_narrow(CALL_INTERRUPT * PLACES, vector);
  w2c_kernel_interrupt(kernel, vector);
  tape_put(RETURNED);
}

static void taped_call_0x5F_collect(w2c_kernel* kernel) {
  interrupts_off();
  tape_put(CALL_COLLECT);
  w2c_kernel_0x5F_collect(kernel);
  tape_put(RETURNED);
  interrupts_on();
}
