/** Random numbers from a seed (xoshiro128**, seeded by splitmix32). */

export class Random {
  private readonly state = new Uint32Array(4);

  constructor(seed: number) {
    let x = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) >>> 0;
      let z = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.state[i] = z ^ (z >>> 15);
    }
  }

  /** Returns 32 random bits. */
  bits(): number {
    const s = this.state;
    const x = Math.imul(s[1], 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }
  /** Returns a fraction from 0 up to, but not including, 1. */
  fraction(): number {
    return this.bits() / 2 ** 32;
  }
  /** Returns an integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }
  /** Returns an integer from 0 up to, but not including, `bound`. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }
  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let i = 0; i < length; i++) bytes[i] = this.bits();
    return bytes;
  }
  /** Returns an independent generator: draws from one do not change those from the other. */
  fork(): Random {
    return new Random(this.bits());
  }
}
