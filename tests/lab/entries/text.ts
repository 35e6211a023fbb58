/** Strings between Node and a test's module: UTF-8 at an address. */

/** Returns the string whose UTF-8 bytes Node put at `pointer`. */
export function textAt(pointer: usize, length: u32): string {
  return String.UTF8.decodeUnsafe(pointer, length);
}

/** A block of `length` bytes for Node to fill; never freed, as a test's module is short-lived. */
export function allocateBytes(length: u32): usize {
  return heap.alloc(length);
}
