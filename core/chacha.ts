/** The ChaCha20 block function (RFC 8439 section 2.3). */

/** 32-bit words per block (64 bytes). */
export const CHACHA_WORDS: u32 = 16;

/** The four words "expa" "nd 3" "2-by" "te k" (RFC 8439 section 2.3). */
const CONSTANT: StaticArray<u32> = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

/** The working state, cleared after each block: not reentrant. */
const work: StaticArray<u32> = new StaticArray<u32>(16);

/**
 * Writes one 64-byte block of key stream to `output`, computed from a 32-byte `key`, a block
 * `counter` and a nonce of three words. All words are little-endian. `output` may overlap `key`.
 */
export function chachaBlock(
  output: usize,
  key: usize,
  counter: u32,
  nonce0: u32,
  nonce1: u32,
  nonce2: u32,
): void {
  const w = work;
  setUp(w, key, counter, nonce0, nonce1, nonce2);
  for (let i = 0; i < 10; i++) {
    quarterRound(w, 0, 4, 8, 12);
    quarterRound(w, 1, 5, 9, 13);
    quarterRound(w, 2, 6, 10, 14);
    quarterRound(w, 3, 7, 11, 15);
    quarterRound(w, 0, 5, 10, 15);
    quarterRound(w, 1, 6, 11, 12);
    quarterRound(w, 2, 7, 8, 13);
    quarterRound(w, 3, 4, 9, 14);
  }
  for (let i = 0; i < 4; i++) w[i] += CONSTANT[i];
  for (let i = 0; i < 8; i++) w[4 + i] += load<u32>(key + ((i as usize) << 2));
  w[12] += counter;
  w[13] += nonce0;
  w[14] += nonce1;
  w[15] += nonce2;
  for (let i = 0; i < 16; i++) {
    store<u32>(output + ((i as usize) << 2), w[i]);
    w[i] = 0;
  }
}

/** Sets up the initial state: constants, key, counter, nonce (RFC 8439 section 2.3). */
function setUp(
  w: StaticArray<u32>,
  key: usize,
  counter: u32,
  nonce0: u32,
  nonce1: u32,
  nonce2: u32,
): void {
  for (let i = 0; i < 4; i++) w[i] = CONSTANT[i];
  for (let i = 0; i < 8; i++) w[4 + i] = load<u32>(key + ((i as usize) << 2));
  w[12] = counter;
  w[13] = nonce0;
  w[14] = nonce1;
  w[15] = nonce2;
}

/** The quarter round (RFC 8439 section 2.1). */
function quarterRound(w: StaticArray<u32>, ia: i32, ib: i32, ic: i32, id: i32): void {
  let a = w[ia];
  let b = w[ib];
  let c = w[ic];
  let d = w[id];
  a += b;
  d = rotl<u32>(d ^ a, 16);
  c += d;
  b = rotl<u32>(b ^ c, 12);
  a += b;
  d = rotl<u32>(d ^ a, 8);
  c += d;
  b = rotl<u32>(b ^ c, 7);
  w[ia] = a;
  w[ib] = b;
  w[ic] = c;
  w[id] = d;
}
