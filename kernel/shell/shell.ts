/**
 * The console's shell. Passes keys to the line editor or to the running job, runs lines, and prints
 * the kernel's messages in between. One command runs at a time; the shell itself never blocks.
 */
import {
  CONSOLE_COMMAND_BATCH,
  CONSOLE_INPUT_BATCH,
  CONSOLE_LOG_ROOM,
  LINE_LENGTH,
} from "../../core/limits";
import { LogSink, setLogSink } from "../../core/log";
import { Pollable } from "../../core/pollable";
import { earlier, MILLISECOND, NEVER } from "../../core/time";
import { EXIT_INTERRUPTED, EXIT_USAGE } from "./command";
import { continuedText } from "./command-parser";
import { complete } from "./completion";
import { Execution } from "./execution";
import { NetworkStatus } from "./network-status";
import { Registry } from "./registry";
import { Session } from "./session";
import { Key, KeyDecoder } from "./terminal/keys";
import { LineEditor } from "./terminal/line-editor";
import { LineInput } from "./terminal/line-input";
import { printable } from "./terminal/printable";
import { SerialPort } from "./terminal/serial-port";
import { Terminal } from "./terminal/terminal";
import { TypeAhead } from "./terminal/type-ahead";

/**
 * Microseconds until a busy port is offered bytes again. A port that makes progress interrupts,
 * which wakes the kernel earlier; while a receiver has stopped, polling this rarely costs little.
 */
const DRAIN_DELAY: i64 = 100 * MILLISECOND;

export class Shell extends Pollable implements LogSink {
  readonly session: Session;
  readonly registry: Registry = new Registry();
  private readonly terminal: Terminal;
  private readonly editor: LineEditor;
  private readonly keys: KeyDecoder = new KeyDecoder();
  private readonly input: LineInput;
  private readonly typeAhead: TypeAhead = new TypeAhead();
  private execution: Execution | null = null;
  private lastByte: i32 = -1;
  /** Whether a byte was read since the line was last shown. */
  private touched: bool = false;
  /** The terminal has not been asked for its width yet. */
  private widthNotAsked: bool = true;
  private unshownMessages: u32 = 0;
  /** The lines of scripts that have not been run. */
  private script: Array<string> = [];

  constructor(port: SerialPort, network: NetworkStatus) {
    super();
    const session = new Session(port, network);
    this.session = session;
    this.terminal = session.terminal;
    this.editor = session.editor;
    this.input = new LineInput(session.terminal);
  }

  /** Starts to show the kernel's messages, and runs `run` (from `run=`). Called once. */
  begin(now: i64, run: string): void {
    this.session.now = now;
    setLogSink(this);
    if (run != "") this.execution = new Execution(run, true, this.session, this.registry);
  }

  /** Runs a script, a command line on each line, when no other command runs; # begins a comment. */
  runScript(text: string): void {
    this.script = this.script.concat(text.split("\n"));
  }

  /** Runs one turn. Returns true to be called again at once. */
  poll(now: i64): bool {
    this.session.now = now;
    this.terminal.drain();
    const moreInput = this.readInput();
    this.runCommands();
    if (this.execution == null) {
      this.reportUnshown();
      if (this.touched || !this.editor.view.visible) this.editor.refresh();
      this.touched = false;
    }
    this.terminal.drain();
    return moreInput || this.wantsTypeAhead();
  }

  /** Returns the latest time to poll again, in microseconds since boot. */
  pollAt(_now: i64): i64 {
    let at = this.terminal.empty() ? NEVER : this.session.now + DRAIN_DELAY;
    const execution = this.execution;
    if (execution == null) return this.editor.view.visible && this.script.length == 0 ? at : 0;
    if (this.terminal.room() > 0) at = earlier(at, execution.pollAt());
    return at;
  }

  /** Prints a kernel message on a line of its own, or only counts it if there is no room. */
  logLine(line: string): void {
    if (this.terminal.room() < CONSOLE_LOG_ROOM) {
      this.unshownMessages++;
      return;
    }
    this.reportUnshown();
    this.editor.view.hide();
    this.terminal.freshLine();
    this.terminal.printLine(line);
  }

  private reportUnshown(): void {
    if (this.unshownMessages == 0 || this.terminal.room() < CONSOLE_LOG_ROOM) return;
    const count = this.unshownMessages;
    this.unshownMessages = 0;
    this.editor.view.hide();
    this.terminal.freshLine();
    this.terminal.printLine(`${count} messages not shown (see dmesg)`);
  }

  private runCommands(): void {
    for (let i: u32 = 0; i < CONSOLE_COMMAND_BATCH && this.terminal.room() > 0; i++) {
      if (this.execution == null) this.nextOfScript();
      const execution = this.execution;
      if (execution == null) return;
      execution.poll(this.session.now);
      if (execution.over()) this.execution = null;
      else if (execution.job() != null) return;
    }
  }

  /** Starts the next line of a script, if there is one. */
  private nextOfScript(): void {
    while (this.script.length > 0 && this.execution == null) {
      let line = this.script.shift().trim();
      let before = continuedText(line);
      while (before != null && this.script.length > 0) {
        line = before + this.script.shift().trimEnd();
        before = continuedText(line);
      }
      if (line == "" || line.startsWith("#")) continue;
      this.editor.view.hide();
      this.terminal.freshLine();
      this.execution = new Execution(line, true, this.session, this.registry);
    }
  }

  /** Returns true if there may be more to read now. */
  private readInput(): bool {
    for (let i: u32 = 0; i < CONSOLE_INPUT_BATCH; i++) {
      // There must be room for the echo.
      const atPrompt = this.execution == null;
      if (atPrompt && this.terminal.room() == 0) return false;
      let byte = this.wantsTypeAhead() ? this.typeAhead.shift() : -1;
      if (byte < 0) {
        byte = this.terminal.port.read();
        if (byte < 0) return false;
        this.editor.view.escapes = true;
        byte = this.mapLineEnd(byte);
        if (byte < 0) continue;
      }
      this.touched = true;
      if (atPrompt) this.promptByte(byte);
      else this.jobByte(byte);
    }
    return true;
  }

  /** Reports whether there is typed-ahead input for the prompt, or for a job that reads. */
  private wantsTypeAhead(): bool {
    const execution = this.execution;
    if (this.typeAhead.empty() || execution == null) return !this.typeAhead.empty();
    const job = execution.job();
    return job != null && job.readsInput();
  }

  /** Maps CR and CR LF to LF. Returns -1 for the LF of a CR LF. */
  private mapLineEnd(byte: i32): i32 {
    const afterReturn = this.lastByte == 0x0d;
    this.lastByte = byte;
    if (byte == 0x0a && afterReturn) return -1;
    return byte == 0x0d ? 0x0a : byte;
  }

  private jobByte(byte: i32): void {
    const execution = this.execution!;
    const job = execution.job();
    if (byte == 0x03) {
      this.terminal.print("^C\n");
      this.typeAhead.clear();
      this.input.clear();
      execution.cancel();
      if (execution.over()) this.execution = null;
    } else if (job != null && job.readsInput()) {
      const key = this.keys.push(byte);
      if (key != Key.None) this.input.key(key, this.keys.point, job);
    } else if (!this.typeAhead.push(byte)) {
      this.terminal.bell();
    }
  }

  private promptByte(byte: i32): void {
    const key = this.keys.push(byte);
    const editor = this.editor;
    if (this.widthNotAsked && this.keys.sawEscape) {
      this.widthNotAsked = false;
      editor.view.askWidth();
    }
    switch (key) {
      case Key.None:
        break;
      case Key.Character:
        editor.insert(this.keys.point);
        break;
      case Key.Enter:
        this.enter();
        break;
      case Key.Interrupt:
        this.abandonLine();
        break;
      case Key.Tab:
        this.tab();
        break;
      case Key.CursorReport:
        editor.view.setColumns(this.keys.column);
        break;
      default:
        editor.key(key);
    }
  }

  private enter(): void {
    const editor = this.editor;
    const overflowed = editor.overflowed;
    const line = editor.take();
    if (overflowed || line.length > (LINE_LENGTH as i32)) {
      this.session.error("shell", `line too long: more than ${LINE_LENGTH} characters, not run`);
      this.session.lastCode = EXIT_USAGE;
      return;
    }
    const before = continuedText(line);
    if (before != null) {
      editor.continueFrom(before);
      return;
    }
    editor.history.add(line);
    this.input.clear();
    this.execution = new Execution(line, false, this.session, this.registry);
    this.runCommands();
  }

  /** Handles Ctrl-C at the prompt: the line stays on the screen, and a new one begins. */
  private abandonLine(): void {
    this.editor.refresh();
    this.terminal.print("^C");
    this.editor.view.leave();
    this.editor.clear();
    this.session.lastCode = EXIT_INTERRUPTED;
  }

  private tab(): void {
    const line = this.editor.line;
    this.editor.endSearch();
    const completion = complete(line.textOf(0, line.cursor), this.registry);
    line.insertText(completion.insertion);
    if (completion.candidates.length == 0) return;
    this.editor.refresh();
    this.editor.view.leave();
    this.session.printLine(printable(completion.candidates.join("  ")));
  }
}
