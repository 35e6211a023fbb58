/* Replays tapes in a Linux program built from the kernel's generated C and machine/native/host.c:
       replay <TAPE >AGAIN
   The kernel gets its input from the tape, and its acts are compared with the tape; AGAIN records
   this run. The module's memory is mapped at its own addresses from 4096 on, so that an access to
   page 0 faults; with -DPLAIN it may lie anywhere, and every access is checked. */
#include <execinfo.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.c"
#include "unpack.c"

#define MEMORY (1ul << 30)
#define WASM_PAGE 65536ul
#define FIRST_MAPPED 4096ul

static u8* base; /* of linear memory */
static u32 page_limit;
#define at(address) (base + (u32)(address))

static void tape_put(u8 byte) { putchar_unlocked(byte); }
#include "tape.h"

/* Boots so far, calls in this boot, acts in all boots. */
static u64 boots, calls, act_count;
static u8* tape;
static u64 tape_length, cursor;
static u64 last_read[256 * PLACES];
static jmp_buf boot_over;

_Noreturn static void fail(const char* format, ...) {
  va_list list;
  fflush(stdout);
  fprintf(stderr, "boot %lu, call %lu, act %lu: ", boots, calls, act_count);
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  void* frames[40];
  backtrace_symbols_fd(frames, backtrace(frames, 40), 2);
  _exit(1);
}

/* --- reading --------------------------------------------------------------------------------- */

static u8 take(void) {
  if (cursor == tape_length) longjmp(boot_over, 1);
  return tape[cursor++];
}
static int peek(void) { return cursor < tape_length ? tape[cursor] : -1; }

/* Reports whether this boot ends here: at the end of the tape or the head of another boot. */
static bool ended(void) {
  if (peek() != BOOT) return peek() < 0;
  return tape_length - cursor >= HEAD && memcmp(tape + cursor, tape, HEAD) == 0;
}

static u64 take_difference(void) {
  u64 value = 0;
  for (u32 shift = 0, byte = 128; byte > 127; shift += 7) {
    byte = take();
    if (shift < 64) value |= (u64)(byte & 127) << shift;
  }
  return value >> 1 ^ -(value & 1);
}

static u32 take_word(void) {
  u32 word = 0;
  for (u32 shift = 0; shift < 32; shift += 8) word |= (u32)take() << shift;
  return word;
}

static u64 take_wide(u32 place) { return last_read[place] += take_difference(); }
static u32 take_narrow(u32 place) {
  return last_read[place] = (u32)(last_read[place] + take_difference());
}

/* --- the kernel's memory --------------------------------------------------------------------- */

static void commit(u64 from, u64 to) {
  if (to > from && mprotect(base + from, to - from, PROT_READ | PROT_WRITE) != 0) {
    fail("no memory: %m");
  }
}

void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, u64 pages, u64 max, bool is64, u32 size) {
#ifdef PLAIN
  u64 first = 0;
  void* wanted = NULL;
#else
  u64 first = FIRST_MAPPED; /* nothing is mapped below */
  void* wanted = (void*)first;
#endif
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (first ? MAP_FIXED : 0);
  if (base != NULL) munmap(base, MEMORY);
  u8* mapped = mmap(wanted, MEMORY - first, PROT_NONE, flags, -1, 0);
  if (mapped == MAP_FAILED) fail("no memory at %p: %m", wanted);
  base = mapped - first;
  commit(first, pages * WASM_PAGE);
  u64 most = page_limit < MEMORY / WASM_PAGE ? page_limit : MEMORY / WASM_PAGE;
  *memory = (wasm_rt_memory_t){base, pages, most, size, pages * WASM_PAGE, false};
}

u64 wasm_rt_grow_memory(wasm_rt_memory_t* memory, u64 pages) {
  u64 before = memory->pages;
  if (before + pages > memory->max_pages) return -1;
  commit(memory->size, memory->size + pages * WASM_PAGE);
  memory->pages += pages;
  memory->size += pages * WASM_PAGE;
  return before;
}
void wasm_rt_free_memory(wasm_rt_memory_t* memory) { (void)memory; }
bool memory_exhausted(void) { return true; }

/* --- acts ------------------------------------------------------------------------------------ */

static void play_call(void);

static void print_act(char* text, u64 size, const struct act* act, const u64* values) {
  int used = snprintf(text, size, "%s(", act->name);
  for (u32 i = 0; i < act->count; i++) {
    used += snprintf(text + used, size - used, i ? ", 0x%lx" : "0x%lx", values[i]);
  }
  snprintf(text + used, size - used, ")");
}

/* The kernel calls a host function. Interrupts that arrived during it come first. */
static void play_act(u32 code, const struct act* act, const u64* values) {
  char got[200], wanted[200];
  act_count++;
  print_act(got, sizeof got, act, values);
  while (!ended() && peek() < CALLS) play_call();
  if (ended()) longjmp(boot_over, 1);
  u32 found = take();
  if (found != code) fail("the kernel called %s, expected code %u", got, found);
  u64 expected[PLACES];
  for (u32 i = 0; i < act->count; i++) {
    u32 place = code * PLACES + i;
    expected[i] = act->wide >> i & 1 ? take_wide(place) : take_narrow(place);
  }
  print_act(wanted, sizeof wanted, act, expected);
  if (memcmp(values, expected, act->count * sizeof *values) != 0) {
    fail("the kernel called %s, expected %s", got, wanted);
  }
  tape_act(code, act, values);
}

static void play_given(u32 address, u32 length) {
  u32 sum = checksum(at(address), length);
  if (sum != take_word()) fail("the %u bytes at 0x%x differ", length, address);
  tape_word(sum);
}

static u32 play_narrow(u32 place) {
  u32 value = take_narrow(place);
  tape_narrow(place, value);
  return value;
}
static u64 play_wide(u32 place) {
  u64 value = take_wide(place);
  tape_wide(place, value);
  return value;
}

static void play_taken(u32 address, u32 length) {
  for (u32 i = 0; i < length; i++) {
    u8 byte = take();
    *at(address + i) = byte;
    tape_put(byte);
  }
}

static void play_opened(void) {
  if (ended()) longjmp(boot_over, 1);
}

#define ACT(code, ...) play_act(code, &acts[(code)-FIRST_ACT], (u64[PLACES]){__VA_ARGS__})
#define OPENED() play_opened()
#define GIVEN(address, length) play_given(address, length)
#define TAKEN(address, length) play_taken(address, length)
#define NO_RESULT(call) (void)instance
#define NARROW_RESULT(code, call) play_narrow((code)*PLACES + RESULT)
#define WIDE_RESULT(code, call) play_wide((code)*PLACES + RESULT)
#include "acts.h"

/* --- calls ----------------------------------------------------------------------------------- */

static u64 call(u32 code, u32 vector) {
  switch (code) {
    case CALL_BOOT: w2c_kernel_boot(&kernel); return 0;
    case CALL_TURN: return w2c_kernel_turn(&kernel);
    case CALL_INTERRUPT: w2c_kernel_interrupt(&kernel, vector); return 0;
    case CALL_COLLECT: w2c_kernel_0x5F_collect(&kernel); return 0;
    default: fail("the kernel did not perform the act with code %u", code);
  }
}

static void play_call(void) {
  u32 code = take();
  tape_put(code);
  calls++;
  u32 vector = 0;
  if (code == CALL_INTERRUPT) {
    vector = take_narrow(code * PLACES);
    tape_narrow(code * PLACES, vector);
  }
  u64 result = call(code, vector);
  if (ended()) longjmp(boot_over, 1);
  u32 next = take();
  if (next != RETURNED) fail("call %u returned, expected code %u", code, next);
  tape_put(RETURNED);
  if (code != CALL_TURN) return;
  u64 wanted = take_wide(code * PLACES + RESULT);
  if (result != wanted) fail("turn returned %lu, expected %lu", result, wanted);
  tape_wide(code * PLACES + RESULT, result);
}

/* The module trapped; the tape must say so too, or end the boot here. */
void panic(const char* reason) {
  if (!ended() && take() != TRAPPED) fail("panic: %s", reason);
  if (!ended() || tape[cursor - 1] == TRAPPED) tape_put(TRAPPED);
  longjmp(boot_over, 1);
}

static void on_fault(int number, siginfo_t* information, void* context) {
  (void)number, (void)context;
  fail("fault at address %p", information->si_addr);
}

static void play_boot(void) {
  boots++;
  calls = 0;
  cursor += HEAD - 4;
  page_limit = take_word();
  memset(last_read, 0, sizeof last_read);
  memset(&kernel, 0, sizeof kernel);
  tape_boot(fingerprint, page_limit);
  module_start();
  while (!ended()) play_call();
}

static void load(void) {
  for (u64 room = 1 << 20;; room *= 2) {
    tape = realloc(tape, room);
    tape_length += fread(tape + tape_length, 1, room - tape_length, stdin);
    if (tape_length < room) return;
  }
}

int main(void) {
#ifndef __SANITIZE_ADDRESS__
  static u8 stack[65536]; /* for the handler: the kernel may have exhausted its own */
  sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
#endif
  load();
  if (tape_length < HEAD || tape[0] != BOOT || memcmp(tape + 1, fingerprint, 8) != 0) {
    fail("not a tape of this kernel");
  }
  while (cursor < tape_length) {
    if (setjmp(boot_over) == 0)
      play_boot();
    else if (!ended())
      fail("the tape continues after the boot's end");
  }
  fflush(stdout);
  fprintf(stderr, "%lu boots, %lu acts\n", boots, act_count);
}
