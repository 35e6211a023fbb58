/** Decodes UTF-8 (RFC 3629) byte by byte, so a character may arrive in pieces. */

/** U+FFFD, which replaces invalid bytes. */
export const REPLACEMENT: i32 = 0xfffd;
/** Returned by `push` while a character is incomplete. */
export const INCOMPLETE: i32 = -1;

/** Keeps an incomplete character between calls. */
export class Utf8Decoder {
  /** Set by `push` if its byte interrupted an incomplete sequence. */
  broken: bool = false;
  private value: u32 = 0;
  private missing: u32 = 0;
  private lowest: u32 = 0x80;
  private highest: u32 = 0xbf;

  /** Returns the code point that `byte` completes, INCOMPLETE, or REPLACEMENT if it is invalid. */
  push(byte: u32): i32 {
    this.broken = false;
    if (this.missing > 0) {
      if (byte >= this.lowest && byte <= this.highest) {
        this.value = (this.value << 6) | (byte & 0x3f);
        this.missing--;
        this.lowest = 0x80;
        this.highest = 0xbf;
        return this.missing == 0 ? (this.value as i32) : INCOMPLETE;
      }
      this.missing = 0;
      this.broken = true;
    }
    if (byte < 0x80) return byte;
    return this.begin(byte);
  }

  /** Decodes `length` bytes; U+FFFD stands for each invalid byte and each interrupted sequence. */
  decode(pointer: usize, length: u32): string {
    // A byte yields at most two units, plus one for a sequence that it interrupts.
    const units = new StaticArray<u16>(3 * length);
    const start = changetype<usize>(units);
    let count: u32 = 0;
    for (let i: u32 = 0; i < length; i++) {
      const point = this.push(load<u8>(pointer + i));
      if (this.broken) count += storeUtf16(start + 2 * count, REPLACEMENT);
      if (point != INCOMPLETE) count += storeUtf16(start + 2 * count, point);
    }
    return String.UTF16.decodeUnsafe(start, 2 * count);
  }

  /** Starts a sequence; the bounds of the second byte exclude overlong forms and surrogates. */
  private begin(byte: u32): i32 {
    this.lowest = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    this.highest = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    if (byte >= 0xc2 && byte <= 0xdf) {
      this.missing = 1;
      this.value = byte & 0x1f;
    } else if (byte >= 0xe0 && byte <= 0xef) {
      this.missing = 2;
      this.value = byte & 0x0f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      this.missing = 3;
      this.value = byte & 0x07;
    } else {
      return REPLACEMENT;
    }
    return INCOMPLETE;
  }
}

/** Writes a code point as UTF-16 to `destination`. Returns the number of units, 1 or 2. */
function storeUtf16(destination: usize, point: u32): u32 {
  if (point < 0x10000) {
    store<u16>(destination, point as u16);
    return 1;
  }
  store<u16>(destination, (0xd800 + ((point - 0x10000) >> 10)) as u16);
  store<u16>(destination, (0xdc00 + (point & 0x3ff)) as u16, 2);
  return 2;
}
