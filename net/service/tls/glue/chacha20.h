/* ChaCha20 in several ways; chacha20.c chooses the fastest one for this processor. */
#pragma once
#include "tls.h"
#include "mbedtls/chacha20.h"

#define WORDS 16
#define BLOCK 64
#define COUNTER 12 /* the index of the block counter in the state */

enum tls_chacha20_way { ONE_BLOCK, FOUR_BLOCKS, EIGHT_BLOCKS };

/* Chooses how tls_chacha20_update computes. */
void tls_choose_chacha20(void);

#ifdef __x86_64__
/* Whether eight blocks at a time can be computed here. */
bool tls_has_avx2(void);

/* Does what mbedtls_chacha20_update does, in the way that was chosen. */
int tls_chacha20_update(mbedtls_chacha20_context* context, size_t size, const u8* input,
                        u8* output);

/* The same in a given way, for tests. */
int tls_chacha20_by(enum tls_chacha20_way way, mbedtls_chacha20_context* context, size_t size,
                    const u8* input, u8* output);

/* chacha20-blocks.S: encrypts `count` blocks, at least one. The state is left as it is. */
void tls_chacha20_blocks(const u32 state[WORDS], const u8* input, u8* output, u32 count);
#endif
