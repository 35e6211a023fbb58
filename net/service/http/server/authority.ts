/** The authority of a request: in its Host field or its target (RFC 3986 section 3.2). */
import { hexValue, parseDecimal } from "../../../../core/text";

/**
 * Sets of characters: c is in a set if bit c of its first word (c < 64) or bit c - 64 of its second
 * word is set.
 */
const NAME_LOW: u64 = 0x2bff6fd200000000;
const NAME_HIGH: u64 = 0x47fffffe87fffffe;
const LITERAL_LOW: u64 = 0x7ff400000000000;
const LITERAL_HIGH: u64 = 0x7fffffe07fffffe;

/** Reports whether bytes are `host [":" port]`, with a host that is not empty. */
export function isAuthority(pointer: usize, length: u32): bool {
  const bracketed = length > 0 && load<u8>(pointer) == 0x5b;
  const end = bracketed ? literalEnd(pointer, length) : nameEnd(pointer, length);
  if (end == 0) return false;
  if (end == length) return true;
  if (load<u8>(pointer + end) != 0x3a) return false;
  // The port may be empty.
  const digits = length - end - 1;
  return digits == 0 || (digits < 20 && isPort(parseDecimal(pointer + end + 1, digits)));
}

function isPort(value: i64): bool {
  return value >= 0 && value <= 65535;
}

/**
 * Returns the length of a name or an IPv4 address: unreserved and percent-encoded characters, and
 * sub-delims other than ",". Returns 0 if a "%" lacks two digits.
 */
function nameEnd(pointer: usize, length: u32): u32 {
  let at: u32 = 0;
  while (at < length) {
    const c = load<u8>(pointer + at);
    if (c == 0x25) {
      if (at + 2 >= length || hexValue(load<u8>(pointer + at + 1)) < 0) return 0;
      if (hexValue(load<u8>(pointer + at + 2)) < 0) return 0;
      at += 3;
    } else if (isIn(c, NAME_LOW, NAME_HIGH)) at++;
    else break;
  }
  return at;
}

/** Returns the length of a bracketed address, or 0 if it is malformed. */
function literalEnd(pointer: usize, length: u32): u32 {
  for (let at: u32 = 1; at < length; at++) {
    const c = load<u8>(pointer + at);
    if (c == 0x5d) return at > 1 ? at + 1 : 0;
    if (!isIn(c, LITERAL_LOW, LITERAL_HIGH)) return 0;
  }
  return 0;
}

function isIn(c: u32, low: u64, high: u64): bool {
  return c < 128 && (((c < 64 ? low : high) >> (c & 63)) & 1) != 0;
}
