/** What `sock send` sends: a text, a text with escapes, or hexadecimal digits. */
import { hexValue } from "../../../../core/text";

const BACKSLASH: i32 = 0x5c;

/** Returns the bytes of a text in UTF-8, or null if it is not valid in the given notation. */
export function parseBytes(text: string, hexadecimal: bool, escapes: bool): Uint8Array | null {
  if (hexadecimal) return parseHexadecimal(text);
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  return escapes ? withEscapes(bytes) : bytes;
}

/** Parses pairs of digits; blanks between them do not matter. */
function parseHexadecimal(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length >> 1);
  let count = 0;
  for (let i = 0; i < text.length; ) {
    if (text.charAt(i) == " ") {
      i++;
      continue;
    }
    const value = i + 1 < text.length ? pairAt(text.charCodeAt(i), text.charCodeAt(i + 1)) : -1;
    if (value < 0) return null;
    bytes[count++] = value as u8;
    i += 2;
  }
  return bytes.subarray(0, count);
}

function withEscapes(from: Uint8Array): Uint8Array | null {
  const to = new Uint8Array(from.length);
  let count = 0;
  for (let i = 0; i < from.length; i++) {
    let value: i32 = from[i];
    if (value == BACKSLASH) {
      const next: i32 = ++i < from.length ? from[i] : 0;
      if (next == 0x6e) value = 0x0a;
      else if (next == 0x72) value = 0x0d;
      else if (next == 0x74) value = 0x09;
      else if (next == 0x78 && i + 2 < from.length) {
        value = pairAt(from[i + 1], from[i + 2]);
        i += 2;
      } else if (next != BACKSLASH) return null;
      if (value < 0) return null;
    }
    to[count++] = value as u8;
  }
  return to.subarray(0, count);
}

/** Returns the value of two hexadecimal digits, or -1. */
function pairAt(high: i32, low: i32): i32 {
  const upper = hexValue(high);
  const lower = hexValue(low);
  return upper < 0 || lower < 0 ? -1 : (upper << 4) | lower;
}
