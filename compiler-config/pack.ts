/**
 * Packs bytes for machine/native/unpack.c: the module's data and the table for backtraces.
 *
 * The format is LZ77, coded bit by bit with a binary arithmetic coder, whose probabilities adapt
 * in each context, as in LZMA (Martin 1979, Range encoding). After the number of bytes, a u32,
 * comes a sequence of:
 *
 *     0, literal                 a byte, in the context of the byte `step` bytes before
 *     1, 1, length - 1           repeats `length` bytes at the distance of the last match
 *     1, 0, distance, length - 1 repeats `length` bytes, at least 2, at a distance of 1 or more
 *
 * A number is its length in bits in unary, then its bits below the highest one.
 */

/** The first context of each kind of bit; unpack.c has the same numbers. */
export const CONTEXTS = { match: 0, again: 2, distance: 64, length: 2048, literal: 4096 };
const CONTEXT_COUNT = CONTEXTS.literal + 65536;
const TOP = 2 ** 24;
/** At most this many earlier places are tried as the source of a match. */
const TRIES = 64;
/** The bits that a literal takes, roughly; a match must take less. */
const LITERAL_BITS = 5.5;

/** Encodes bits with probabilities of 12 bits. */
class RangeEncoder {
  readonly bytes: number[] = [];
  private readonly chances = new Uint16Array(CONTEXT_COUNT).fill(2048);
  private low = 0;
  private range = 2 ** 32 - 1;

  put(context: number, bit: number): void {
    const chance = this.chances[context];
    const bound = (this.range >>> 12) * chance;
    if (bit) {
      this.range = bound;
      this.chances[context] += (4096 - chance) >> 4;
    } else {
      this.low += bound;
      this.range -= bound;
      this.chances[context] -= chance >> 4;
    }
    for (; this.range < TOP; this.range *= 256) this.shift();
  }

  putNumber(context: number, value: number): void {
    const bits = 31 - Math.clz32(value);
    for (let i = 0; i < bits; i++) this.put(context + i, 1);
    this.put(context + bits, 0);
    for (let left = bits - 1; left >= 0; left--) {
      this.put(context + 32 * (bits + 1) + left, (value >>> left) & 1);
    }
  }

  finish(): number[] {
    for (let i = 0; i < 4; i++) this.shift();
    return this.bytes;
  }

  /** Moves the highest byte of `low`, which may carry into those before, to the output. */
  private shift(): void {
    if (this.low >= 2 ** 32) {
      this.low -= 2 ** 32;
      let i = this.bytes.length - 1;
      for (; this.bytes[i] === 255; i--) this.bytes[i] = 0;
      this.bytes[i]++;
    }
    this.bytes.push(Math.floor(this.low / TOP));
    this.low = (this.low % TOP) * 256;
  }
}

interface Match {
  length: number;
  distance: number;
  /** The bits that it saves against literals, roughly. */
  gain: number;
}

/** Finds repetitions in bytes, from left to right. */
class Matcher {
  private readonly latest = new Map<number, number>();
  private readonly earlier: Int32Array;

  constructor(private readonly bytes: Uint8Array) {
    this.earlier = new Int32Array(bytes.length).fill(-1);
  }

  private key(at: number): number {
    const { bytes } = this;
    return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
  }

  /** Adds a place that later matches may copy from. */
  add(at: number): void {
    this.earlier[at] = this.latest.get(this.key(at)) ?? -1;
    this.latest.set(this.key(at), at);
  }

  /** Returns the best match at a place; `last` is the distance of the last match. */
  find(at: number, last: number): Match {
    let best = this.measure(at, last, last);
    let candidate = this.latest.get(this.key(at)) ?? -1;
    for (let i = 0; candidate >= 0 && i < TRIES; i++) {
      const found = this.measure(at, at - candidate, last);
      if (found.gain > best.gain) best = found;
      candidate = this.earlier[candidate];
    }
    return best;
  }

  private measure(at: number, distance: number, last: number): Match {
    const { bytes } = this;
    let length = 0;
    while (at + length < bytes.length && bytes[at + length] === bytes[at + length - distance]) {
      length++;
    }
    const bits = distance === last ? 3 : 4 + Math.log2(distance) + 1.5 * Math.log2(length);
    const gain = distance > at || length < 2 ? 0 : length * LITERAL_BITS - bits;
    return { length, distance, gain };
  }
}

/** Packs bytes in which similar things are `step` bytes apart. */
export function pack(bytes: Uint8Array, step: number): Uint8Array {
  const { match, again, distance, length, literal } = CONTEXTS;
  const encoder = new RangeEncoder();
  const matcher = new Matcher(bytes);
  let [last, matched] = [1, 0];
  for (let at = 0; at < bytes.length; ) {
    const found = matcher.find(at, last);
    matcher.add(at);
    const better = found.gain > 0 && matcher.find(at + 1, last).gain > found.gain + LITERAL_BITS;
    if (found.gain > 0 && !better) {
      encoder.put(match + matched, 1);
      encoder.put(again, found.distance === last ? 1 : 0);
      if (found.distance !== last) encoder.putNumber(distance, found.distance);
      encoder.putNumber(length, found.length - 1);
      for (let i = 1; i < found.length; i++) matcher.add(at + i);
      at += found.length;
      [last, matched] = [found.distance, 1];
    } else {
      encoder.put(match + matched, 0);
      const context = literal + 256 * (bytes[at - step] ?? 0);
      for (let part = 1, left = 7; left >= 0; left--) {
        const bit = (bytes[at] >> left) & 1;
        encoder.put(context + part, bit);
        part = 2 * part + bit;
      }
      at++;
      matched = 0;
    }
  }
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  return Buffer.concat([size, Buffer.from(encoder.finish())]);
}
