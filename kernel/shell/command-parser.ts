/**
 * Parses a typed line as sh does (POSIX.1-2017, XCU 2.2 and 2.3): '...', "...", backslash,
 * comments, and `;` between commands. The only expansion is `$?`.
 */
import { TextBuilder } from "../../core/text-builder";

/** A scan through a line that knows which characters are quoted. */
class Scanner {
  index: i32 = 0;
  /** The quote that is open (39 or 34), or 0. */
  quote: i32 = 0;
  /** The last unit read was a backslash that quotes the next one. */
  escape: bool = false;

  constructor(readonly text: string) {}

  /**
   * Takes in the unit at `index`, and reports whether it may be syntax, not text. Call once for
   * each unit; afterwards, `quote` is the quote that is open after it.
   */
  take(unit: i32): bool {
    if (this.escape) {
      this.escape = false;
      return false;
    }
    if (this.quote == 39) {
      if (unit != 39) return false;
      this.quote = 0;
      return true;
    }
    if (unit == 92 && this.escapes()) {
      this.escape = true;
      return true;
    }
    if (this.quote == 34) {
      if (unit == 34) this.quote = 0;
      return unit == 34 || unit == 36;
    }
    if (unit == 34 || unit == 39) this.quote = unit;
    return true;
  }

  /** Reports whether the backslash at `index` quotes; in "..." it does before $ ` " and \ only. */
  private escapes(): bool {
    if (this.index + 1 >= this.text.length) return false;
    if (this.quote == 0) return true;
    const next = this.text.charCodeAt(this.index + 1);
    return next == 36 || next == 96 || next == 34 || next == 92;
  }
}

function isBlank(unit: i32): bool {
  return unit == 32 || unit == 9;
}

/** A typed line as the texts of its commands, or why it cannot be parsed. */
export class ParsedLine {
  readonly commands: Array<string> = [];
  /** Why the line cannot be parsed; empty if it can. */
  failure: string = "";

  constructor(text: string) {
    const scanner = new Scanner(text);
    let start = 0;
    let end = text.length;
    let wordStart: bool = true;
    for (; scanner.index < text.length; scanner.index++) {
      const unit = text.charCodeAt(scanner.index);
      const syntax: bool = scanner.take(unit) && scanner.quote == 0;
      if (syntax && unit == 35 && wordStart) {
        end = scanner.index;
        break;
      }
      if (syntax && unit == 59) {
        this.add(text.substring(start, scanner.index));
        start = scanner.index + 1;
      }
      wordStart = syntax && (isBlank(unit) || unit == 59);
    }
    if (scanner.quote != 0) {
      const name = scanner.quote == 39 ? "'" : '"';
      this.failure = `unexpected end of line while looking for matching \`${name}'`;
    }
    this.add(text.substring(start, end));
  }

  /** Adds a command, unless it is blank, as it was typed but without leading blanks. */
  private add(text: string): void {
    let start = 0;
    while (start < text.length && isBlank(text.charCodeAt(start))) start++;
    if (start < text.length) this.commands.push(text.substring(start));
  }
}

/** A command as words with quotes removed, or why it cannot be parsed. */
export class ParsedCommand {
  readonly words: Array<string> = [];
  failure: string = "";
  /** The word being read; `open` distinguishes an empty word ('') from none. */
  private readonly word: TextBuilder = new TextBuilder();
  private open: bool = false;

  constructor(text: string, lastCode: i32) {
    const scanner = new Scanner(text);
    for (; scanner.index < text.length; scanner.index++) {
      const unit = text.charCodeAt(scanner.index);
      const wasQuoted = scanner.quote != 0;
      if (!scanner.take(unit)) {
        this.append(unit);
      } else if (scanner.escape || unit == 34 || unit == 39) {
        this.open = true;
      } else if (unit == 36 && text.charAt(scanner.index + 1) == "?") {
        this.word.add(lastCode.toString());
        this.open = true;
        scanner.index++;
      } else if (isBlank(unit) && !wasQuoted) {
        this.finish();
      } else {
        if (this.isOperator(unit)) this.refuse(operatorAt(text, scanner.index));
        this.append(unit);
      }
    }
    this.finish();
  }

  private append(unit: u32): void {
    this.word.addUnit(unit);
    this.open = true;
  }

  private finish(): void {
    if (this.open) this.words.push(this.word.take());
    this.open = false;
  }

  /**
   * Reports whether the unit is an operator of sh: | < > and, at the start of a word, &. Inside a
   * word, & is an ordinary character here, as URLs often contain it.
   */
  private isOperator(unit: i32): bool {
    return unit == 124 || unit == 60 || unit == 62 || (unit == 38 && !this.open);
  }

  private refuse(operator: string): void {
    if (this.failure != "") return;
    this.failure = `${operator} is not supported (quote it to pass it as an argument)`;
  }
}

/** Returns the operator at `index`, which may have two characters: `&&`, `||`, `>>`, `<<`. */
function operatorAt(text: string, index: i32): string {
  const operator = text.charAt(index);
  return text.charAt(index + 1) == operator ? operator + operator : operator;
}
