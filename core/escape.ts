/**
 * Makes untrusted text safe for a console: a byte that is not printable ASCII becomes `\DDD`, a
 * backslash and three decimal digits (RFC 4343 section 2.1), and a backslash becomes `\\`.
 */
import { TextBuilder } from "./text-builder";

const BACKSLASH: u32 = 0x5c;

function addEscaped(text: TextBuilder, value: u32): void {
  if (value == BACKSLASH) {
    text.addUnit(BACKSLASH);
    text.addUnit(BACKSLASH);
  } else if (value >= 0x20 && value < 0x7f) {
    text.addUnit(value);
  } else {
    text.addUnit(BACKSLASH);
    text.addUnit(0x30 + value / 100);
    text.addUnit(0x30 + ((value / 10) % 10));
    text.addUnit(0x30 + (value % 10));
  }
}

/** Returns `length` bytes at `pointer` as printable ASCII. */
export function escapeBytes(pointer: usize, length: u32): string {
  const text = new TextBuilder();
  for (let i: u32 = 0; i < length; i++) addEscaped(text, load<u8>(pointer + i));
  return text.toString();
}
