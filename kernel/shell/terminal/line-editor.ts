/** Edits the line by keys, in the Emacs style of readline. */
import { LINE_LENGTH } from "../../../core/limits";
import { History } from "./history";
import { Key } from "./keys";
import { LineBuffer } from "./line-buffer";
import { LineView } from "./line-view";
import { Terminal } from "./terminal";

/** The prompt for the rest of a line that ended with a backslash, as sh's PS2. */
const CONTINUATION: string = "> ";
/** How many characters of the search text the prompt shows: the last ones. */
const SHOWN_SEARCH: i32 = 20;

export class LineEditor {
  readonly line: LineBuffer = new LineBuffer();
  readonly history: History = new History();
  readonly view: LineView;
  /** Set when more is typed than fits; cleared by a deletion, and when another line is shown. */
  overflowed: bool = false;
  /** The lines that this one continues. */
  private before: string = "";
  private killed: string = "";
  private bell: bool = false;
  /** The text of an incremental search (Ctrl-R), which is under way if it is not null. */
  private wanted: string | null = null;

  constructor(
    private readonly terminal: Terminal,
    private readonly prompt: string,
  ) {
    this.view = new LineView(terminal, prompt);
  }

  /** Inserts a character by its code point. */
  insert(point: u32): void {
    const wanted = this.wanted;
    if (wanted != null && wanted.length < (LINE_LENGTH as i32)) {
      this.seek(wanted + String.fromCodePoint(point), true);
      return;
    }
    if (wanted == null && this.line.insert(point)) return;
    this.overflowed = true;
    this.bell = true;
  }

  /** Handles an editing key. Some keys ring the bell if they cannot do anything. */
  key(key: Key): void {
    const line = this.line;
    if (this.handleSearch(key)) return;
    switch (key) {
      case Key.Left:
        this.move(line.before(line.cursor));
        break;
      case Key.Right:
        this.move(line.after(line.cursor));
        break;
      case Key.Home:
        line.cursor = 0;
        break;
      case Key.End:
        line.cursor = line.length;
        break;
      case Key.WordLeft:
        line.cursor = line.wordStart(false);
        break;
      case Key.WordRight:
        line.cursor = line.wordEnd();
        break;
      case Key.Up:
        this.recall(true);
        break;
      case Key.Down:
        this.recall(false);
        break;
      case Key.Yank:
        if (!line.insertText(this.killed)) this.bell = true;
        break;
      case Key.ClearScreen:
        this.view.clearScreen(line);
        break;
      default:
        this.handleDeletion(key);
    }
  }

  /** Shows the changes since the last refresh. */
  refresh(): void {
    if (!this.view.visible) this.view.show(this.line);
    else this.view.refresh(this.line);
    if (this.bell) this.terminal.control("\x07");
    this.bell = false;
  }

  /** Handles Enter: returns the line, after those that it continues, and empties the editor. */
  take(): string {
    this.endSearch();
    this.refresh();
    this.view.leave();
    const text = this.before + this.line.text();
    this.clear();
    return text;
  }

  /** Makes the next line continue this one. */
  continueFrom(before: string): void {
    this.before = before;
    this.endSearch();
  }

  clear(): void {
    this.before = "";
    this.endSearch();
    this.line.length = 0;
    this.line.cursor = 0;
    this.overflowed = false;
  }

  private move(to: i32): void {
    if (to < 0 || to > this.line.length) this.bell = true;
    else this.line.cursor = to;
  }

  private recall(back: bool): void {
    const history = this.history;
    if (back ? !history.canGoBack() : !history.canGoForward()) this.bell = true;
    else this.replace(back ? history.back(this.line.text()) : history.forward());
  }

  /** Ends a search; the line that it found stays. */
  endSearch(): void {
    this.wanted = null;
    this.view.setPrompt(this.before == "" ? this.prompt : CONTINUATION);
  }

  /** Handles Ctrl-R, and Backspace during a search. Other keys end a search; returns false then. */
  private handleSearch(key: Key): bool {
    const wanted = this.wanted;
    if (key == Key.Search) {
      this.seek(wanted == null ? this.line.text() : wanted, false);
      return true;
    }
    if (wanted != null && key == Key.Backspace) {
      this.replace(this.history.toTyped());
      this.seek(withoutLast(wanted), true);
      return true;
    }
    if (wanted != null) this.endSearch();
    return false;
  }

  /** Shows the next line that contains `wanted`; for `stays`, see `History.search`. */
  private seek(wanted: string, stays: bool): void {
    this.wanted = wanted;
    let what = "reverse-i-search";
    if (wanted != "") {
      if (this.history.search(wanted, this.line.text(), stays)) this.replace(this.history.shown());
      else {
        this.bell = true;
        what = `failed ${what}`;
      }
    }
    this.view.setPrompt(`(${what})\`${tailOf(wanted)}': `);
  }

  /** Shows another line, of which nothing is cut off. */
  private replace(text: string): void {
    this.line.set(text);
    this.overflowed = false;
  }

  private handleDeletion(key: Key): void {
    const line = this.line;
    const at = line.cursor;
    switch (key) {
      case Key.Backspace:
        this.remove(line.before(at), at);
        break;
      case Key.EndOfInput:
      case Key.Delete:
        this.remove(at, line.after(at));
        break;
      case Key.KillToEnd:
        this.kill(at, line.length);
        break;
      case Key.KillToStart:
        this.kill(0, at);
        break;
      case Key.KillWord:
        this.kill(line.wordStart(true), at);
        break;
      case Key.KillWordRight:
        this.kill(at, line.wordEnd());
        break;
      default:
    }
  }

  private remove(start: i32, end: i32): void {
    if (start < 0 || end > this.line.length) {
      this.bell = true;
      return;
    }
    this.line.remove(start, end);
    this.overflowed = false;
  }

  private kill(start: i32, end: i32): void {
    if (start == end) return;
    this.killed = this.line.remove(start, end);
    this.overflowed = false;
  }
}

function withoutLast(text: string): string {
  const end = text.length - 1;
  const isPair: bool = end > 0 && text.charCodeAt(end) >>> 10 == 0x37;
  return text.substring(0, isPair ? end - 1 : max(end, 0));
}

/** Returns the end of a text, in ASCII. */
function tailOf(text: string): string {
  let tail = "";
  for (let i = max(text.length - SHOWN_SEARCH, 0); i < text.length; i++) {
    tail += text.charCodeAt(i) < 0x80 ? text.charAt(i) : "?";
  }
  return tail;
}
