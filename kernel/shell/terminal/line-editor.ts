/** Edits the line by keys, in the Emacs style of readline. */
import { History } from "./history";
import { Key } from "./keys";
import { LineBuffer } from "./line-buffer";
import { LineView } from "./line-view";
import { Terminal } from "./terminal";

export class LineEditor {
  readonly line: LineBuffer = new LineBuffer();
  readonly history: History = new History();
  readonly view: LineView;
  /** Set when more is typed than fits; cleared by a deletion. */
  overflowed: bool = false;
  private killed: string = "";
  private bell: bool = false;
  /** What Ctrl-R searches for; null after any other key. */
  private wanted: string | null = null;

  constructor(
    private readonly terminal: Terminal,
    prompt: string,
  ) {
    this.view = new LineView(terminal, prompt);
  }

  /** Inserts a character by its code point. */
  insert(point: u32): void {
    this.wanted = null;
    if (this.line.insert(point)) return;
    this.overflowed = true;
    this.bell = true;
  }

  /** Handles an editing key. Some keys ring the bell if they cannot do anything. */
  key(key: Key): void {
    const line = this.line;
    if (key != Key.Search) this.wanted = null;
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
      case Key.Search:
        this.search();
        break;
      case Key.Yank:
        if (!line.insertText(this.killed)) this.bell = true;
        break;
      case Key.ClearScreen:
        this.view.clearScreen(line);
        break;
      default:
        this.deletion(key);
    }
  }

  /** Shows the changes since the last refresh. */
  refresh(): void {
    if (!this.view.visible) this.view.show(this.line);
    else this.view.refresh(this.line);
    if (this.bell) this.terminal.control("\x07");
    this.bell = false;
  }

  /** Handles Enter: returns the line, adds it to the history, and empties the editor. */
  take(): string {
    this.refresh();
    this.view.leave();
    const text = this.line.text();
    this.clear();
    this.history.add(text);
    return text;
  }

  clear(): void {
    this.wanted = null;
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

  private search(): void {
    const before = this.wanted;
    const wanted = before == null ? this.line.text() : before;
    this.wanted = wanted;
    if (this.history.search(wanted, this.line.text())) this.replace(this.history.shown());
    else this.bell = true;
  }

  /** Shows another line, which is complete. */
  private replace(text: string): void {
    this.line.set(text);
    this.overflowed = false;
  }

  private deletion(key: Key): void {
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
