/* The library functions that gcc and wasm2c's output expect. Those used for every packet move 32
   bytes per round, because under QEMU's translator `rep movsb` costs a step per byte. The file is
   compiled without loop-to-call transformations, which would make each function call itself. */
#include "native.h"

typedef u64 __attribute__((may_alias, aligned(1))) word;

/* Also correct if the destination overlaps the source and starts below it: a round reads all its
   bytes before it writes any. */
static void copy_forwards(u8* to, const u8* from, size_t count) {
  for (; count >= 32; count -= 32, to += 32, from += 32) {
    u64 a = ((const word*)from)[0], b = ((const word*)from)[1];
    u64 c = ((const word*)from)[2], d = ((const word*)from)[3];
    ((word*)to)[0] = a;
    ((word*)to)[1] = b;
    ((word*)to)[2] = c;
    ((word*)to)[3] = d;
  }
  for (; count >= 8; count -= 8, to += 8, from += 8) *(word*)to = *(const word*)from;
  for (; count != 0; count--) *to++ = *from++;
}

/* For a destination that overlaps the source and starts above it, which is rare. */
static void copy_backwards(u8* to, const u8* from, size_t count) {
  for (; count >= 8; count -= 8) *(word*)(to + count - 8) = *(const word*)(from + count - 8);
  while (count-- != 0) to[count] = from[count];
}

void* memcpy(void* restrict destination, const void* restrict source, size_t count) {
  copy_forwards(destination, source, count);
  return destination;
}

void* memmove(void* destination, const void* source, size_t count) {
  if ((u64)destination - (u64)source >= count) {
    copy_forwards(destination, source, count);
  } else {
    copy_backwards(destination, source, count);
  }
  return destination;
}

void* memset(void* destination, int value, size_t count) {
  u8* to = destination;
  u64 pattern = (u8)value * 0x0101010101010101ul;
  for (; count >= 32; count -= 32, to += 32) {
    ((word*)to)[0] = pattern;
    ((word*)to)[1] = pattern;
    ((word*)to)[2] = pattern;
    ((word*)to)[3] = pattern;
  }
  for (; count >= 8; count -= 8, to += 8) *(word*)to = pattern;
  for (; count != 0; count--) *to++ = value;
  return destination;
}

int memcmp(const void* left, const void* right, size_t count) {
  const u8 *a = left, *b = right;
  for (; count >= 8 && *(const word*)a == *(const word*)b; count -= 8) {
    a += 8;
    b += 8;
  }
  for (; count != 0; count--, a++, b++) {
    if (*a != *b) return *a - *b;
  }
  return 0;
}

/* gcc's population count for processors without popcnt; libgcc's copy needs a red zone. */
int __popcountdi2(u64 value) {
  value -= value >> 1 & 0x5555555555555555;
  value = (value & 0x3333333333333333) + (value >> 2 & 0x3333333333333333);
  value = (value + (value >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return value * 0x0101010101010101 >> 56;
}

size_t strlen(const char* text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}
