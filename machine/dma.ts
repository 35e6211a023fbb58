/**
 * Memory that devices read and write. Linear memory is one physical block, so any part of it
 * will do; what a device needs besides is alignment and the physical address.
 */
import { allocateBlock } from "../core/block";
import { dmaBase } from "./host";

/**
 * `bytes` of zeroed memory at a multiple of `alignment` (a power of two), physically
 * contiguous, for ever. Boot time only.
 */
export function allocateDma(bytes: u32, alignment: u32): usize {
  assert(alignment != 0 && (alignment & (alignment - 1)) == 0, "alignment is no power of two");
  // The alignment that counts is that of the physical address.
  const base = dmaBase() as usize;
  const block = allocateBlock(bytes + alignment - 1);
  const mask = (alignment - 1) as usize;
  const pointer = ((block + base + mask) & ~mask) - base;
  memory.fill(pointer, 0, bytes);
  return pointer;
}

/** The physical address of a byte of linear memory. */
export function physical(pointer: usize): u64 {
  return (pointer as u64) + dmaBase();
}
