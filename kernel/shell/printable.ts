/**
 * Text from outside, made safe to show: a name from the network must never reach the terminal
 * as a control character or turn the writing direction round (Unicode UAX 9).
 */
import { CR, HTAB, LF } from "../core/text";
import { TextBuilder } from "../core/text-builder";

/**
 * True for what a terminal acts on or that hides what a line says: controls (C0, DEL, C1), line
 * separators, marks and overrides of direction, characters without width.
 */
export function isControl(unit: u32): bool {
  if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0)) return true;
  if (unit < 0x200b) return false;
  if (unit <= 0x200f || (unit >= 0x2028 && unit <= 0x202e)) return true;
  return (unit >= 0x2060 && unit <= 0x206f) || unit == 0xfeff;
}

/** `text` on one line: every control character as `\x0a`, `\x1b`, `\u202e`. */
export function printable(text: string): string {
  return escapeControls(text, false);
}

/** Like `printable`, but line feeds and tabs stay, and CR LF is one line end. */
export function printableLines(text: string): string {
  return escapeControls(text, true);
}

function escapeControls(text: string, lines: bool): string {
  let first = 0;
  while (first < text.length && !isEscaped(text, first, lines)) first++;
  if (first == text.length) return text;
  const result = new TextBuilder();
  result.addPart(text, 0, first);
  for (let i = first; i < text.length; i++) {
    const unit: u32 = text.charCodeAt(i);
    if (!isEscaped(text, i, lines)) result.addUnit(unit);
    else if (!lines || !beforeLineFeed(text, i)) addEscape(result, unit);
  }
  return result.toString();
}

function isEscaped(text: string, index: i32, lines: bool): bool {
  const unit: u32 = text.charCodeAt(index);
  return isControl(unit) && !(lines && (unit == LF || unit == HTAB));
}

/** True for the CR of a CR LF. */
function beforeLineFeed(text: string, index: i32): bool {
  if (text.charCodeAt(index) != CR || index + 1 >= text.length) return false;
  return text.charCodeAt(index + 1) == LF;
}

function addEscape(result: TextBuilder, unit: u32): void {
  const digits = unit.toString(16);
  result.add(unit < 256 ? "\\x" + digits.padStart(2, "0") : "\\u" + digits.padStart(4, "0"));
}
