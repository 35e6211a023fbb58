/**
 * Text as strings and as bytes at an address: ASCII, UTF-8 (RFC 3629), decimal and hexadecimal
 * numbers; and the characters that must not reach the console.
 */
import { TextBuilder } from "./text-builder";

export const HTAB: u32 = 0x09;
export const LF: u32 = 0x0a;
export const CR: u32 = 0x0d;
export const SPACE: u32 = 0x20;
export const DELETE: u32 = 0x7f;

/** Reports whether `c` is an ASCII digit. */
export function isDigit(c: u32): bool {
  return c - 0x30 < 10;
}

/** Reports whether `c` is an ASCII letter. */
export function isLetter(c: u32): bool {
  return (c | 0x20) - 0x61 < 26;
}

/** Returns the value of a hexadecimal digit, or -1. */
export function hexValue(c: u32): i32 {
  if (isDigit(c)) return c - 0x30;
  const letter = (c | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : -1;
}

/** Returns an ASCII letter in lower case, and anything else unchanged. */
export function lowerCase(c: u32): u32 {
  return c - 0x41 < 26 ? c | 0x20 : c;
}

/** Returned by the number parsers if the text is not a number or out of range. */
export const NOT_A_NUMBER: i64 = -1;

/** Parses decimal digits, at most i64.MAX_VALUE. Returns NOT_A_NUMBER for anything else. */
export function parseDecimal(pointer: usize, length: u32): i64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const digit = (load<u8>(pointer + i) as u32) - 0x30;
    if (digit > 9 || value > ((i64.MAX_VALUE - digit) as u64) / 10) return NOT_A_NUMBER;
    value = value * 10 + digit;
  }
  return length == 0 ? NOT_A_NUMBER : (value as i64);
}

/** Parses a string of decimal digits, as `parseDecimal` does. */
export function parseDecimalText(text: string): i64 {
  let value: u64 = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = (text.charCodeAt(i) as u32) - 0x30;
    if (digit > 9 || value > ((i64.MAX_VALUE - digit) as u64) / 10) return NOT_A_NUMBER;
    value = value * 10 + digit;
  }
  return text.length == 0 ? NOT_A_NUMBER : (value as i64);
}

/** Parses hexadecimal digits, at most i64.MAX_VALUE. Returns NOT_A_NUMBER for anything else. */
export function parseHexText(text: string): i64 {
  let value: i64 = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = hexValue(text.charCodeAt(i));
    if (digit < 0 || value > i64.MAX_VALUE >> 4) return NOT_A_NUMBER;
    value = (value << 4) | digit;
  }
  return text.length == 0 ? NOT_A_NUMBER : value;
}

/** Parses decimal digits, or hexadecimal ones after 0x. Returns NOT_A_NUMBER above `maximum`. */
export function parseNumberText(text: string, maximum: i64): i64 {
  const isHex = text.startsWith("0x") || text.startsWith("0X");
  const value = isHex ? parseHexText(text.substring(2)) : parseDecimalText(text);
  return value <= maximum ? value : NOT_A_NUMBER;
}

/** Writes `value` in decimal, at most 20 bytes. Returns the number of bytes. */
export function writeDecimal(destination: usize, value: u64): u32 {
  let length: u32 = 1;
  for (let rest = value / 10; rest != 0; rest /= 10) length++;
  let rest = value;
  for (let at = destination + length; at > destination; rest /= 10) {
    at--;
    store<u8>(at, 0x30 + ((rest % 10) as u32));
  }
  return length;
}

/** Writes the low byte of each character. Returns their number, `text.length`. */
export function writeAscii(destination: usize, text: string): u32 {
  const length = text.length as u32;
  const source = changetype<usize>(text);
  for (let i: u32 = 0; i < length; i++) {
    store<u8>(destination + i, load<u16>(source + (i << 1)));
  }
  return length;
}

/** Decodes Latin-1: each byte becomes a character U+0000 to U+00FF. */
export function latin1(pointer: usize, length: u32): string {
  const text = new TextBuilder();
  for (let i: u32 = 0; i < length; i++) text.addUnit(load<u8>(pointer + i));
  return text.toString();
}

/**
 * Replaces every `search` in `text`. (AssemblyScript 0.28's own replaceAll overruns its buffer if
 * the result is more than twice as long.)
 */
export function replaceText(text: string, search: string, replacement: string): string {
  return text.split(search).join(replacement);
}

/** Reports whether the bytes equal an ASCII text. */
export function equalsText(pointer: usize, length: u32, text: string): bool {
  if (length != (text.length as u32)) return false;
  return startsWithText(pointer, length, text);
}

/** Reports whether the bytes begin with an ASCII text. */
export function startsWithText(pointer: usize, length: u32, text: string): bool {
  const wanted = text.length as u32;
  if (length < wanted) return false;
  const source = changetype<usize>(text);
  for (let i: u32 = 0; i < wanted; i++) {
    if ((load<u8>(pointer + i) as u32) != load<u16>(source + (i << 1))) return false;
  }
  return true;
}

/** Reports whether the bytes equal `text`, ignoring ASCII case; `text` must be in lower case. */
export function equalsIgnoringCase(pointer: usize, length: u32, text: string): bool {
  if (length != (text.length as u32)) return false;
  const source = changetype<usize>(text);
  for (let i: u32 = 0; i < length; i++) {
    if (lowerCase(load<u8>(pointer + i)) != load<u16>(source + (i << 1))) return false;
  }
  return true;
}

/**
 * Returns the length of the UTF-8 sequence at the start of `length` bytes, or 0 if it is cut off or
 * invalid: overlong, a surrogate, or above U+10FFFF (RFC 3629 section 4).
 */
function utf8SequenceLength(pointer: usize, length: u32): u32 {
  if (length == 0) return 0;
  const first: u32 = load<u8>(pointer);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const wanted: u32 = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length < wanted) return 0;
  for (let i: u32 = 1; i < wanted; i++) {
    if ((load<u8>(pointer + i) & 0xc0) != 0x80) return 0;
  }
  const second: u32 = load<u8>(pointer, 1);
  if (first == 0xe0 && second < 0xa0) return 0;
  if (first == 0xed && second > 0x9f) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second > 0x8f) return 0;
  return wanted;
}

/** Returns the offset of the first byte that is not valid UTF-8, or -1. */
export function utf8Fault(pointer: usize, length: u32): i32 {
  let at: u32 = 0;
  while (at < length) {
    const step = utf8SequenceLength(pointer + at, length - at);
    if (step == 0) return at;
    at += step;
  }
  return -1;
}

/**
 * Reports whether a character controls the terminal or can hide text: controls (C0, DEL, C1), line
 * separators, invisible marks, direction overrides, the byte order mark.
 */
export function isUnprintable(c: u32): bool {
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return true;
  if (c < 0x200b) return false;
  if (c <= 0x200f || (c >= 0x2028 && c <= 0x202e)) return true;
  return (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/**
 * Reports whether a character takes no column of its own: a mark on the character before it
 * (accents, variation selectors), a joiner, or another invisible character.
 */
export function isZeroWidth(c: u32): bool {
  if (c < 0x300) return false;
  if (c < 0x370) return true;
  if (c < 0x200b) return c >= 0x1ab0 && c < 0x1b00;
  if (c <= 0x200f || (c >= 0x2060 && c <= 0x206f)) return true;
  return (c >= 0x20d0 && c < 0x2100) || (c >= 0xfe00 && c < 0xfe10) || c == 0xfeff;
}

/** Appends an unprintable character as `\xNN` or `\uNNNN`. */
export function addEscape(text: TextBuilder, c: u32): void {
  text.addUnit(0x5c);
  text.addUnit(c < 256 ? 0x78 : 0x75);
  text.addHex(c, c < 256 ? 2 : 4);
}
