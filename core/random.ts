/**
 * Randomness as an object that is handed in: everything unpredictable on the wire (ports,
 * identifiers, sequence numbers' secret, jitter) is drawn from one of these.
 */

export interface Random {
  /** 32 unpredictable bits. */
  next32(): u32;
}

/** A uniform number in [0, bound), bound > 0, without the bias of a plain remainder. */
export function randomBelow(random: Random, bound: u32): u32 {
  const limit = u32.MAX_VALUE - (u32.MAX_VALUE % bound);
  let value = random.next32();
  while (value >= limit) value = random.next32();
  return value % bound;
}
