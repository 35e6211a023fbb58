/**
 * Input of a running command, line by line: echo, backspace and Ctrl-U, as a tty does it. What is
 * typed faster than the console takes its echo is not echoed.
 */
import { Job } from "./command";
import { Key } from "./terminal/keys";
import { LineBuffer } from "./terminal/line-buffer";
import { Terminal } from "./terminal/terminal";

export class LineInput {
  private readonly line: LineBuffer = new LineBuffer();

  constructor(private readonly terminal: Terminal) {}

  /** A key for `job`; `unit` is the character of a Key.Character. */
  key(key: Key, unit: u32, job: Job): void {
    const line = this.line;
    if (key == Key.Character && line.insert(unit)) {
      this.echo(String.fromCharCode(unit));
    } else if (key == Key.Backspace && line.length > 0) {
      line.remove(line.length - 1, line.length);
      this.rubOut(1);
    } else if (key == Key.KillToStart) {
      this.rubOut(line.length);
      line.set("");
    } else if (key == Key.Enter) {
      this.echo("\n");
      job.line(line.text());
      line.set("");
    } else if (key == Key.EndOfInput && line.length > 0) {
      job.line(line.text());
      line.set("");
    } else if (key == Key.EndOfInput) {
      job.endOfInput();
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

  clear(): void {
    this.line.set("");
  }
}
