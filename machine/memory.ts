/** Used and free linear memory. */
import { blockBytes, spareBytes } from "../core/block";
import { heapUsed, memoryLimit } from "./host";

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
