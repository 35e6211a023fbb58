/**
 * Reads a string in valid JSON text, one UTF-16 unit at a time. Decodes UTF-8 and escapes (RFC 8259
 * section 7) without allocating.
 */
import { hexValue } from "../../../core/text";

const BACKSLASH: u32 = 0x5c;

/** Reads one string at a time. */
export class JsonCharacters {
  private at: usize = 0;
  private end: usize = 0;
  /** The low surrogate of a pair whose high surrogate was returned last; 0 if none. */
  private lowSurrogate: u32 = 0;

  /** Starts with the string of `length` bytes at `pointer`, without its quotes. */
  begin(pointer: usize, length: u32): void {
    this.at = pointer;
    this.end = pointer + length;
    this.lowSurrogate = 0;
  }

  /** Whether `next` has another unit. */
  get more(): bool {
    return this.at < this.end || this.lowSurrogate != 0;
  }

  /** Returns the next unit. Call only if `more` is true. */
  next(): u32 {
    if (this.lowSurrogate != 0) {
      const unit = this.lowSurrogate;
      this.lowSurrogate = 0;
      return unit;
    }
    const first = this.byte();
    if (first == BACKSLASH) return this.escape();
    if (first < 0x80) return first;
    if (first < 0xe0) return ((first & 0x1f) << 6) | this.continuation();
    if (first < 0xf0) {
      const upper = ((first & 0x0f) << 12) | (this.continuation() << 6);
      return upper | this.continuation();
    }
    let point = ((first & 0x07) << 18) | (this.continuation() << 12);
    point |= this.continuation() << 6;
    point |= this.continuation();
    this.lowSurrogate = 0xdc00 | (point & 0x3ff);
    return 0xd7c0 + (point >>> 10);
  }

  private byte(): u32 {
    return load<u8>(this.at++);
  }

  private continuation(): u32 {
    return this.byte() & 0x3f;
  }

  /** Decodes what follows a backslash. */
  private escape(): u32 {
    const c = this.byte();
    if (c == 0x75) {
      let unit: u32 = 0;
      for (let i = 0; i < 4; i++) unit = (unit << 4) | hexValue(this.byte());
      return unit;
    }
    if (c == 0x62) return 0x08;
    if (c == 0x66) return 0x0c;
    if (c == 0x6e) return 0x0a;
    if (c == 0x72) return 0x0d;
    return c == 0x74 ? 0x09 : c;
  }
}
