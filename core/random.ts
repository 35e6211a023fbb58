/**
 * Randomness as an explicit dependency: ports, identifiers, the secret of sequence numbers and
 * jitter come from an object that is passed in.
 */

/** A source of random bits. */
export interface Random {
  /** Returns 32 unpredictable bits. */
  next32(): u32;
}

/** Returns a uniform number in [0, bound) without modulo bias; `bound` must not be 0. */
export function randomBelow(random: Random, bound: u32): u32 {
  const limit = u32.MAX_VALUE - (u32.MAX_VALUE % bound);
  let value = random.next32();
  while (value >= limit) value = random.next32();
  return value % bound;
}
