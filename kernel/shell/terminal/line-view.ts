/**
 * The prompt and the line behind it as they stand on the screen. `refresh` sends only what
 * changed: a character typed at the end is that character and nothing else. No escape sequence
 * is sent unless `escapes` (VT100; before the first key nobody knows what is listening).
 */
import { LINE_LENGTH } from "../../../core/limits";
import { LineBuffer } from "./line-buffer";
import { Terminal } from "./terminal";

const ESC: string = "\x1b";
/** Columns until the terminal has told how many it has. */
const COLUMNS: i32 = 80;

export class LineView {
  visible: bool = false;
  escapes: bool = false;
  columns: i32 = COLUMNS;
  private readonly shown: StaticArray<u16> = new StaticArray<u16>(LINE_LENGTH);
  private shownLength: i32 = 0;
  /** Where the screen's cursor is, counted from the start of the prompt. */
  private at: i32 = 0;
  /** It stands behind the last column: the terminal wraps when the next character comes. */
  private wrapping: bool = false;

  constructor(
    private readonly terminal: Terminal,
    readonly prompt: string,
  ) {}

  /** Shows the prompt and the line on a line of their own. */
  show(line: LineBuffer): void {
    this.terminal.freshLine();
    this.terminal.control(this.prompt);
    this.terminal.atLineStart = false;
    this.visible = true;
    this.at = this.prompt.length;
    this.wrapping = false;
    this.shownLength = 0;
    this.refresh(line);
  }

  /** Makes the screen show `line`, with as few characters as it takes. */
  refresh(line: LineBuffer): void {
    let same = 0;
    while (same < line.length && same < this.shownLength && line.unit(same) == this.shown[same]) {
      same++;
    }
    const origin = this.prompt.length;
    if (same < line.length || same < this.shownLength) {
      this.moveTo(origin + same);
      if (this.shownLength > line.length) this.erase(line.length, same);
      this.write(line, same);
    }
    this.moveTo(origin + line.cursor);
  }

  /** Takes prompt and line off the screen; the cursor is at the start of their first row. */
  hide(): void {
    if (!this.visible) return;
    if (this.escapes) {
      this.moveTo(0);
      this.terminal.control(ESC + "[J");
    } else {
      const blanks = " ".repeat(this.prompt.length + this.shownLength);
      this.terminal.control("\r" + blanks + "\r");
    }
    this.terminal.atLineStart = true;
    this.visible = false;
  }

  /** Leaves prompt and line where they are and goes to the next line. */
  leave(): void {
    this.moveTo(this.prompt.length + this.shownLength);
    this.terminal.print("\n");
    this.visible = false;
  }

  /** An empty screen, the prompt on its first line. */
  clearScreen(line: LineBuffer): void {
    this.terminal.control(ESC + "[H" + ESC + "[2J");
    this.terminal.atLineStart = true;
    this.show(line);
  }

  /** Asks the terminal for its width: the cursor as far right as it goes, and where that is. */
  askWidth(): void {
    this.terminal.control(ESC + "7" + ESC + "[999C" + ESC + "[6n" + ESC + "8");
  }

  /** The terminal's answer. Columns from 20; what is shown was wrapped by the terminal itself. */
  setColumns(columns: u32): void {
    if (columns < 20 || columns > 1000) return;
    this.columns = columns;
    this.wrapping = this.at % this.columns == 0 && this.at == this.prompt.length + this.shownLength;
  }

  /** What is shown behind `length` goes; the cursor is at `same`, where writing goes on. */
  private erase(length: i32, same: i32): void {
    const position = this.prompt.length + same;
    if (same == length && this.shownLength == length + 1 && (position + 1) % this.columns != 0) {
      this.terminal.control(" \b");
    } else {
      this.terminal.control(ESC + "[J");
    }
    this.shownLength = same;
  }

  private write(line: LineBuffer, from: i32): void {
    if (from == line.length) return;
    this.terminal.control(line.textOf(from, line.length));
    for (let i = from; i < line.length; i++) this.shown[i] = line.unit(i) as u16;
    this.shownLength = line.length;
    this.at = this.prompt.length + line.length;
    this.wrapping = this.at % this.columns == 0;
  }

  private moveTo(target: i32): void {
    if (target == this.at) return;
    const last = this.prompt.length + this.shownLength;
    if (target == last && target % this.columns == 0 && target > this.prompt.length) {
      // The place behind a full row exists only while the last character is being written.
      this.moveTo(target - 1);
      this.terminal.control(String.fromCharCode(this.shown[this.shownLength - 1]));
      this.wrapping = true;
      this.at = target;
      return;
    }
    const row = this.wrapping ? this.at / this.columns - 1 : this.at / this.columns;
    const rows = target / this.columns - row;
    if (rows < 0) this.terminal.control(ESC + "[" + (-rows).toString() + "A");
    if (rows > 0) this.terminal.control(ESC + "[" + rows.toString() + "B");
    if (rows != 0 || this.wrapping || target % this.columns == 0)
      this.toColumn(target % this.columns);
    else this.moveBy(target - this.at);
    this.at = target;
    this.wrapping = false;
  }

  private toColumn(column: i32): void {
    this.terminal.control("\r");
    if (column > 0) this.moveBy(column);
  }

  private moveBy(distance: i32): void {
    if (distance < 0 && distance >= -4) this.terminal.control("\b".repeat(-distance));
    else if (distance < 0) this.terminal.control(ESC + "[" + (-distance).toString() + "D");
    else if (distance > 0) this.terminal.control(ESC + "[" + distance.toString() + "C");
  }
}
