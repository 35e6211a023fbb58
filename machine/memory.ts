/** How much of linear memory is in use, and how much there can still be. */
import { blockBytes } from "../core/block";
import { heapUsed, memoryLimit } from "./host";

/** Bytes of objects, of garbage that was not collected yet, and of blocks. */
export function usedMemory(): u32 {
  return heapUsed() + blockBytes();
}

/** Bytes that can still be allocated; a collection may add to them. */
export function freeMemory(): u32 {
  const taken = (__heap_base as u32) + usedMemory();
  const limit = memoryLimit();
  return limit > taken ? limit - taken : 0;
}
