/** Used and free linear memory. */
import { blockBytes, spareBytes } from "../core/block";
import { heapUsed, memoryLimit, memoryRegion, memoryRegionCount } from "./host";

/** The type of a memory region that is RAM (Multiboot 0.6.96 section 3.3). */
const USABLE: u64 = 1;

/** Returns the bytes of objects, including uncollected garbage, and of blocks. */
export function usedMemory(): u32 {
  return heapUsed() + blockBytes();
}

/** Returns the bytes that can be allocated without a collection. */
export function freeMemory(): u32 {
  const taken = (__heap_base as u32) + usedMemory() + spareBytes();
  const limit = memoryLimit();
  return limit > taken ? limit - taken : 0;
}

/** The machine's RAM: the regions that the boot loader reported as usable. */
export function usableMemory(): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < memoryRegionCount(); i++) {
    if (memoryRegion(i, 2) == USABLE) sum += memoryRegion(i, 1);
  }
  return sum;
}
