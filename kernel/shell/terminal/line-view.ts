/**
 * The prompt and the line after it on the screen. `refresh` sends only the changes: a character
 * typed at the end is sent as that character. Escape sequences (VT100) are sent only if `escapes`
 * is set, because nothing is known of the terminal before the first key.
 */
import { LINE_LENGTH } from "../../../core/limits";
import { isZeroWidth } from "../../../core/text";
import { columnsOf, LineBuffer } from "./line-buffer";
import { Terminal } from "./terminal";

const ESC: string = "\x1b";
/** The assumed width until the terminal reports it. */
const COLUMNS: i32 = 80;

export class LineView {
  visible: bool = false;
  escapes: bool = false;
  columns: i32 = COLUMNS;
  private readonly shown: StaticArray<u16> = new StaticArray<u16>(LINE_LENGTH);
  private shownLength: i32 = 0;
  /** The columns that the shown units take. */
  private shownColumns: i32 = 0;
  /** The position of the cursor on the screen, from the start of the prompt. */
  private at: i32 = 0;
  /** The cursor is after the last column; the terminal wraps at the next character. */
  private wrapping: bool = false;

  constructor(
    private readonly terminal: Terminal,
    private prompt: string,
  ) {}

  /** Replaces the prompt; `prompt` is printable ASCII. */
  setPrompt(prompt: string): void {
    if (prompt == this.prompt) return;
    this.hide();
    this.prompt = prompt;
  }

  /** Shows prompt and line, on a fresh row. */
  show(line: LineBuffer): void {
    this.terminal.freshLine();
    this.terminal.control(this.prompt);
    this.terminal.atLineStart = false;
    this.visible = true;
    this.at = this.prompt.length;
    this.wrapping = this.at % this.columns == 0;
    this.setShown(0);
    this.refresh(line);
  }

  /** Makes the screen show `line`, sending as little as possible. */
  refresh(line: LineBuffer): void {
    let same = 0;
    while (same < line.length && same < this.shownLength && line.unit(same) == this.shown[same]) {
      same++;
    }
    // A character is sent again with the marks that follow it, and a surrogate pair whole.
    while (same > 0 && (hasMark(line, same) || this.showsMark(same))) same--;
    if (same > 0 && same < line.length && line.isPair(same - 1)) same--;
    const origin = this.prompt.length;
    if (same < line.length || same < this.shownLength) {
      this.moveTo(origin + line.columnsTo(same));
      if (this.shownColumns > line.columnsTo(line.length)) this.erase(line, same);
      this.write(line, same);
    }
    this.moveTo(origin + line.columnsTo(line.cursor));
  }

  private showsMark(index: i32): bool {
    return index < this.shownLength && isZeroWidth(this.shown[index]);
  }

  /** Notes that the first `length` units are shown. */
  private setShown(length: i32): void {
    this.shownLength = length;
    this.shownColumns = columnsOf(this.shown, length);
  }

  /** Removes prompt and line; the cursor is then at the start of their first row. */
  hide(): void {
    if (!this.visible) return;
    if (this.escapes) {
      this.moveTo(0);
      this.terminal.control(ESC + "[J");
    } else {
      const blanks = " ".repeat(this.prompt.length + this.shownColumns);
      this.terminal.control("\r" + blanks + "\r");
    }
    this.terminal.atLineStart = true;
    this.visible = false;
  }

  /** Leaves prompt and line on the screen and moves below them. */
  leave(): void {
    this.moveTo(this.prompt.length + this.shownColumns);
    this.terminal.print("\n");
    this.visible = false;
  }

  /** Clears the screen and shows the prompt in its first row. */
  clearScreen(line: LineBuffer): void {
    this.terminal.control(ESC + "[H" + ESC + "[2J");
    this.terminal.atLineStart = true;
    this.show(line);
  }

  /** Asks the terminal for its width: moves far right and requests the cursor position. */
  askWidth(): void {
    this.terminal.control(ESC + "7" + ESC + "[999C" + ESC + "[6n" + ESC + "8");
  }

  /** Sets the width that the terminal has reported. Ignored unless it is from 20 to 1,000. */
  setColumns(columns: u32): void {
    if (columns < 20 || columns > 1000) return;
    this.columns = columns;
    this.wrapping =
      this.at % this.columns == 0 && this.at == this.prompt.length + this.shownColumns;
  }

  /** Erases the text from the unit `same` on, where the cursor is. */
  private erase(line: LineBuffer, same: i32): void {
    const columns = line.columnsTo(same);
    const last = (this.prompt.length + columns + 1) % this.columns == 0;
    if (same == line.length && this.shownColumns == columns + 1 && !last) {
      this.terminal.control(" \b");
    } else {
      this.terminal.control(ESC + "[J");
    }
    this.setShown(same);
  }

  private write(line: LineBuffer, from: i32): void {
    if (from == line.length) return;
    this.terminal.control(line.textOf(from, line.length));
    for (let i = from; i < line.length; i++) this.shown[i] = line.unit(i) as u16;
    this.setShown(line.length);
    this.at = this.prompt.length + this.shownColumns;
    this.wrapping = this.at % this.columns == 0;
  }

  private moveTo(target: i32): void {
    if (target == this.at) return;
    const last = this.prompt.length + this.shownColumns;
    if (target == last && target % this.columns == 0 && target > this.prompt.length) {
      // Only writing the last character of a full row moves the cursor after it.
      let start = this.shownLength - 1;
      while (start > 0 && isZeroWidth(this.shown[start])) start--;
      if (this.shown[start] >>> 10 == 0x37) start--;
      this.moveTo(this.prompt.length + columnsOf(this.shown, start));
      const units = changetype<usize>(this.shown) + 2 * start;
      this.terminal.control(String.UTF16.decodeUnsafe(units, 2 * (this.shownLength - start)));
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

/** Reports whether the unit at `index` is a mark on the character before it. */
function hasMark(line: LineBuffer, index: i32): bool {
  return index < line.length && isZeroWidth(line.unit(index));
}
