/* The library's heap: free blocks in size classes, four to each power of two, joined with their
 * neighbours when freed, so that a block takes what it needs and 16 bytes. Bounded by the memory
 * set aside for it; every block belongs to a connection, or to what stays. */
#include "tls.h"
#include "mbedtls/platform_util.h"
#include "ssl_misc.h"

#define UNIT 16u
#define CLASSES 128
#define NOTHING 0xffffffffu

struct block {
  u32 before; /* size of the block below, 0 = there is none */
  u32 size;   /* header included, in bytes, a multiple of UNIT */
  u16 owner;
  u16 used;
  u32 wanted;
  struct block *next, *previous; /* of its class; where a used block's bytes begin */
};
#define HEADER offsetof(struct block, next)
#define LEAST (HEADER + UNIT)

static u8* base;
static u32 limit;
static struct block* classes[CLASSES];
static u64 filled[CLASSES / 64];
static u32 used[CONNECTIONS + 1], peak[CONNECTIONS + 1];
static u32 all_used, all_peak, blocks; /* of connections alone */
u32 tls_heap_owner, tls_heap_failures, tls_fail_allocation;

static u32 class_of(u32 size) {
  u32 units = size / UNIT;
  if (units < 4) return units;
  u32 power = 31 - __builtin_clz(units);
  return power * 4 - 4 + ((units >> (power - 2)) & 3);
}

static struct block* behind(struct block* block) {
  u8* at = (u8*)block + block->size;
  return at < base + limit ? (struct block*)at : NULL;
}

static void put(struct block* block) {
  u32 class = class_of(block->size);
  block->used = false;
  block->previous = NULL;
  block->next = classes[class];
  if (block->next != NULL) block->next->previous = block;
  classes[class] = block;
  filled[class / 64] |= (u64)1 << class % 64;
}

static void take(struct block* block) {
  u32 class = class_of(block->size);
  if (block->next != NULL) block->next->previous = block->previous;
  if (block->previous != NULL) {
    block->previous->next = block->next;
  } else {
    classes[class] = block->next;
    if (block->next == NULL) filled[class / 64] &= ~((u64)1 << class % 64);
  }
}

/* The smallest class that has any block, from `class` on. */
static u32 next_filled(u32 class) {
  for (; class < CLASSES; class = (class | 63) + 1) {
    u64 bits = filled[class / 64] >> class % 64;
    if (bits != 0) return class + __builtin_ctzll(bits);
  }
  return NOTHING;
}

static struct block* find(u32 size) {
  for (u32 class = next_filled(class_of(size)); class != NOTHING; class = next_filled(class + 1)) {
    for (struct block* block = classes[class]; block != NULL; block = block->next) {
      if (block->size >= size) return block;
    }
  }
  return NULL;
}

static void start(void) {
  u64 bytes;
  base = tls_memory(&bytes);
  limit = bytes & -(u64)UNIT;
  if (limit < LEAST) return;
  struct block* block = (struct block*)base;
  *block = (struct block){.size = limit};
  put(block);
}

/* Leaves `block` with `size` bytes, and the rest free. */
static void split(struct block* block, u32 size) {
  u32 rest = block->size - size;
  if (rest < LEAST) return;
  block->size = size;
  struct block* other = behind(block);
  *other = (struct block){.before = size, .size = rest};
  struct block* last = behind(other);
  if (last != NULL) last->before = rest;
  put(other);
}

static void count(struct block* block, bool more) {
  u32 owner = block->owner;
  used[owner] += more ? block->size : -block->size;
  if (used[owner] > peak[owner]) peak[owner] = used[owner];
  if (owner == 0) return;
  all_used += more ? block->size : -block->size;
  blocks += more ? 1 : -1;
  if (all_used > all_peak) all_peak = all_used;
}

/* Zeroed memory, or NULL, which fails the connection that asked and no other. */
void* tls_calloc(size_t number, size_t size) {
  if (base == NULL) start();
  u64 wanted = (u64)number * size;
  bool refused = tls_fail_allocation != 0 && --tls_fail_allocation == 0;
  if (refused || number > limit || size > limit || wanted > limit - LEAST) {
    tls_heap_failures++;
    return NULL;
  }
  u32 whole = (HEADER + wanted + UNIT - 1) & -UNIT;
  if (whole < LEAST) whole = LEAST;
  struct block* block = find(whole);
  if (block == NULL) {
    tls_heap_failures++;
    return NULL;
  }
  take(block);
  split(block, whole);
  block->used = true;
  block->owner = tls_heap_owner;
  block->wanted = wanted;
  count(block, true);
  void* bytes = (u8*)block + HEADER;
  memset(bytes, 0, block->size - HEADER);
  return bytes;
}

/* Frees a block and wipes it, whatever it held. */
void tls_release(void* bytes) {
  if (bytes == NULL) return;
  struct block* block = (struct block*)((u8*)bytes - HEADER);
  count(block, false);
  mbedtls_platform_zeroize(bytes, block->wanted);
  struct block* next = behind(block);
  if (next != NULL && !next->used) {
    take(next);
    block->size += next->size;
  }
  if (block->before != 0) {
    struct block* lower = (struct block*)((u8*)block - block->before);
    if (!lower->used) {
      take(lower);
      lower->size += block->size;
      block = lower;
    }
  }
  next = behind(block);
  if (next != NULL) next->before = block->size;
  put(block);
}

/* In the place of the last one in ssl_tls13_keys.c, which frees keys whose making failed, and not
   the ciphers in them. Its other blocks are secrets, none of which is as long. */
void tls_release_keys(void* bytes) {
  if (bytes == NULL) return;
  const struct block* block = (struct block*)((u8*)bytes - HEADER);
  if (block->wanted == sizeof(mbedtls_ssl_transform)) mbedtls_ssl_transform_free(bytes);
  tls_release(bytes);
}

u32 tls_heap_used(u32 owner) { return used[owner]; }
u32 tls_heap_peak(u32 owner) { return peak[owner]; }
void tls_heap_forget_peak(u32 owner) { peak[owner] = used[owner]; }

u32 w2c_host_tlsHeap(HOST, u32 what) {
  u32 connections = 0;
  for (u32 handle = 1; handle <= CONNECTIONS; handle++) {
    connections += tls_connection(handle) != NULL;
  }
  if (base == NULL) start();
  u32 figures[] = {all_used, all_peak, limit, blocks, used[0], tls_heap_failures, connections};
  return what < sizeof figures / sizeof *figures ? figures[what] : 0;
}
