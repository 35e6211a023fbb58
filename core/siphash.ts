/**
 * SipHash-2-4: a keyed hash of short inputs that is unpredictable without the key
 * (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012).
 *
 * The four words of state are local variables: nothing is allocated or retained.
 */

/**
 * Hashes `length` bytes at `pointer` under a 128-bit key: `key0` holds its bytes 0 to 7 and `key1`
 * bytes 8 to 15, in little-endian order.
 */
export function siphash(key0: u64, key1: u64, pointer: usize, length: u32): u64 {
  let v0 = key0 ^ 0x736f6d6570736575;
  let v1 = key1 ^ 0x646f72616e646f6d;
  let v2 = key0 ^ 0x6c7967656e657261;
  let v3 = key1 ^ 0x7465646279746573;
  const words = length >>> 3;
  // Two rounds for each word, including the tail, then four final rounds.
  for (let i: u32 = 0; i <= words + 1; i++) {
    let word: u64 = 0;
    let rounds = 2;
    if (i < words) {
      word = load<u64>(pointer + (i << 3));
    } else if (i == words) {
      word = tail(pointer + (words << 3), length);
    } else {
      v2 ^= 0xff;
      rounds = 4;
    }
    v3 ^= word;
    for (; rounds > 0; rounds--) {
      v0 += v1;
      v2 += v3;
      v1 = rotl<u64>(v1, 13) ^ v0;
      v3 = rotl<u64>(v3, 16) ^ v2;
      v0 = rotl<u64>(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = rotl<u64>(v1, 17) ^ v2;
      v3 = rotl<u64>(v3, 21) ^ v0;
      v2 = rotl<u64>(v2, 32);
    }
    v0 ^= word;
  }
  return v0 ^ v1 ^ v2 ^ v3;
}

/** Returns the last 0 to 7 bytes, with the length modulo 256 in the highest byte. */
function tail(pointer: usize, length: u32): u64 {
  let word = (length as u64) << 56;
  const rest = length & 7;
  for (let i: u32 = 0; i < rest; i++) word |= (load<u8>(pointer + i) as u64) << (8 * i);
  return word;
}
