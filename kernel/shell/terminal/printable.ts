/**
 * Makes text from outside safe to print: a name from the network must not reach the terminal as a
 * control character, nor reverse the writing direction (Unicode UAX 9).
 */
import { addEscape, CR, HTAB, isUnprintable, LF } from "../../../core/text";
import { TextBuilder } from "../../../core/text-builder";

/** Returns `text` on one line, with control characters escaped as `\x0a`, `\x1b`, `\u202e`. */
export function printable(text: string): string {
  return escapeControls(text, false);
}

/** Like `printable`, but keeps line feeds and tabs; CR LF becomes LF. */
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
  return isUnprintable(unit) && !(lines && (unit == LF || unit == HTAB));
}

/** Reports whether the CR at `index` belongs to a CR LF. */
function beforeLineFeed(text: string, index: i32): bool {
  if (text.charCodeAt(index) != CR || index + 1 >= text.length) return false;
  return text.charCodeAt(index + 1) == LF;
}
