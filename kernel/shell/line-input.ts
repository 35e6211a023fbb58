/** Input of a running command, line by line: echo, backspace and Ctrl-U, as a tty does it. */
import { Job } from "./command";
import { Key } from "./keys";
import { LineBuffer } from "./line-buffer";
import { Terminal } from "./terminal";

export class LineInput {
  private readonly line: LineBuffer = new LineBuffer();

  constructor(private readonly terminal: Terminal) {}

  /** A key for `job`; `unit` is the character of a Key.Character. */
  key(key: Key, unit: u32, job: Job): void {
    const line = this.line;
    if (key == Key.Character && line.insert(unit)) {
      this.terminal.print(String.fromCharCode(unit));
    } else if (key == Key.Backspace && line.length > 0) {
      line.remove(line.length - 1, line.length);
      this.terminal.control("\b \b");
    } else if (key == Key.KillToStart) {
      for (let i = 0; i < line.length; i++) this.terminal.control("\b \b");
      line.set("");
    } else if (key == Key.Enter) {
      this.terminal.print("\n");
      job.line(line.text());
      line.set("");
    } else if (key == Key.EndOfInput && line.length > 0) {
      job.line(line.text());
      line.set("");
    } else if (key == Key.EndOfInput) {
      job.endOfInput();
    } else if (key == Key.Character) {
      this.terminal.control("\x07");
    }
  }

  clear(): void {
    this.line.set("");
  }
}
