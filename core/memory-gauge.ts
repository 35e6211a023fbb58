/** How much memory is left, for those who bound by it what input can take. */
export interface MemoryGauge {
  /** Bytes of the heap that are free. */
  freeBytes(): u32;
}
