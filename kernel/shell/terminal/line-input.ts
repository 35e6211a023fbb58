/**
 * Lines typed to a running job, with the editing of a tty in canonical mode: echo, Backspace and
 * Ctrl-U. Characters typed faster than the console can echo them are not echoed.
 */
import { Key } from "./keys";
import { LineBuffer } from "./line-buffer";
import { Terminal } from "./terminal";

/** The reader of the lines. */
export interface LineReader {
  /** Takes a line, without the newline. */
  line(text: string): void;
  /** Handles Ctrl-D on an empty line. */
  endOfInput(): void;
}

export class LineInput {
  private readonly line: LineBuffer = new LineBuffer();

  constructor(private readonly terminal: Terminal) {}

  /** Handles a key for `reader`; `point` is the code point of a Key.Character. */
  key(key: Key, point: u32, reader: LineReader): void {
    const line = this.line;
    if (key == Key.Character && line.insert(point)) {
      this.echo(String.fromCodePoint(point));
    } else if (key == Key.Backspace && line.length > 0) {
      const start = line.before(line.length);
      this.rubOut(line.length - start);
      line.remove(start, line.length);
    } else if (key == Key.KillToStart) {
      this.rubOut(line.length);
      line.set("");
    } else if (key == Key.Enter) {
      this.echo("\n");
      reader.line(line.text());
      line.set("");
    } else if (key == Key.EndOfInput && line.length > 0) {
      reader.line(line.text());
      line.set("");
    } else if (key == Key.EndOfInput) {
      reader.endOfInput();
    } else if (key == Key.Character) {
      this.terminal.bell();
    }
  }

  private rubOut(count: i32): void {
    if (this.terminal.room() > 0) this.terminal.control("\b \b".repeat(count));
  }

  private echo(text: string): void {
    if (this.terminal.room() > 0) this.terminal.print(text);
  }

  /** Discards what was typed. */
  clear(): void {
    this.line.set("");
  }
}
