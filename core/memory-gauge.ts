/** Reports free memory to code that limits what input may allocate. */
export interface MemoryGauge {
  /** Bytes of the heap that are free. */
  freeBytes(): u32;
}
