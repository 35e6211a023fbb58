/**
 * Blocks of memory outside the garbage collector, for buffers and tables. They are freed
 * explicitly, if at all, and counted, so that the command `free` shows leaks.
 */

/** Bytes in all allocated blocks. */
let held: u32 = 0;

/** Allocates a block. Traps if out of memory: check for free memory before allocating on demand. */
export function allocateBlock(bytes: u32): usize {
  held += bytes;
  return heap.alloc(bytes as usize);
}

/** Frees a block; `bytes` must be its allocated size. */
export function freeBlock(pointer: usize, bytes: u32): void {
  held -= bytes;
  heap.free(pointer);
}

/** Free lists of ring blocks of 2^index bytes; each block holds the address of the next. */
const freeLists = new StaticArray<usize>(32);

/**
 * Allocates a block for a ring; `bytes` must be a power of two. Freed ring blocks are kept for the
 * next ring of their size. AssemblyScript's allocator starts its search in the next larger size
 * class: it would never reuse a free block of exactly this size, and would fragment the memory.
 */
export function allocateRing(bytes: u32): usize {
  const size = ctz(bytes) as i32;
  const block = freeLists[size];
  if (block == 0) return allocateBlock(bytes);
  freeLists[size] = load<usize>(block);
  held += bytes;
  return block;
}

/** Frees a ring's block; `bytes` must be its allocated size. */
export function freeRing(block: usize, bytes: u32): void {
  const size = ctz(bytes) as i32;
  store<usize>(block, freeLists[size]);
  freeLists[size] = block;
  held -= bytes;
}

/** Returns the bytes in all allocated blocks. */
export function blockBytes(): u32 {
  return held;
}
