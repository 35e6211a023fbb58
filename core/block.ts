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

/** Blocks of 2^index bytes that rings gave back, each with the address of the next in it. */
const waiting = new StaticArray<usize>(32);

/**
 * A block for a ring, of `bytes`, a power of two. What rings give back waits for the next of its
 * size: AssemblyScript's allocator looks for a free block among those of the next larger class,
 * and so finds one of the very size only where its neighbors were free as well. Between what
 * lives longer such holes would add up until there is no memory.
 */
export function allocateRing(bytes: u32): usize {
  const size = ctz(bytes) as i32;
  const block = waiting[size];
  if (block == 0) return allocateBlock(bytes);
  waiting[size] = load<usize>(block);
  held += bytes;
  return block;
}

/** Gives a ring's block back; `bytes` as it was allocated. */
export function freeRing(block: usize, bytes: u32): void {
  const size = ctz(bytes) as i32;
  store<usize>(block, waiting[size]);
  waiting[size] = block;
  held -= bytes;
}

/** Bytes in all blocks that are in use. */
export function blockBytes(): u32 {
  return held;
}
