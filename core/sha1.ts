/**
 * SHA-1 (FIPS 180-4 section 6.1). Broken for signatures: only for protocols that prescribe it where
 * nothing depends on collisions, such as the handshake of WebSocket (RFC 6455 section 10.8).
 */

/** Bytes of a digest. */
export const SHA1_DIGEST: u32 = 20;
/** Bytes of a block, and of the message length at the end of the last block. */
const BLOCK: u32 = 64;
const TRAILER: u32 = 8;

/** Hashes `length` bytes at `pointer`. Returns the SHA1_DIGEST bytes of the digest. */
export function sha1(pointer: usize, length: u32): StaticArray<u8> {
  // The message, the bit 1, zeros, and the length in bits (section 5.1.1).
  const padded = new StaticArray<u8>((((length + TRAILER) / BLOCK + 1) * BLOCK) as i32);
  const start = changetype<usize>(padded);
  memory.copy(start, pointer, length);
  store<u8>(start + length, 0x80);
  store<u64>(start + padded.length - TRAILER, bswap<u64>((length as u64) << 3));
  const state: StaticArray<u32> = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const words = new StaticArray<u32>(80);
  for (let at: u32 = 0; at < (padded.length as u32); at += BLOCK) {
    digestBlock(state, words, start + at);
  }
  const digest = new StaticArray<u8>(SHA1_DIGEST);
  for (let i = 0; i < state.length; i++) {
    store<u32>(changetype<usize>(digest) + (i << 2), bswap<u32>(state[i]));
  }
  return digest;
}

/** Mixes one block into the state (section 6.1.2). */
function digestBlock(state: StaticArray<u32>, words: StaticArray<u32>, block: usize): void {
  for (let i = 0; i < 16; i++) words[i] = bswap<u32>(load<u32>(block + (i << 2)));
  for (let i = 16; i < 80; i++) {
    words[i] = rotl<u32>(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  for (let i = 0; i < 80; i++) {
    const next = rotl<u32>(a, 5) + roundTerm(i, b, c, d) + e + words[i];
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

/** Returns the sum of a round's function and constant (sections 4.1.1 and 4.2.1). */
function roundTerm(round: i32, b: u32, c: u32, d: u32): u32 {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}
