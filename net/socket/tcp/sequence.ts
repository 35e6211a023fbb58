/** Sequence numbers: arithmetic modulo 2^32 (RFC 9293 section 3.4). */

/** Reports whether `a` comes before `b`. */
export function before(a: u32, b: u32): bool {
  return ((a - b) as i32) < 0;
}

/** Reports whether `a` comes before `b` or equals it. */
export function atOrBefore(a: u32, b: u32): bool {
  return ((a - b) as i32) <= 0;
}

/** Returns the later of two sequence numbers. */
export function later(a: u32, b: u32): u32 {
  return ((a - b) as i32) < 0 ? b : a;
}

/** Returns the earlier of two sequence numbers. */
export function earlierOf(a: u32, b: u32): u32 {
  return ((a - b) as i32) < 0 ? a : b;
}
