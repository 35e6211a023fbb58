/**
 * Blocks of memory that the garbage collector does not know: buffers and tables, given back by
 * hand if at all, and counted, so that `free` can tell when one is lost.
 */

let held: u32 = 0;

/** `bytes` of memory; traps when there is none, so who allocates on demand asks for room first. */
export function allocateBlock(bytes: u32): usize {
  held += bytes;
  return heap.alloc(bytes as usize);
}

/** Gives a block back; `bytes` as it was allocated. */
export function freeBlock(pointer: usize, bytes: u32): void {
  held -= bytes;
  heap.free(pointer);
}

/** Bytes in all blocks. */
export function blockBytes(): u32 {
  return held;
}
