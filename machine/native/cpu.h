/* Instructions that C cannot express. */
#pragma once
#include "native.h"

/* in8, out8, ... Each is a compiler barrier, so data for a device is in memory before the write. */
#define PORT(width, suffix)                                                     \
  static inline u##width in##width(u16 port) {                                  \
    u##width value;                                                             \
    asm volatile("in" suffix " %1, %0" : "=a"(value) : "Nd"(port) : "memory");  \
    return value;                                                               \
  }                                                                             \
  static inline void out##width(u16 port, u##width value) {                     \
    asm volatile("out" suffix " %0, %1" : : "a"(value), "Nd"(port) : "memory"); \
  }
PORT(8, "b")
PORT(16, "w")
PORT(32, "l")

static inline void barrier(void) { asm volatile("" ::: "memory"); }

struct cpuid {
  u32 registers[4]; /* eax, ebx, ecx, edx */
};
static inline struct cpuid cpuid(u32 leaf, u32 subleaf) {
  struct cpuid id;
  asm volatile("cpuid"
               : "=a"(id.registers[0]), "=b"(id.registers[1]), "=c"(id.registers[2]),
                 "=d"(id.registers[3])
               : "a"(leaf), "c"(subleaf));
  return id;
}

static inline u64 timestamp(void) {
  u32 low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return (u64)high << 32 | low;
}

static inline u64 fault_address(void) {
  u64 value;
  asm volatile("mov %%cr2, %0" : "=r"(value));
  return value;
}

static inline void interrupts_off(void) { asm volatile("cli" ::: "memory"); }
static inline void interrupts_on(void) { asm volatile("sti" ::: "memory"); }
/* sti takes effect after the next instruction, so no interrupt is lost before hlt. */
static inline void interrupts_on_and_wait(void) { asm volatile("sti; hlt" ::: "memory"); }
_Noreturn static inline void halt_for_ever(void) {
  for (;;) asm volatile("cli; hlt" ::: "memory");
}
