/* Text output for panics: polled, unbuffered, with bounded waits. */
#include "cpu.h"
#include "native.h"

#define COM1 0x3f8
#define LINE_STATUS (COM1 + 5)
#define HOLDING_EMPTY 0x20
#define ALL_SENT 0x40
/* Status reads before giving up, seconds' worth, because a terminal under QEMU may be busy. */
#define SERIAL_TRIES 5000000

/* Waits for a bit of the line status. Returns false if there is no UART or it is stuck; later calls
   then return at once. */
static bool serial_wait(u8 status) {
  static bool dead;
  for (u32 i = 0; i < SERIAL_TRIES && !dead; i++) {
    u8 seen = in8(LINE_STATUS);
    if (seen == 0xff) break;
    if ((seen & status) == status) return true;
  }
  dead = true;
  return false;
}

void serial_flush(void) { serial_wait(ALL_SENT); }

void print_character(char character) {
  if (character == '\n') print_character('\r');
  if (serial_wait(HOLDING_EMPTY)) out8(COM1, character);
  screen_put(character);
}

void print_text(const char* text) {
  while (*text != 0) print_character(*text++);
}

void print_decimal(u64 value) {
  if (value >= 10) print_decimal(value / 10);
  print_character('0' + value % 10);
}

void print_hex(u64 value, u32 digits) {
  while (digits-- != 0) print_character("0123456789abcdef"[value >> 4 * digits & 15]);
}

void print_address(u64 value) {
  u32 digits = 1;
  while (digits < 16 && value >> 4 * digits != 0) digits++;
  print_text("0x");
  print_hex(value, digits);
}

void print_string(u64 pointer) {
  const u16* text = (const u16*)pointer;
  for (u32 i = 0; pointer != 0 && i < ((const u32*)pointer)[-1] / 2; i++) {
    print_character(text[i] >= ' ' && text[i] < 127 ? text[i] : '?');
  }
}
