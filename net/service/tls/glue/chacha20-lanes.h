/* Defines BLOCKS, which encrypts LANES blocks of ChaCha20 side by side: a vector holds the same
 * word of every block. Included by chacha20.c for each width; gcc makes instructions of the
 * vectors. */
#define NAME_OF(prefix, lanes) prefix##lanes
#define NAME(prefix, lanes) NAME_OF(prefix, lanes)
#define vector NAME(vector_of_, LANES)
#ifndef TARGET
#define TARGET
#endif
typedef u32 vector __attribute__((vector_size(4 * LANES)));

#ifndef QUAD
#define QUAD 4
typedef u32 quad __attribute__((vector_size(4 * QUAD), may_alias));

#define ROTATE(x, count) ((x) << (count) | (x) >> (32 - (count)))
#define HALF_QUARTER(a, b, d, count) a += b, d ^= a, d = ROTATE(d, count)
#define QUARTER_ROUND(a, b, c, d)                                                 \
  HALF_QUARTER(a, b, d, 16), HALF_QUARTER(c, d, b, 12), HALF_QUARTER(a, b, d, 8), \
      HALF_QUARTER(c, d, b, 7)

static inline void xor_quad(quad words, const u8* input, u8* output) {
  quad text;
  memcpy(&text, input, sizeof text);
  text ^= words;
  memcpy(output, &text, sizeof text);
}

/* Takes words i to i + 3 of four blocks, word by word, and encrypts them block by block. */
static inline void xor_four(quad w0, quad w1, quad w2, quad w3, const u8* input, u8* output) {
  quad low01 = __builtin_shufflevector(w0, w1, 0, 4, 1, 5);
  quad low23 = __builtin_shufflevector(w2, w3, 0, 4, 1, 5);
  quad high01 = __builtin_shufflevector(w0, w1, 2, 6, 3, 7);
  quad high23 = __builtin_shufflevector(w2, w3, 2, 6, 3, 7);
  xor_quad(__builtin_shufflevector(low01, low23, 0, 1, 4, 5), input, output);
  xor_quad(__builtin_shufflevector(low01, low23, 2, 3, 6, 7), input + BLOCK, output + BLOCK);
  input += 2 * BLOCK;
  output += 2 * BLOCK;
  xor_quad(__builtin_shufflevector(high01, high23, 0, 1, 4, 5), input, output);
  xor_quad(__builtin_shufflevector(high01, high23, 2, 3, 6, 7), input + BLOCK, output + BLOCK);
}
#endif

TARGET static void BLOCKS(const u32 state[WORDS], const u8* input, u8* output) {
  vector words[WORDS], counters;
  for (u32 i = 0; i < LANES; i++) counters[i] = state[COUNTER] + i;
  for (u32 i = 0; i < WORDS; i++) words[i] = i == COUNTER ? counters : (vector){0} + state[i];
  for (u32 i = 0; i < 10; i++) {
    QUARTER_ROUND(words[0], words[4], words[8], words[12]);
    QUARTER_ROUND(words[1], words[5], words[9], words[13]);
    QUARTER_ROUND(words[2], words[6], words[10], words[14]);
    QUARTER_ROUND(words[3], words[7], words[11], words[15]);
    QUARTER_ROUND(words[0], words[5], words[10], words[15]);
    QUARTER_ROUND(words[1], words[6], words[11], words[12]);
    QUARTER_ROUND(words[2], words[7], words[8], words[13]);
    QUARTER_ROUND(words[3], words[4], words[9], words[14]);
  }
  for (u32 i = 0; i < WORDS; i++) words[i] += i == COUNTER ? counters : (vector){0} + state[i];
  const quad* quads = (const quad*)words;
  const u32 step = LANES / QUAD;
  for (u32 i = 0; i < WORDS; i += 4) {
    for (u32 group = 0; group < step; group++) {
      const quad* from = quads + i * step + group;
      size_t at = 4 * i + group * QUAD * BLOCK;
      xor_four(from[0], from[step], from[2 * step], from[3 * step], input + at, output + at);
    }
  }
}
#undef LANES
#undef BLOCKS
#undef TARGET
#undef vector
#undef NAME
#undef NAME_OF
