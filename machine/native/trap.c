/* Segment and interrupt descriptors (Intel SDM vol. 3, chapters 3 and 6). Exceptions are panics;
   every other vector is passed to TypeScript. */
#include "cpu.h"
#include "native.h"

#define KERNEL_CODE 8
#define TASK_STATE 24
#define INTERRUPT_GATE 0x8eul
#define EXCEPTIONS 32
#define NMI 2
#define DOUBLE_FAULT 8
#define PAGE_FAULT 14

struct task_state {
  u32 reserved0;
  u64 stacks[3];
  u64 reserved1;
  u64 interrupt_stacks[7];
  u64 reserved2;
  u16 reserved3, io_map;
} __attribute__((packed));

struct table_pointer {
  u16 limit;
  const void* base;
} __attribute__((packed));

extern const u8 vectors[256][16];
extern u8 fault_stack_top[], nmi_stack_top[], double_fault_stack_top[];

static struct task_state task_state;
static u64 segments[5] = {0, 0x00af9a000000ffff, 0x00cf92000000ffff};
static u64 gates[256][2];
volatile u64 interrupt_count;
u64 interrupted;

static void load_segments(void) {
  u64 base = (u64)&task_state;
  task_state.io_map = sizeof task_state;
  task_state.interrupt_stacks[0] = (u64)fault_stack_top;
  task_state.interrupt_stacks[1] = (u64)nmi_stack_top;
  task_state.interrupt_stacks[2] = (u64)double_fault_stack_top;
  segments[3] =
      (sizeof task_state - 1) | (base & 0xffffff) << 16 | 0x89ul << 40 | (base >> 24 & 0xff) << 56;
  segments[4] = base >> 32;
  struct table_pointer pointer = {sizeof segments - 1, segments};
  asm volatile("lgdt %0; ltr %w1" ::"m"(pointer), "r"(TASK_STATE));
}

/* The interrupt stack of a vector; 0 is the stack in use. A page fault has its own, because it
   may mean that the stack in use has overflowed. */
static u64 stack_of(u32 vector) {
  return vector == PAGE_FAULT ? 1 : vector == NMI ? 2 : vector == DOUBLE_FAULT ? 3 : 0;
}

void trap_start(void) {
  load_segments();
  for (u32 vector = 0; vector < 256; vector++) {
    u64 entry = (u64)vectors[vector];
    gates[vector][0] = (entry & 0xffff) | KERNEL_CODE << 16 | stack_of(vector) << 32 |
                       INTERRUPT_GATE << 40 | (entry >> 16 & 0xffff) << 48;
    gates[vector][1] = entry >> 32;
  }
  struct table_pointer pointer = {sizeof gates - 1, gates};
  asm volatile("lidt %0" ::"m"(pointer));
}

/* Called by vectors.S with interrupts disabled. */
void on_interrupt(const struct frame* frame) {
  if (frame->vector < EXCEPTIONS) panic_frame(frame);
  interrupt_count++;
  interrupted = frame->rip;
  module_interrupt(frame->vector);
  interrupted = 0;
}
