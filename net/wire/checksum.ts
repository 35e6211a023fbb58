/**
 * The Internet checksum (RFC 1071) of IPv4, ICMP, UDP and TCP: the complement of the
 * ones-complement sum of 16-bit words.
 *
 * The sum does not depend on byte order (RFC 1071 section 2 B) or word width (2 C), so it is
 * computed over little-endian 64-bit words, four per round, and folded once at the end. A folded
 * sum is in memory order: `store<u16>` writes it without swapping bytes.
 */

/**
 * Returns `initial` plus the sum of `length` bytes. An odd last byte counts as the low half of a
 * word, so if several blocks are summed one after the other, only the last may have an odd length.
 */
export function sum(pointer: usize, length: u32, initial: u64 = 0): u64 {
  let total = initial;
  let at = pointer;
  const end = pointer + length;
  if (length >= 32) {
    do {
      total = addWrapping(total, load<u64>(at));
      total = addWrapping(total, load<u64>(at, 8));
      total = addWrapping(total, load<u64>(at, 16));
      total = addWrapping(total, load<u64>(at, 24));
      at += 32;
    } while (at + 32 <= end);
    total = narrow(total);
  }
  while (at + 4 <= end) {
    total += load<u32>(at) as u64;
    at += 4;
  }
  if ((length & 2) != 0) {
    total += load<u16>(at) as u64;
    at += 2;
  }
  if ((length & 1) != 0) total += load<u8>(at) as u64;
  return total;
}

/** Returns the 64-bit ones-complement sum: a carry out of the top is added at the bottom. */
function addWrapping(total: u64, word: u64): u64 {
  const sum = total + word;
  return sum + u64(sum < word);
}

/** Adds the halves of a 64-bit sum, so that adding more sums to it does not overflow. */
function narrow(total: u64): u64 {
  return (total & 0xffffffff) + (total >> 32);
}

/** Folds a sum to 16 bits, in memory order. The result is not complemented. */
export function fold(sum: u64): u16 {
  let folded = narrow(sum);
  folded = (folded & 0xffff) + (folded >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  return ((folded & 0xffff) + (folded >> 16)) as u16;
}

/**
 * Returns the checksum of `length` bytes and `initial`, ready for `store<u16>`. It is 0 for a block
 * that contains its own correct checksum.
 */
export function checksum(pointer: usize, length: u32, initial: u64 = 0): u16 {
  return ~fold(sum(pointer, length, initial));
}

/**
 * Copies `length` bytes and returns `initial` plus their sum, in one pass. The blocks may overlap
 * only if `destination` is below `source`.
 */
export function copyAndSum(destination: usize, source: usize, length: u32, initial: u64): u64 {
  let total = initial;
  let to = destination;
  let at = source;
  const end = source + length;
  if (length >= 32) {
    do {
      total = copyRound(to, at, total);
      at += 32;
      to += 32;
    } while (at + 32 <= end);
    total = narrow(total);
  }
  while (at + 4 <= end) {
    const word = load<u32>(at);
    store<u32>(to, word);
    total += word as u64;
    at += 4;
    to += 4;
  }
  if ((length & 2) != 0) {
    const word = load<u16>(at);
    store<u16>(to, word);
    total += word as u64;
    at += 2;
    to += 2;
  }
  if ((length & 1) != 0) {
    const last = load<u8>(at);
    store<u8>(to, last);
    total += last as u64;
  }
  return total;
}

/** Copies and sums 32 bytes: one round of `copyAndSum`. */
function copyRound(to: usize, at: usize, initial: u64): u64 {
  const a = load<u64>(at);
  const b = load<u64>(at, 8);
  const c = load<u64>(at, 16);
  const d = load<u64>(at, 24);
  store<u64>(to, a);
  store<u64>(to, b, 8);
  store<u64>(to, c, 16);
  store<u64>(to, d, 24);
  const half = addWrapping(addWrapping(initial, a), b);
  return addWrapping(addWrapping(half, c), d);
}
