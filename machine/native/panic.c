/* The end of everything, one path: reason, place, registers and backtrace on serial line and
 * screen; then out of QEMU, or a reboot, or nothing more. No memory, no register of TLS: keys.
 *
 * Whatever goes wrong in here is told in one line and ends the same way: it never loops. */
#include "cpu.h"
#include "native.h"

#define COM1 0x3f8
#define INTERRUPT_ENABLE (COM1 + 1)
#define LINE_CONTROL (COM1 + 3)
#define LINE_STATUS (COM1 + 5)
#define HOLDING_EMPTY 0x20
#define ALL_SENT 0x40
#define SERIAL_PATIENCE 200000 /* reads of the status: many times what a byte takes */

#define DEBUG_EXIT 0xf4 /* QEMU's isa-debug-exit: writing n ends QEMU with status 2n + 1 */
#define DEBUG_EXIT_STATUS 127
#define BACKTRACE_FRAMES 32

extern u8 stack_guard[], stack_top[], fault_stack_top[], double_fault_stack_top[];
extern u8 TEXT_START[], TEXT_END[], TLS_TEXT_START[], TLS_TEXT_END[];

static u32 timeout, panics;
static const char* reason;
static u64 panic_caller;
static struct { u32 message, file, line, column; } aborted;

/* --- printing -------------------------------------------------------------------------------- */

/* False where there is no UART, or one that takes nothing: nobody must wait for it. */
static bool serial_wait(u8 status) {
  static bool dead;
  for (u32 i = 0; i < SERIAL_PATIENCE && !dead; i++) {
    u8 seen = in8(LINE_STATUS);
    if (seen == 0xff) break;
    if ((seen & status) == status) return true;
  }
  dead = true;
  return false;
}

static void put(char character) {
  if (character == '\n') put('\r');
  if (serial_wait(HOLDING_EMPTY)) out8(COM1, character);
  screen_put(character);
}

void put_text(const char* text) {
  while (*text != 0) put(*text++);
}

void put_decimal(u64 value) {
  if (value >= 10) put_decimal(value / 10);
  put('0' + value % 10);
}

static void put_hex(u64 value, u32 digits) {
  while (digits-- != 0) put("0123456789abcdef"[value >> 4 * digits & 15]);
}

static void put_address(u64 value) {
  u32 digits = 1;
  while (digits < 16 && value >> 4 * digits != 0) digits++;
  put_text("0x");
  put_hex(value, digits);
}

/* A string of TypeScript: UTF-16, its length in bytes in front of it. */
static void put_string(u64 pointer) {
  const u16* text = (const u16*)pointer;
  for (u32 i = 0; pointer != 0 && i < ((const u32*)pointer)[-1] / 2; i++) {
    put(text[i] >= ' ' && text[i] < 127 ? text[i] : '?');
  }
}

/* --- what happened --------------------------------------------------------------------------- */

static const char* const exceptions[] = {"divide error",
                                         "debug",
                                         "non-maskable interrupt",
                                         "breakpoint",
                                         "overflow",
                                         "bound range",
                                         "invalid opcode",
                                         "no floating-point unit",
                                         "double fault",
                                         "coprocessor overrun",
                                         "invalid task state",
                                         "segment not present",
                                         "stack segment fault",
                                         "general protection",
                                         "page fault",
                                         "reserved",
                                         "floating-point error",
                                         "alignment check",
                                         "machine check"};

static void put_page_fault(u64 error) {
  u64 address = fault_address();
  bool present = error & 1, write = error & 2, fetch = error & 16;
  if (address >= (u64)stack_guard && address < (u64)stack_guard + PAGE) {
    put_text("stack overflow");
    return;
  }
  if (fetch) {
    put_text(present ? "executing data" : "executing nothing");
  } else if (address < PAGE) {
    put_text(write ? "null dereference, write" : "null dereference, read");
  } else if (present) {
    put_text("write to read-only memory");
  } else if (address < 2 * FOUR_GIB) {
    put_text(write ? "out of bounds of memory, write" : "out of bounds of memory, read");
  } else {
    put_text(write ? "page fault, write" : "page fault, read");
  }
  put_text(" at ");
  put_address(address);
}

static void put_reason(const struct frame* frame) {
  put_text("\npanic: ");
  if (reason != NULL) {
    put_text(reason);
  } else if (aborted.line != 0) {
    put_string(aborted.message);
    put_text("\n  at ");
    put_string(aborted.file);
    put(':');
    put_decimal(aborted.line);
    put(':');
    put_decimal(aborted.column);
  } else if (frame->vector == 14) {
    put_page_fault(frame->error);
  } else {
    bool named = frame->vector < sizeof exceptions / sizeof *exceptions;
    put_text(named ? exceptions[frame->vector] : "exception");
    put_text(" (vector ");
    put_decimal(frame->vector);
    put_text(", error ");
    put_address(frame->error);
    put(')');
  }
}

static bool in_text(u64 address) { return address >= (u64)TEXT_START && address < (u64)TEXT_END; }

static bool on_stack(u64 address) {
  return address % 8 == 0 && address >= (u64)stack_guard + PAGE &&
         address < (u64)double_fault_stack_top - 16;
}

static bool in_tls(u64 at) { return at >= (u64)TLS_TEXT_START && at < (u64)TLS_TEXT_END; }

/* TLS was running, was interrupted, or had called what went wrong: its values are in registers. */
static bool tls_was_running(const struct frame* frame) {
  bool found = in_tls(frame->rip) || in_tls(interrupted);
  for (u64 pointer = frame->rbp, next; !found && on_stack(pointer); pointer = next) {
    next = *(const u64*)pointer; /* the caller's frame pointer; behind it the return address */
    found = in_tls(((const u64*)pointer)[1]);
    if (next <= pointer) break;
  }
  return found;
}

static void put_registers(const struct frame* frame) {
  static const char names[][4] = {"rax", "rcx", "rdx", "rbx", "rbp", "rsi", "rdi", "r8 ",
                                  "r9 ", "r10", "r11", "r12", "r13", "r14", "r15", "vec",
                                  "err", "rip", "cs ", "flg", "rsp", "ss ", "cr2"};
  u32 first = tls_was_running(frame) ? offsetof(struct frame, vector) / 8 : 0;
  if (first != 0) put_text("\n  (what TLS had in registers is not shown: it may be keys)");
  for (u32 i = first; i < sizeof names / sizeof *names; i++) {
    put_text((i - first) % 4 == 0 ? "\n  " : " ");
    put_text(names[i]);
    put(' ');
    put_hex(i < sizeof *frame / 8 ? ((const u64*)frame)[i] : fault_address(), 16);
  }
}

/* --- how it came to it ----------------------------------------------------------------------- */

/* A return address is that of the instruction after the call: the call is one byte before it. */
static void put_backtrace(const struct frame* frame) {
  put_text("\nbacktrace:\n");
  u64 caller = panic_caller; /* unless panic() was called, the exception itself is the place */
  if (caller == 0 && in_text(frame->rip)) print_location(frame->rip);
  if (caller == 0 && !in_text(frame->rip) && on_stack(frame->rsp)) {
    caller = *(const u64*)frame->rsp; /* a call of something that is not code */
  }
  if (in_text(caller)) print_location(caller - 1);
  u64 pointer = frame->rbp;
  for (u32 i = 0; i < BACKTRACE_FRAMES && on_stack(pointer); i++) {
    const u64* saved = (const u64*)pointer; /* the caller's frame pointer, the return address */
    if (!in_text(saved[1])) return;
    if (saved[1] != caller) print_location(saved[1] - 1);
    if (saved[0] <= pointer) return;
    pointer = saved[0];
  }
}

/* --- and then -------------------------------------------------------------------------------- */

/* One second by channel 2 of the 8254 (counting 1,193,182 a second), or sooner without one. */
static void wait_second(void) {
  for (u32 i = 0; i < 20; i++) {
    u16 count = 1193182 / 20;
    out8(0x61, (in8(0x61) & ~2) | 1);
    out8(0x43, 0xb0);
    out8(0x42, count & 0xff);
    out8(0x42, count >> 8);
    for (u32 polls = 0; polls < 10000000 && !(in8(0x61) & 0x20); polls++) {
    }
  }
}

_Noreturn static void reboot(void) {
  static const u64 no_table[2];
  out8(0xcf9, 2); /* the chipset's reset register: a rising edge of bit 2 */
  out8(0xcf9, 6);
  out8(0x64, 0xfe);                              /* the keyboard controller's reset line */
  asm volatile("lidt %0; int3" ::"m"(no_table)); /* a triple fault */
  halt_for_ever();
}

/* QEMU's isa-debug-exit reads as zero; where no device answers, a port reads as all ones. */
_Noreturn static void finish(void) {
  serial_wait(ALL_SENT);
  if (in8(DEBUG_EXIT) == 0) out8(DEBUG_EXIT, DEBUG_EXIT_STATUS);
  if (timeout == 0) halt_for_ever();
  for (u32 seconds = timeout; seconds != 0; seconds--) wait_second();
  reboot();
}

void panic_set_timeout(u32 seconds) { timeout = seconds; }

_Noreturn void panic_frame(const struct frame* frame) {
  if (++panics == 2) put_text("\n(another panic, while telling of the first)\n");
  if (panics > 1) finish();
  out8(INTERRUPT_ENABLE, 0);
  out8(LINE_CONTROL, 3); /* 8 data bits; and not the divisor, should it have been open */
  put_reason(frame);
  put_registers(frame);
  put_backtrace(frame);
  if (timeout != 0) {
    put_text("rebooting in ");
    put_decimal(timeout);
    put_text(" s\n");
  }
  finish();
}

/* Every other panic becomes an exception first, so that there is one way and one frame. */
_Noreturn static void trap(const void* caller) {
  panic_caller = (u64)caller;
  asm volatile("int3");
  halt_for_ever();
}

_Noreturn void panic(const char* why) {
  reason = why;
  trap(__builtin_return_address(0));
}

_Noreturn void panic_at(u32 message, u32 file, u32 line, u32 column) {
  aborted.message = message;
  aborted.file = file;
  aborted.line = line;
  aborted.column = column;
  trap(__builtin_return_address(0));
}
