/** Reads a script character by character: blanks, comments, words and numbers. */

export class ScriptError extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

export class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  /** The line of the next character, counted from 1. */
  get line(): number {
    return this.text.slice(0, this.at).split("\n").length;
  }

  /** Skips blanks, line ends and comments (`//`, `#` and C's). */
  skip(): void {
    this.match(/(?:\s|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)*/);
  }

  ended(): boolean {
    this.skip();
    return this.at === this.text.length;
  }

  /** Returns the match of `pattern` at this place, and moves past it; undefined if none. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text);
    if (!found) return undefined;
    this.at = sticky.lastIndex;
    return found;
  }

  /** Skips blanks, and then `text` if it is next. Reports whether it was. */
  take(text: string): boolean {
    this.skip();
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** Skips blanks, and then `text`, which must be next. */
  expect(text: string): void {
    if (!this.take(text)) this.fail(`expected "${text}"`);
  }

  /** Skips blanks, and returns the match of `pattern`, which must be next. */
  need(pattern: RegExp, what: string): RegExpExecArray {
    this.skip();
    return this.match(pattern) ?? this.fail(`expected ${what}`);
  }

  fail(message: string): never {
    const next = /^[^\n]{0,30}/.exec(this.text.slice(this.at))?.[0];
    throw new ScriptError(this.line, `${message} at "${next}"`);
  }
}
