/* Maps addresses in the kernel's text to functions and lines, for backtraces.
 *
 * The table is made from the debug information of a first link, packed, and placed after the text
 * by the second (compiler-config/symbols.ts describes its layout). Each lookup scans it from the
 * start: a panic need not be fast, and without an index the table is small. */
#include "native.h"

extern const u8 packed_symbol_table[] __attribute__((weak));
static u8 symbol_table[384 << 10] __attribute__((aligned(4)));
static bool unpacked;

static u64 number(const u8** at) {
  u64 value = 0;
  for (u32 shift = 0;; shift += 7) {
    u8 byte = *(*at)++;
    value |= (u64)(byte & 127) << shift;
    if (byte < 128) return value;
  }
}

static u64 signed_number(const u8** at) {
  u64 value = number(at);
  return value >> 1 ^ -(value & 1);
}

static const u8* section(u32 index) { return symbol_table + ((const u32*)symbol_table)[index]; }

/* Returns the place whose address range contains `address`, or 0. */
static u64 place_of(u64 address) {
  const u8* at = section(2);
  u64 place = 0, start = KERNEL_BASE;
  for (u64 left = number(&at), next = 0; left != 0; left--) {
    start += number(&at);
    if (start > address) break;
    next += signed_number(&at);
    place = next;
  }
  return place;
}

static void print_function(u64 function, u64 line) {
  const u8* at = section(0);
  char name[256]; /* each name shares a prefix with the one before */
  u64 file = 0;
  for (u64 i = 0; i <= function; i++) {
    file = number(&at);
    u64 shared = number(&at), rest = strlen((const char*)at) + 1;
    if (shared + rest <= sizeof name) memcpy(name + shared, at, rest);
    at += rest;
  }
  const char* path = (const char*)section(3);
  for (; file != 0; file--) path += strlen(path) + 1;
  print_text("  at ");
  print_text(name);
  print_text(" (");
  print_text(path);
  if (line != 0) {
    print_text(":");
    print_decimal(line);
  }
  print_text(")\n");
}

/* Prints a line for each function inlined at the address, then one for the function itself. Prints
   nothing for code that the table lacks. */
void print_location(u64 address) {
  if (packed_symbol_table == NULL) return;
  if (!unpacked) unpack(symbol_table, packed_symbol_table, 1);
  unpacked = true;
  u64 place = place_of(address);
  while (place != 0) {
    const u8* at = section(1);
    u64 function = 0, line = 0, outer = 0;
    for (u64 i = 0; i < place; i++) {
      function += signed_number(&at);
      line = number(&at);
      outer = number(&at);
    }
    print_function(function, line);
    place = outer == 0 ? 0 : place - outer;
  }
}
