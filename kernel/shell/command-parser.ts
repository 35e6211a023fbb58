/**
 * Parses a typed line as sh does (POSIX.1-2017, XCU 2.2, 2.3 and 2.9.3): '...', "...", backslash,
 * comments, and `;`, `&&` and `||` between commands. The only expansion is `$?`.
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

/** What separates a command from the one before it, and so whether it runs. */
export const enum Link {
  /** `;`, or the start of the line: it always runs. */
  Always,
  /** `&&`: it runs if the last command succeeded. */
  IfOk,
  /** `||`: it runs if the last command failed. */
  IfFailed,
}

/** A typed line as the texts of its commands, or why it cannot be parsed. */
export class ParsedLine {
  readonly commands: Array<string> = [];
  /** For each command, when it runs. */
  readonly links: Array<Link> = [];
  /** Why the line cannot be parsed; empty if it can. */
  failure: string = "";
  /** Whether the line ends with a backslash that continues it on the next line. */
  continued: bool = false;
  /** What follows the command that is read. */
  private link: Link = Link.Always;

  constructor(text: string) {
    const scanner = new Scanner(text);
    let start = 0;
    let end = text.length;
    let wordStart: bool = true;
    for (; scanner.index < text.length; scanner.index++) {
      const unit = text.charCodeAt(scanner.index);
      const last = scanner.index + 1 == text.length;
      this.continued = last && unit == 92 && !scanner.escape && scanner.quote != 39;
      const syntax: bool = scanner.take(unit) && scanner.quote == 0;
      if (syntax && unit == 35 && wordStart) {
        end = scanner.index;
        break;
      }
      let link: i32 = syntax && unit == 59 ? (Link.Always as i32) : -1;
      const doubled: bool = syntax && text.charCodeAt(scanner.index + 1) == unit;
      // Within a word, && is text, as & is: see `isOperator`.
      const apart: bool = wordStart || isBlank(text.charCodeAt(scanner.index + 2));
      if (doubled && unit == 38 && apart) link = Link.IfOk;
      if (doubled && unit == 124) link = Link.IfFailed;
      if (link >= 0) {
        const before = text.substring(start, scanner.index);
        if (unit != 59) scanner.index++;
        start = scanner.index + 1;
        this.add(before, link);
      }
      wordStart = syntax && (isBlank(unit) || link >= 0);
    }
    if (scanner.quote != 0) {
      const name = scanner.quote == 39 ? "'" : '"';
      this.failure = `unexpected end of line while looking for matching \`${name}'`;
    }
    this.add(text.substring(start, end), Link.Always);
  }

  /**
   * Adds a command as it was typed but without leading blanks; `next` follows it. A blank command
   * is left out, unless it is beside && or ||.
   */
  private add(text: string, next: Link): void {
    let start = 0;
    while (start < text.length && isBlank(text.charCodeAt(start))) start++;
    const link = this.link;
    this.link = next;
    if (start < text.length) {
      this.commands.push(text.substring(start));
      this.links.push(link);
    } else if (link != Link.Always || next != Link.Always) {
      if (this.failure == "") this.failure = "expected a command before and after && and ||";
    }
  }
}

/** Returns the line without the backslash that continues it on the next one; null without it. */
export function continuedText(line: string): string | null {
  return new ParsedLine(line).continued ? line.substring(0, line.length - 1) : null;
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
