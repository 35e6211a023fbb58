/* Instructions that C has no words for. */
#pragma once
#include "native.h"

static inline u8 in8(u16 port) {
  u8 value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
static inline u16 in16(u16 port) {
  u16 value;
  asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
static inline u32 in32(u16 port) {
  u32 value;
  asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
static inline void out8(u16 port, u8 value) {
  asm volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
static inline void out16(u16 port, u16 value) {
  asm volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}
static inline void out32(u16 port, u32 value) {
  asm volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

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
/* One instruction after sti no interrupt can come yet: none is lost between the two. */
static inline void interrupts_on_and_wait(void) { asm volatile("sti; hlt" ::: "memory"); }
_Noreturn static inline void halt_for_ever(void) {
  for (;;) asm volatile("cli; hlt" ::: "memory");
}
