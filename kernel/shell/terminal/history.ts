/** The last lines typed, for the keys up and down, Ctrl-R and the command `history`. */
import { HISTORY_LINES } from "../../../core/limits";

export class History {
  readonly lines: Array<string> = [];
  /** Index of the line shown; `lines.length` is the one being typed. */
  private at: i32 = 0;
  private typed: string = "";

  /** Appends a line, unless it is empty or equals the last one. */
  add(line: string): void {
    const count = this.lines.length;
    if (line.length > 0 && (count == 0 || this.lines[count - 1] != line)) this.lines.push(line);
    if (this.lines.length > (HISTORY_LINES as i32)) this.lines.shift();
    this.at = this.lines.length;
    this.typed = "";
  }

  /** Reports whether there is an older line. */
  canGoBack(): bool {
    return this.at > 0;
  }

  /** Moves to the next older line and returns it; `current` is kept to return to. */
  back(current: string): string {
    if (this.at == this.lines.length) this.typed = current;
    this.at--;
    return this.shown();
  }

  /** Reports whether there is a newer line. */
  canGoForward(): bool {
    return this.at < this.lines.length;
  }

  /** Moves to the next newer line and returns it. */
  forward(): string {
    this.at++;
    return this.shown();
  }

  /** Moves to the line being typed and returns it. */
  toTyped(): string {
    this.at = this.lines.length;
    return this.typed;
  }

  /**
   * Moves to the newest line that contains `wanted` and is older than `current`, which is shown,
   * and differs from it. With `stays`, it may also be the line shown. Returns false if there is
   * none.
   */
  search(wanted: string, current: string, stays: bool): bool {
    if (this.at == this.lines.length) this.typed = current;
    const newest = stays ? min(this.at, this.lines.length - 1) : this.at - 1;
    for (let i = newest; i >= 0; i--) {
      if (!this.lines[i].includes(wanted) || (!stays && this.lines[i] == current)) continue;
      this.at = i;
      return true;
    }
    return false;
  }

  /** Returns the line that the keys have moved to. */
  shown(): string {
    return this.at == this.lines.length ? this.typed : this.lines[this.at];
  }

  clear(): void {
    this.lines.length = 0;
    this.at = 0;
  }
}
