/* Panic: prints the reason, the location, registers and a backtrace, then exits QEMU, reboots or
 * halts. It never dumps memory, nor the registers of TLS code, which may hold keys. A panic during
 * a panic prints one line and ends in the same way; every wait here is bounded. */
#include "cpu.h"
#include "native.h"

#define COM1 0x3f8
#define INTERRUPT_ENABLE (COM1 + 1)
#define LINE_CONTROL (COM1 + 3)

#define DEBUG_EXIT 0xf4 /* QEMU's isa-debug-exit: writing n exits with status 2n + 1 */
#define DEBUG_EXIT_CODE 127
#define BACKTRACE_FRAMES 32

extern u8 stack_guard[], stack_top[], fault_stack_top[], double_fault_stack_top[];
extern u8 TEXT_START[], TEXT_END[], TLS_TEXT_START[], TLS_TEXT_END[];

static u32 timeout, panics;
static const char* reason;
static u64 panic_caller;
static struct { u32 message, file, line, column; } aborted;

/* --- the reason and the registers ------------------------------------------------------------ */

/* The names of vectors 0 to 18, then one for the others; each ends in a zero byte. */
static const char exceptions[] =
    "divide error\0debug\0non-maskable interrupt\0breakpoint\0overflow\0bound range\0"
    "invalid opcode\0no floating-point unit\0double fault\0coprocessor overrun\0"
    "invalid task state\0segment not present\0stack segment fault\0general protection\0"
    "page fault\0reserved\0floating-point error\0alignment check\0machine check\0exception";
#define NAMED_EXCEPTIONS 19

static void print_page_fault(u64 error) {
  u64 address = fault_address();
  bool present = error & 1, write = error & 2, fetch = error & 16;
  if (address >= (u64)stack_guard && address < (u64)stack_guard + PAGE) {
    print_text("stack overflow");
    return;
  }
  if (fetch) {
    print_text(present ? "executing data" : "executing nothing");
  } else if (address < PAGE) {
    print_text(write ? "null dereference, write" : "null dereference, read");
  } else if (present) {
    print_text("write to read-only memory");
  } else if (address < 2 * FOUR_GIB) {
    print_text(write ? "out of bounds of memory, write" : "out of bounds of memory, read");
  } else {
    print_text(write ? "page fault, write" : "page fault, read");
  }
  print_text(" at ");
  print_address(address);
}

static void print_reason(const struct frame* frame) {
  print_text("\npanic: ");
  if (reason != NULL) {
    print_text(reason);
  } else if (aborted.line != 0) {
    print_string(aborted.message);
    print_text("\n  at ");
    print_string(aborted.file);
    print_character(':');
    print_decimal(aborted.line);
    print_character(':');
    print_decimal(aborted.column);
  } else if (frame->vector == 14) {
    print_page_fault(frame->error);
  } else {
    const char* name = exceptions;
    for (u64 i = 0; i < frame->vector && i < NAMED_EXCEPTIONS; i++) name += strlen(name) + 1;
    print_text(name);
    print_text(" (vector ");
    print_decimal(frame->vector);
    print_text(", error ");
    print_address(frame->error);
    print_character(')');
  }
}

static bool in_text(u64 address) { return address >= (u64)TEXT_START && address < (u64)TEXT_END; }

static bool on_stack(u64 address) {
  return address % 8 == 0 && address >= (u64)stack_guard + PAGE &&
         address < (u64)double_fault_stack_top - 16;
}

static bool in_tls(u64 at) { return at >= (u64)TLS_TEXT_START && at < (u64)TLS_TEXT_END; }

/* Reports whether TLS code was running, was interrupted, or had called the code that failed. */
static bool tls_was_running(const struct frame* frame) {
  bool found = in_tls(frame->rip) || in_tls(interrupted);
  for (u64 pointer = frame->rbp, next; !found && on_stack(pointer); pointer = next) {
    next = *(const u64*)pointer; /* the caller's frame pointer, then the return address */
    found = in_tls(((const u64*)pointer)[1]);
    if (next <= pointer) break;
  }
  return found;
}

static void print_registers(const struct frame* frame) {
  static const char names[][4] = {"rax", "rcx", "rdx", "rbx", "rbp", "rsi", "rdi", "r8 ",
                                  "r9 ", "r10", "r11", "r12", "r13", "r14", "r15", "vec",
                                  "err", "rip", "cs ", "flg", "rsp", "ss ", "cr2"};
  u32 first = tls_was_running(frame) ? offsetof(struct frame, vector) / 8 : 0;
  if (first != 0) print_text("\n  (registers of TLS code are not shown: they may hold keys)");
  for (u32 i = first; i < sizeof names / sizeof *names; i++) {
    print_text((i - first) % 4 == 0 ? "\n  " : " ");
    print_text(names[i]);
    print_character(' ');
    print_hex(i < sizeof *frame / 8 ? ((const u64*)frame)[i] : fault_address(), 16);
  }
}

/* --- the backtrace --------------------------------------------------------------------------- */

/* A return address points past its call; the byte before it belongs to the call. */
static void print_backtrace(const struct frame* frame) {
  print_text("\nbacktrace:\n");
  u64 caller = panic_caller; /* the caller of panic(); 0 for an exception */
  if (caller == 0 && in_text(frame->rip)) print_location(frame->rip);
  if (caller == 0 && !in_text(frame->rip) && on_stack(frame->rsp)) {
    caller = *(const u64*)frame->rsp; /* rip is not code: use the return address of the call */
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

/* --- the end --------------------------------------------------------------------------------- */

/* Waits a second using channel 2 of the 8254 (1,193,182 Hz); less without an 8254. */
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

/* isa-debug-exit reads as 0, an unused port as all ones. */
_Noreturn static void finish(void) {
  serial_flush();
  if (in8(DEBUG_EXIT) == 0) out8(DEBUG_EXIT, DEBUG_EXIT_CODE);
  if (timeout == 0) halt_for_ever();
  for (u32 seconds = timeout; seconds != 0; seconds--) wait_second();
  reboot();
}

void panic_set_timeout(u32 seconds) { timeout = seconds; }

_Noreturn void panic_frame(const struct frame* frame) {
  if (++panics == 2) print_text("\n(panic during a panic)\n");
  if (panics > 1) finish();
  out8(INTERRUPT_ENABLE, 0);
  out8(LINE_CONTROL, 3); /* 8 data bits; closes the divisor latch if it was open */
  print_reason(frame);
  print_registers(frame);
  print_backtrace(frame);
  if (timeout != 0) {
    print_text("rebooting in ");
    print_decimal(timeout);
    print_text(" s\n");
  }
  finish();
}

/* Raises an exception, so that every panic takes the same path with a register frame. */
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
