/** core/text.ts and text-builder.ts, and the console's `printable`. */
import {
  equalsIgnoringCase,
  equalsText,
  hexValue,
  latin1,
  parseDecimal,
  parseDecimalText,
  parseNumberText,
  replaceText,
  startsWithText,
  utf8Fault,
  writeAscii,
  writeDecimal,
} from "../../../core/text";
import { TextBuilder } from "../../../core/text-builder";
import { printable } from "../../../kernel/shell/terminal/printable";
import { textAt } from "./text";

export { allocateBytes } from "./text";
export { hexValue, latin1, parseDecimal, utf8Fault, writeDecimal };

export function decimalText(pointer: usize, length: u32): i64 {
  return parseDecimalText(textAt(pointer, length));
}
export function numberText(pointer: usize, length: u32, maximum: i64): i64 {
  return parseNumberText(textAt(pointer, length), maximum);
}
export function escaped(pointer: usize, length: u32): string {
  return printable(textAt(pointer, length));
}
/** Bits: equal, equal except for case, begins with. */
export function compare(pointer: usize, length: u32, other: usize, otherLength: u32): u32 {
  const text = textAt(other, otherLength);
  let bits: u32 = equalsText(pointer, length, text) ? 1 : 0;
  if (equalsIgnoringCase(pointer, length, text)) bits |= 2;
  return startsWithText(pointer, length, text) ? bits | 4 : bits;
}
export function replaced(
  pointer: usize,
  length: u32,
  search: usize,
  searchLength: u32,
  other: usize,
  otherLength: u32,
): string {
  return replaceText(
    textAt(pointer, length),
    textAt(search, searchLength),
    textAt(other, otherLength),
  );
}
export function ascii(destination: usize, pointer: usize, length: u32): u32 {
  return writeAscii(destination, textAt(pointer, length));
}
/** A text of `count` pieces of each kind. */
export function built(count: u32): string {
  const builder = new TextBuilder();
  for (let i: u32 = 0; i < count; i++) {
    builder.add("ab");
    builder.addUnit(0x20ac);
    builder.addPart("xyz", 1, 3);
    builder.add("");
  }
  return builder.toString();
}
