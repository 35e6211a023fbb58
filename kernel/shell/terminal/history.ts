/** The lines that were typed, for the keys up and down and the command `history`. */
import { HISTORY_LINES } from "../../../core/limits";

export class History {
  readonly lines: Array<string> = [];
  /** Which line is being shown: `lines.length` is the one being typed. */
  private at: i32 = 0;
  private typed: string = "";

  /** Notes a line, unless it is empty or the same as the one before. */
  add(line: string): void {
    const count = this.lines.length;
    if (line.length > 0 && (count == 0 || this.lines[count - 1] != line)) this.lines.push(line);
    if (this.lines.length > (HISTORY_LINES as i32)) this.lines.shift();
    this.at = this.lines.length;
    this.typed = "";
  }

  /** True when there is an older line; `current` is kept, to come back to. */
  canGoBack(): bool {
    return this.at > 0;
  }

  back(current: string): string {
    if (this.at == this.lines.length) this.typed = current;
    this.at--;
    return this.shown();
  }

  canGoForward(): bool {
    return this.at < this.lines.length;
  }

  forward(): string {
    this.at++;
    return this.shown();
  }

  /** Goes back to the next older line that holds `wanted`; false when there is none. */
  search(wanted: string, current: string): bool {
    for (let i = this.at - 1; i >= 0; i--) {
      if (!this.lines[i].includes(wanted)) continue;
      if (this.at == this.lines.length) this.typed = current;
      this.at = i;
      return true;
    }
    return false;
  }

  /** The line that the keys have gone to. */
  shown(): string {
    return this.at == this.lines.length ? this.typed : this.lines[this.at];
  }

  clear(): void {
    this.lines.length = 0;
    this.at = 0;
  }
}
