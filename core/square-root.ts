/** Square roots of integers: the kernel has no floating point. */

/** Returns the integer square root of a value below 2^62, bit by bit. */
export function squareRoot(value: i64): i64 {
  let root: i64 = 0;
  for (let bit: i64 = 1 << 30; bit > 0; bit >>= 1) {
    const next = root + bit;
    if (next <= value / next) root = next;
  }
  return root;
}
