/**
 * Randomness as an object that is passed in. Everything unpredictable on the wire (ports,
 * identifiers, the secret of sequence numbers, jitter) is drawn from one.
 */

export interface Random {
  /** Returns 32 unpredictable bits. */
  next32(): u32;
}

/** Returns a uniform number in [0, bound), bound > 0, without modulo bias. */
export function randomBelow(random: Random, bound: u32): u32 {
  const limit = u32.MAX_VALUE - (u32.MAX_VALUE % bound);
  let value = random.next32();
  while (value >= limit) value = random.next32();
  return value % bound;
}
