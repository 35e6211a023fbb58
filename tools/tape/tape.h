/* Writes tapes from C; tools/tape/format.ts describes the format. A file that includes this must
   define `tape_put`, which writes a byte. */
#pragma once

enum {
  RETURNED = 4,
  TRAPPED = 5,
  BOOT = 0xb0,
  FIRST_ACT = 8,
  PLACES = 8,
  RESULT = PLACES - 1,
  HEAD = 13
};
enum { CALL_BOOT, CALL_TURN, CALL_INTERRUPT, CALL_COLLECT, CALLS };

struct act {
  const char* name;
  u8 count; /* parameters */
  u8 wide;  /* bit i: parameter i has 64 bits */
};

static u64 last_written[256 * PLACES];

static void tape_leb(u64 value) {
  for (; value > 127; value >>= 7) tape_put((value & 127) | 128);
  tape_put(value);
}

static void tape_wide(u32 place, u64 value) {
  u64 difference = value - last_written[place];
  last_written[place] = value;
  tape_leb(difference << 1 ^ -(difference >> 63));
}

static void tape_narrow(u32 place, u32 value) {
  u32 difference = value - (u32)last_written[place];
  last_written[place] = value;
  tape_leb(difference << 1 ^ -(difference >> 31));
}

static u32 checksum(const u8* bytes, u32 length) {
  u32 hash = 0x811c9dc5;
  for (u32 i = 0; i < length; i++) hash = (hash ^ bytes[i]) * 0x01000193;
  return hash;
}

static void tape_word(u32 word) {
  for (u32 shift = 0; shift < 32; shift += 8) tape_put(word >> shift);
}

static void tape_bytes(const u8* bytes, u32 length) {
  for (u32 i = 0; i < length; i++) tape_put(bytes[i]);
}

static void tape_act(u32 code, const struct act* act, const u64* values) {
  tape_put(code);
  for (u32 i = 0; i < act->count; i++) {
    if (act->wide >> i & 1)
      tape_wide(code * PLACES + i, values[i]);
    else
      tape_narrow(code * PLACES + i, values[i]);
  }
}

static void tape_boot(const u8* fingerprint, u32 pages) {
  memset(last_written, 0, sizeof last_written);
  tape_put(BOOT);
  tape_bytes(fingerprint, 8);
  tape_word(pages);
}
