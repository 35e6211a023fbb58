/** Checks text from the network that is shown on a console. */
import { isUnprintable } from "../../../core/text";

/** Asserts that `text` is a single line without unprintable characters. */
export function checkPrintable(text: string): void {
  for (let i = 0; i < text.length; i++) {
    assert(!isUnprintable(text.charCodeAt(i)), "control character in console text");
  }
}

/** Asserts that `text` has no unprintable characters except line feeds. */
export function checkLines(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const unit: u32 = text.charCodeAt(i);
    assert(unit == 0x0a || !isUnprintable(unit), "control character in console text");
  }
}
