/**
 * Splits the kernel command line into words. QEMU passes it as typed (`run="a; b"`); GRUB quotes
 * whole words and escapes ' " and \ with a backslash (`"run=a; b"`).
 */
import { TextBuilder } from "../../core/text-builder";

const BACKSLASH: u32 = 0x5c;
const DOUBLE_QUOTE: u32 = 0x22;
const SINGLE_QUOTE: u32 = 0x27;

/** The words of a command line. */
export class Tokens {
  /** With quotes and escapes removed; a quoted word may contain blanks. */
  readonly words: Array<string> = [];
  /** The last word has a quote that is not closed. */
  unterminated: bool = false;
  private readonly word: TextBuilder = new TextBuilder();
  private open: bool = false;

  /**
   * A quote may open anywhere in a word. Inside "..." and outside quotes, a backslash escapes ' "
   * and \; before any other character it is literal.
   */
  constructor(text: string) {
    let quote: u32 = 0;
    for (let i = 0; i < text.length; i++) {
      const unit: u32 = text.charCodeAt(i);
      if (quote == 0 && unit <= 0x20) {
        this.finish();
        continue;
      }
      this.open = true;
      if (unit == BACKSLASH && quote != SINGLE_QUOTE && isEscapable(text, i + 1)) {
        this.word.addUnit(text.charCodeAt(++i));
      } else if (quote == unit) {
        quote = 0;
      } else if (quote == 0 && (unit == DOUBLE_QUOTE || unit == SINGLE_QUOTE)) {
        quote = unit;
      } else {
        this.word.addUnit(unit);
      }
    }
    this.unterminated = quote != 0;
    this.finish();
  }

  private finish(): void {
    if (this.open) this.words.push(this.word.take());
    this.open = false;
  }
}

function isEscapable(text: string, index: i32): bool {
  if (index >= text.length) return false;
  const unit: u32 = text.charCodeAt(index);
  return unit == BACKSLASH || unit == DOUBLE_QUOTE || unit == SINGLE_QUOTE;
}
