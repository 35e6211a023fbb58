/**
 * Memory that devices read and write. Linear memory is physically contiguous, so any part of it is
 * suitable; devices only need alignment and the physical address.
 */
import { allocateBlock } from "../core/block";
import { dmaBase } from "./host";

/**
 * Allocates zeroed memory that is never freed. Its physical address is a multiple of `alignment`,
 * a power of two.
 */
export function allocateDma(bytes: u32, alignment: u32): usize {
  assert(alignment != 0 && (alignment & (alignment - 1)) == 0, "alignment must be a power of two");
  // Align the physical address, not the pointer.
  const base = dmaBase() as usize;
  const block = allocateBlock(bytes + alignment - 1);
  const mask = (alignment - 1) as usize;
  const pointer = ((block + base + mask) & ~mask) - base;
  memory.fill(pointer, 0, bytes);
  return pointer;
}

/** Returns the physical address of a byte of linear memory. */
export function physical(pointer: usize): u64 {
  return (pointer as u64) + dmaBase();
}
