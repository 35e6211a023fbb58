/** Text that strangers had a hand in and that goes to a console. */
import { isUnprintable } from "../../../core/text";

/** On one line, and nothing in it that a terminal acts on. */
export function checkPrintable(text: string): void {
  for (let i = 0; i < text.length; i++) {
    assert(!isUnprintable(text.charCodeAt(i)), "a console is shown a control character");
  }
}

/** The same of text of several lines. */
export function checkLines(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const unit: u32 = text.charCodeAt(i);
    assert(unit == 0x0a || !isUnprintable(unit), "a console is shown a control character");
  }
}
