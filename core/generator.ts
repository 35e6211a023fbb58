/**
 * The kernel's random generator: ChaCha20 with fast key erasure (D. J. Bernstein, "Fast-key-
 * erasure random-number generators", 2017). Each refill first replaces the key, and every word is
 * erased as it is returned, so the state reveals nothing about past output.
 *
 *     refill:  chacha(key) ─> │ new key, 8 words │ words to return ... │
 */
import { CHACHA_WORDS, chachaBlock } from "./chacha";
import { Random } from "./random";

const KEY_WORDS: u32 = 8;
const BLOCKS: u32 = 8;
const WORDS: u32 = BLOCKS * CHACHA_WORDS;
/** Separates the key streams of `add` and `refill`. */
const NONCE_REFILL: u32 = 0;
const NONCE_ADD: u32 = 1;

/** Unpredictable once `add` has collected 256 bits of entropy. */
export class Generator implements Random {
  private readonly key: StaticArray<u32> = new StaticArray<u32>(KEY_WORDS);
  private readonly buffer: StaticArray<u32> = new StaticArray<u32>(WORDS);
  /** Index of the next word to return; WORDS if the buffer is empty. */
  private next: u32 = WORDS;

  /**
   * Mixes in 64 bits and discards the buffered words. Known bits do not make the state more
   * predictable. Add all collected entropy before drawing any output.
   */
  add(value: u64): void {
    this.key[0] ^= value as u32;
    this.key[1] ^= (value >> 32) as u32;
    const buffer = changetype<usize>(this.buffer);
    chachaBlock(buffer, changetype<usize>(this.key), 0, NONCE_ADD, 0, 0);
    this.takeKey();
    memory.fill(buffer, 0, (WORDS as usize) << 2);
    this.next = WORDS;
  }

  next32(): u32 {
    if (this.next == WORDS) this.refill();
    const word = this.buffer[this.next];
    this.buffer[this.next++] = 0;
    return word;
  }

  /** Returns 64 unpredictable bits. */
  next64(): u64 {
    const low = this.next32() as u64;
    return low | ((this.next32() as u64) << 32);
  }

  /** Writes `length` random bytes to `pointer`. */
  fill(pointer: usize, length: u32): void {
    let at: u32 = 0;
    for (; at + 4 <= length; at += 4) store<u32>(pointer + at, this.next32());
    if (at == length) return;
    for (let word = this.next32(); at < length; at++, word >>>= 8) store<u8>(pointer + at, word);
  }

  private refill(): void {
    const buffer = changetype<usize>(this.buffer);
    const key = changetype<usize>(this.key);
    for (let i: u32 = 0; i < BLOCKS; i++) {
      chachaBlock(buffer + ((i * CHACHA_WORDS) << 2), key, i, NONCE_REFILL, 0, 0);
    }
    this.takeKey();
    this.next = KEY_WORDS;
  }

  /** Moves the first words of the buffer into the key. */
  private takeKey(): void {
    for (let i: u32 = 0; i < KEY_WORDS; i++) {
      this.key[i] = this.buffer[i];
      this.buffer[i] = 0;
    }
  }
}
