/** How much of linear memory is in use, and how much can still be allocated. */
import { blockBytes } from "../core/block";
import { heapUsed, memoryLimit } from "./host";

/** Bytes of objects, garbage not collected yet included, and of blocks. */
export function usedMemory(): u32 {
  return heapUsed() + blockBytes();
}

/** Bytes that can still be allocated without a collection. */
export function freeMemory(): u32 {
  const taken = (__heap_base as u32) + usedMemory();
  const limit = memoryLimit();
  return limit > taken ? limit - taken : 0;
}
