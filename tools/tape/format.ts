/**
 * The format of a tape: everything that entered and left a kernel, in order, as a list of boots.
 *
 *     boot   = BOOT, eight bytes of the module's SHA-256, limit of memory in pages, { call | act }
 *     call   = code, numbers, { call | act }, (RETURNED, [result] | TRAPPED)     into the kernel
 *     act    = code, numbers, checksums of bytes given, [result], [bytes taken]  out of the kernel
 *
 * A boot may end after any call or act, even within a call. If an act ends it, such as a reset,
 * that act has no result. An interrupt that arrives during an act is recorded before the act.
 *
 * Each parameter of each function has a place of its own, and so has its result. A number is stored
 * as its difference from the last number in its place, zigzag-encoded, in LEB128, so the value of a
 * polled register or a clock takes a byte or two. A checksum is FNV-1a of 32 bits.
 */
import { createHash } from "node:crypto";

export const RETURNED = 4;
export const TRAPPED = 5;
export const BOOT = 0xb0;

/** Exports that the machine calls, by code. `interrupt` has a parameter, `turn` a result. */
export const CALLS = ["boot", "turn", "interrupt", "__collect"];
export const [TURN, INTERRUPT] = [1, 2];
/** The code of the first imported function. */
export const FIRST_ACT = 8;
/** Places per function: one for each parameter, the last for the result. */
export const PLACES = 8;
export const RESULT = PLACES - 1;

const CHUNK = 1 << 16;
/** More than the bytes of any act, not counting bytes taken. */
const MARGIN = 256;
const HASH_BYTES = 8;

const fingerprints = new WeakMap<Uint8Array, Buffer>();

/** Returns the bytes that identify a kernel on a tape. Cached, so `kernel` must not change. */
export function fingerprint(kernel: Uint8Array): Buffer {
  const known = fingerprints.get(kernel);
  if (known !== undefined) return known;
  const made = createHash("sha256").update(kernel).digest().subarray(0, HASH_BYTES);
  fingerprints.set(kernel, made);
  return made;
}

/** The last number in each place. */
class LastNumbers {
  readonly narrow = new Int32Array(256 * PLACES);
  readonly wide: bigint[] = new Array(256 * PLACES).fill(0n);
  /** `wide` as numbers; NaN if not exact. */
  readonly exact = new Float64Array(256 * PLACES);
}

/** Returns the zigzag-encoded difference of a number from the last one in its place. */
function step(last: Int32Array, place: number, value: number): number {
  const difference = (value - last[place]) | 0;
  last[place] = value;
  return (difference << 1) ^ (difference >> 31);
}

/** FNV-1a, 32 bits. */
export function checksum(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash;
}

/** Writes a tape to `sink`, which must not keep the bytes that it is passed. */
export class TapeWriter {
  private last = new LastNumbers();
  private readonly buffer = new Uint8Array(CHUNK);
  private used = 0;

  constructor(private readonly sink: (bytes: Uint8Array) => void) {}

  boot(fingerprint: Uint8Array, pages: number): void {
    this.last = new LastNumbers();
    this.code(BOOT);
    this.bytes(fingerprint);
    this.word(pages);
  }

  /** Begins a call or an act. */
  code(code: number): void {
    if (this.used > CHUNK - MARGIN) this.flush();
    this.buffer[this.used++] = code;
  }

  /** Writes a number of 32 bits. */
  narrow(place: number, value: number): void {
    this.leb(step(this.last.narrow, place, value));
  }

  /** Writes a code and two narrow numbers, which is the form of most acts. */
  short(code: number, first: number, a: number, second: number, b: number): void {
    if (this.used > CHUNK - MARGIN) this.flush();
    const { buffer, last } = this;
    const [one, two] = [step(last.narrow, first, a), step(last.narrow, second, b)];
    const { used } = this;
    buffer[used] = code;
    if (((one | two) & ~127) === 0) {
      buffer[used + 1] = one;
      buffer[used + 2] = two;
      this.used = used + 3;
      return;
    }
    this.used = used + 1;
    this.leb(one);
    this.leb(two);
  }

  /** Writes a number of 64 bits. */
  wide(place: number, value: bigint): void {
    const { wide, exact } = this.last;
    const before = wide[place];
    wide[place] = value;
    // Most values are near the last one, and exact numbers take half the time of bigints.
    const number = Number(value);
    const small = number - exact[place];
    exact[place] = Number.isSafeInteger(number) ? number : Number.NaN;
    if (small < 2 ** 31 && small >= -(2 ** 31) && Number.isSafeInteger(number)) {
      this.leb((small << 1) ^ (small >> 31));
      return;
    }
    const difference = BigInt.asIntN(64, value - before);
    let rest = difference < 0n ? -2n * difference - 1n : 2n * difference;
    for (; rest > 0xffff_ffffn; rest >>= 7n) this.buffer[this.used++] = Number(rest & 127n) | 128;
    this.leb(Number(rest));
  }

  /** Writes four bytes, little-endian. */
  word(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.buffer[this.used++] = value >>> shift;
  }

  bytes(bytes: Uint8Array): void {
    if (this.used + bytes.length > CHUNK - MARGIN) this.flush();
    if (bytes.length > CHUNK - MARGIN) this.sink(bytes);
    else {
      this.buffer.set(bytes, this.used);
      this.used += bytes.length;
    }
  }

  flush(): void {
    if (this.used > 0) this.sink(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  private leb(value: number): void {
    const { buffer } = this;
    let { used } = this;
    let rest = value >>> 0;
    for (; rest > 127; rest >>>= 7) buffer[used++] = (rest & 127) | 128;
    buffer[used] = rest;
    this.used = used + 1;
  }
}

/** Thrown at the end of a boot's part of the tape, where the recorded machine stopped. */
export class TapeEnded extends Error {}

export class TapeReader {
  at = 0;
  private last = new LastNumbers();
  private readonly head: Uint8Array;

  constructor(private readonly tape: Uint8Array) {
    this.head = tape.subarray(0, 1 + HASH_BYTES + 4);
  }

  /** Returns the next byte, or -1 at the end. */
  peek(): number {
    return this.at < this.tape.length ? this.tape[this.at] : -1;
  }

  /** Reports whether this boot ends here: at the end of the tape or the head of another boot. */
  ended(): boolean {
    if (this.peek() !== BOOT) return this.peek() < 0;
    return this.head.every((byte, i) => this.tape[this.at + i] === byte);
  }

  /** Reads the head of a boot, which is the same for all boots of a tape. */
  boot(): { fingerprint: Uint8Array; pages: number } {
    if (!this.ended() || this.peek() < 0) throw new Error("not a tape: no boot begins here");
    this.last = new LastNumbers();
    this.code();
    return { fingerprint: this.bytes(HASH_BYTES), pages: this.word() >>> 0 };
  }

  code(): number {
    if (this.at >= this.tape.length) throw new TapeEnded();
    return this.tape[this.at++];
  }

  /** Reads a number of 32 bits, unsigned. */
  narrow(place: number): number {
    let [rest, scale] = [0, 1];
    for (let byte = 128; byte > 127; scale *= 128) {
      byte = this.code();
      rest += (byte & 127) * scale;
    }
    const value = (this.last.narrow[place] + ((rest >>> 1) ^ -(rest & 1))) | 0;
    this.last.narrow[place] = value;
    return value >>> 0;
  }

  /** Reads a number of 64 bits, unsigned. */
  wide(place: number): bigint {
    let rest = 0n;
    for (let [byte, shift] = [128, 0n]; byte > 127; shift += 7n) {
      byte = this.code();
      rest |= BigInt(byte & 127) << shift;
    }
    const difference = rest & 1n ? -(rest >> 1n) - 1n : rest >> 1n;
    const value = BigInt.asUintN(64, this.last.wide[place] + difference);
    this.last.wide[place] = value;
    return value;
  }

  word(): number {
    const bytes = this.bytes(4);
    return bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24);
  }

  bytes(length: number): Uint8Array {
    const start = this.at;
    this.at += length;
    if (this.at > this.tape.length) throw new TapeEnded();
    return this.tape.subarray(start, this.at);
  }
}
