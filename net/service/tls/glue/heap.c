/* The heap of mbedTLS: segregated free lists, four size classes to each power of two, with
 * coalescing on free. A block costs 16 bytes on top of its size. The heap is bounded by the memory
 * set aside for it, and every block is charged to a connection or to the library itself. */
#include "tls.h"
#include "mbedtls/platform_util.h"
#include "ssl_misc.h"

#define UNIT 16u
#define CLASSES 128
#define NOTHING 0xffffffffu

struct block {
  u32 before; /* size of the preceding block in bytes, or 0 for the first */
  u32 size;   /* header included, in bytes, a multiple of UNIT */
  u16 owner;
  u16 used;
  u32 wanted;
  struct block *next, *previous; /* in its free list; the payload of a used block begins here */
};
#define HEADER offsetof(struct block, next)
#define MIN_BLOCK (HEADER + UNIT)

static u8* base;
static u32 limit;
static struct block* classes[CLASSES];
static u64 filled[CLASSES / 64];
static u32 used[TLS_CONNECTIONS + 1], peak[TLS_CONNECTIONS + 1];
static u32 all_used, all_peak, blocks; /* of all connections, without the library's */
u32 tls_heap_owner, tls_heap_failures, tls_fail_allocation;

static u32 class_of(u32 size) {
  u32 units = size / UNIT;
  if (units < 4) return units;
  u32 power = 31 - __builtin_clz(units);
  return power * 4 - 4 + ((units >> (power - 2)) & 3);
}

static struct block* block_after(struct block* block) {
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

/* Returns the smallest non-empty class that is at least `class`, or NOTHING. */
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
  if (limit < MIN_BLOCK) return;
  struct block* block = (struct block*)base;
  *block = (struct block){.size = limit};
  put(block);
}

/* Shrinks `block` to `size` bytes and frees the rest, unless that is too small for a block. */
static void split(struct block* block, u32 size) {
  u32 rest = block->size - size;
  if (rest < MIN_BLOCK) return;
  block->size = size;
  struct block* other = block_after(block);
  *other = (struct block){.before = size, .size = rest};
  struct block* last = block_after(other);
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

/* Returns zeroed memory, or NULL if there is none. That fails only the connection that asked. */
void* tls_calloc(size_t number, size_t size) {
  if (base == NULL) start();
  u64 wanted = (u64)number * size;
  bool refused = tls_fail_allocation != 0 && --tls_fail_allocation == 0;
  if (refused || number > limit || size > limit || wanted > limit - MIN_BLOCK) {
    tls_heap_failures++;
    return NULL;
  }
  u32 whole = (HEADER + wanted + UNIT - 1) & -UNIT;
  if (whole < MIN_BLOCK) whole = MIN_BLOCK;
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

/* Wipes and frees a block. Every block is wiped, as any may hold secrets. */
void tls_release(void* bytes) {
  if (bytes == NULL) return;
  struct block* block = (struct block*)((u8*)bytes - HEADER);
  count(block, false);
  mbedtls_platform_zeroize(bytes, block->wanted);
  struct block* next = block_after(block);
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
  next = block_after(block);
  if (next != NULL) next->before = block->size;
  put(block);
}

/* Replaces mbedtls_free in ssl_tls13_keys.c, which on failure frees a transform without freeing
   the ciphers in it. That file frees nothing else of a transform's size. */
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
  for (u32 handle = 1; handle <= TLS_CONNECTIONS; handle++) {
    connections += tls_connection(handle) != NULL;
  }
  if (base == NULL) start();
  u32 figures[] = {all_used, all_peak, limit, blocks, used[0], tls_heap_failures, connections};
  return what < sizeof figures / sizeof *figures ? figures[what] : 0;
}
