/* Unpacks what compiler-config/pack.ts packed, which describes the format. */
#include "native.h"

/* The first context of each kind of bit; pack.ts has the same numbers. */
enum { MATCH = 0, AGAIN = 2, DISTANCE = 64, LENGTH = 2048, LITERAL = 4096 };

struct input {
  const u8* next;
  u32 range, code;
};
static u16 chances[LITERAL + 65536]; /* the probability of a 1 in each context, times 4096 */

static inline u32 take_bit(struct input* in, u32 context) {
  u32 chance = chances[context], bound = (in->range >> 12) * chance;
  u32 bit = in->code < bound;
  if (bit) {
    in->range = bound;
    chances[context] = chance + ((4096 - chance) >> 4);
  } else {
    in->code -= bound;
    in->range -= bound;
    chances[context] = chance - (chance >> 4);
  }
  for (; in->range < 1u << 24; in->range <<= 8) in->code = in->code << 8 | *in->next++;
  return bit;
}

static inline u32 take_number(struct input* in, u32 context) {
  u32 bits = 0, number = 1;
  while (take_bit(in, context + bits)) bits++;
  context += 32 * (bits + 1);
  while (bits-- > 0) number = number << 1 | take_bit(in, context + bits);
  return number;
}

static inline u32 take_literal(struct input* in, u8 before) {
  u32 byte = 1;
  while (byte < 256) byte = byte << 1 | take_bit(in, LITERAL + 256 * before + byte);
  return byte;
}

/* Unpacks to `to`; `step` is that of `pack`. */
void unpack(u8* to, const u8* packed, u32 step) {
  u32 size = *(const u32*)packed, distance = 1, matched = 0;
  struct input in = {packed + 8, -1, __builtin_bswap32(*(const u32*)(packed + 4))};
  for (u32 i = 0; i < sizeof chances / sizeof *chances; i++) chances[i] = 2048;
  for (u32 at = 0; at < size;) {
    if (!take_bit(&in, MATCH + matched)) {
      to[at] = take_literal(&in, at < step ? 0 : to[at - step]);
      at++;
      matched = 0;
      continue;
    }
    if (!take_bit(&in, AGAIN)) distance = take_number(&in, DISTANCE);
    u32 end = at + take_number(&in, LENGTH) + 1;
    for (; at < end; at++) to[at] = to[at - distance];
    matched = 1;
  }
}
