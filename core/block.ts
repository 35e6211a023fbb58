/**
 * Blocks of memory outside the garbage collector, for buffers and tables. They are freed
 * explicitly, if at all, and counted, so that the command `free` shows leaks.
 */
import { RING_SPARE_BYTES } from "./limits";

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
/** Bytes of the blocks in those lists. */
let spare: u32 = 0;

/**
 * Allocates a block for a ring or one of its pages; `bytes` must be a power of two. Some freed
 * blocks are kept for the next use of their size. AssemblyScript's allocator starts its search in
 * the next larger size class: it would never reuse a free block of exactly this size.
 */
export function allocateRing(bytes: u32): usize {
  const block = reuseRing(bytes);
  return block != 0 ? block : allocateBlock(bytes);
}

/** Takes a block of `bytes`, a power of two, from its free list; returns 0 if the list is empty. */
export function reuseRing(bytes: u32): usize {
  const list = freeList(bytes);
  const block = load<usize>(list);
  if (block == 0) return 0;
  store<usize>(list, load<usize>(block));
  held += bytes;
  spare -= bytes;
  return block;
}

/** Frees a ring's block; `bytes` must be its allocated size. */
export function freeRing(block: usize, bytes: u32): void {
  if (spare + bytes > RING_SPARE_BYTES) {
    freeBlock(block, bytes);
    return;
  }
  const list = freeList(bytes);
  store<usize>(block, load<usize>(list));
  store<usize>(list, block);
  held -= bytes;
  spare += bytes;
}

/** Returns the address of the first entry of a free list. */
function freeList(bytes: u32): usize {
  return changetype<usize>(freeLists) + ((ctz(bytes) as usize) << alignof<usize>());
}

/** Gives the blocks kept for rings back to the heap, because its memory is short. */
export function freeSpareRings(): void {
  for (let i = 0; i < freeLists.length; i++) {
    let block = freeLists[i];
    freeLists[i] = 0;
    while (block != 0) {
      const next = load<usize>(block);
      heap.free(block);
      block = next;
    }
  }
  spare = 0;
}

/** Returns the bytes of freed blocks that are kept for rings. */
export function spareBytes(): u32 {
  return spare;
}

/** Returns the bytes in all allocated blocks. */
export function blockBytes(): u32 {
  return held;
}
