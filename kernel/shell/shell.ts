/**
 * The console's shell: keys go to the line editor or to the running command, lines are run, and
 * messages of the kernel appear between. One command runs in the foreground; nothing here waits.
 *
 * A command, whole (kernel/shell/commands/sleep.ts; registered by `registry.add(new Sleep())`):
 *
 *     class SleepJob extends Job {
 *       constructor(private readonly until: i64) { super(); }
 *       poll(now: i64): i32 { return now < this.until ? RUNNING : EXIT_OK; }
 *       pollAt(): i64 { return this.until; }
 *     }
 *     export class Sleep extends Command {
 *       constructor() { super("sleep", "SECONDS", "waits", ["sleep 1"]); }
 *       start(words: Array<string>, shell: Shell): Job {
 *         const options = new Options(words, []);          // "c|count:" = -c N or --count N
 *         options.expectOperands(1, 1);
 *         if (options.failure != "") return shell.wrongUsage(this, options.failure);
 *         const time = parseSeconds(options.operands[0], 86400);
 *         if (time < 0) return shell.wrongUsage(this, "the time is no number of seconds");
 *         return new SleepJob(shell.now + time);
 *       }
 *     }
 *
 * A job may print some 30,000 characters a poll; it is not polled while more than that waits for
 * the serial line, so that one that reads from the network makes the sender wait.
 */
import { CONSOLE_COMMAND_BATCH, CONSOLE_INPUT_BATCH, CONSOLE_LOG_ROOM } from "../../core/limits";
import { LogSink, setLogSink } from "../../core/log";
import { Pollable } from "../../core/pollable";
import { earlier, MILLISECOND, NEVER } from "../../core/time";
import { Command, Done, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, Job } from "./command";
import { complete } from "./completion";
import { Execution } from "./execution";
import { LineInput } from "./line-input";
import { NetworkStatus } from "./network-status";
import { printable } from "./printable";
import { Registry } from "./registry";
import { Key, KeyDecoder } from "./terminal/keys";
import { LineEditor } from "./terminal/line-editor";
import { Terminal, Wire } from "./terminal/terminal";
import { TypeAhead } from "./terminal/type-ahead";

const PROMPT: string = "anonymos> ";
/** How soon to offer bytes again to a wire that took none. */
const DRAIN_DELAY: i64 = 2 * MILLISECOND;

export class Shell implements LogSink, Pollable {
  readonly terminal: Terminal;
  readonly registry: Registry = new Registry();
  readonly editor: LineEditor;
  /** The time of this turn, microseconds since boot. */
  now: i64 = 0;
  /** `$?` */
  lastCode: i32 = 0;
  private readonly keys: KeyDecoder = new KeyDecoder();
  private readonly input: LineInput;
  private readonly typeAhead: TypeAhead = new TypeAhead();
  private execution: Execution | null = null;
  private lastByte: i32 = -1;
  /** Nobody has been asked yet how wide the terminal is. */
  private widthUnknown: bool = true;
  private unshownMessages: u32 = 0;

  constructor(
    wire: Wire,
    readonly network: NetworkStatus,
  ) {
    const terminal = new Terminal(wire);
    this.terminal = terminal;
    this.editor = new LineEditor(terminal, PROMPT);
    this.input = new LineInput(terminal);
  }

  /** Once, before the first turn: shows the kernel's messages from here on, then runs `run=`. */
  begin(now: i64, run: string): void {
    this.now = now;
    setLogSink(this);
    if (run != "") this.execution = new Execution(run, true, this);
  }

  // --- for commands ---

  /** Queues text. Control characters but \n and \t come out escaped: names may be printed as is. */
  print(text: string): void {
    this.editor.view.hide();
    this.terminal.print(text);
  }

  printLine(text: string): void {
    this.print(text + "\n");
  }

  /** Text from the network as it comes: UTF-8, cut anywhere. */
  printBytes(pointer: usize, length: u32): void {
    this.editor.view.hide();
    this.terminal.printBytes(pointer, length);
  }

  /** `COMMAND: text` */
  error(command: string, text: string): void {
    this.terminal.freshLine();
    this.printLine(`${command}: ${text}`);
  }

  /** Prints why the words are wrong and what was expected; answers the job to return (code 2). */
  wrongUsage(command: Command, reason: string): Job {
    const usage = `${command.name} ${command.usage}`.trimEnd();
    this.error(command.name, `${reason}, expected: ${usage}`);
    return new Done(EXIT_USAGE);
  }

  /** How a command is used, for `help COMMAND` and `COMMAND --help`. */
  explain(command: Command): void {
    this.printLine(`usage: ${command.name} ${command.usage}`.trimEnd());
    this.printLine(`${command.name} ${command.summary}.`);
    for (let i = 0; i < command.examples.length; i++) {
      this.printLine(`example: ${command.examples[i]}`);
    }
  }

  /** The job of a command that is over already. */
  done(code: i32 = EXIT_OK): Job {
    return new Done(code);
  }

  /** Prints `COMMAND: text`; answers the job to return. */
  failed(command: Command, text: string, code: i32 = 1): Job {
    this.error(command.name, text);
    return new Done(code);
  }

  /** Characters that may be printed before it is better to wait for the next poll. */
  room(): u32 {
    return this.terminal.room();
  }

  /** True while a command of `run=` runs (ping then sends 4). */
  scripted(): bool {
    const execution = this.execution;
    return execution != null && execution.scripted;
  }

  // --- for the main loop ---

  /** One turn; true: call again at once. */
  poll(now: i64): bool {
    this.now = now;
    this.terminal.drain();
    const moreInput = this.readInput();
    this.runCommands();
    if (this.execution == null) {
      this.reportUnshown();
      this.editor.refresh();
    }
    this.terminal.drain();
    return moreInput || this.wantsTypeAhead();
  }

  /** When to poll again at the latest, if nothing arrives before. */
  pollAt(_now: i64): i64 {
    let at = this.terminal.empty() ? NEVER : this.now + DRAIN_DELAY;
    const execution = this.execution;
    if (execution == null) return this.editor.view.visible ? at : 0;
    if (this.terminal.room() > 0) at = earlier(at, execution.pollAt());
    return at;
  }

  /** A message of the kernel: on a line of its own, and the prompt is drawn again after it. */
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
    this.terminal.printLine(`${count} messages were not shown: see dmesg`);
  }

  private runCommands(): void {
    for (let i: u32 = 0; i < CONSOLE_COMMAND_BATCH && this.terminal.room() > 0; i++) {
      const execution = this.execution;
      if (execution == null) return;
      execution.poll(this.now);
      if (execution.over()) this.execution = null;
      else if (execution.job() != null) return;
    }
  }

  /** True when there may be more to read at once. */
  private readInput(): bool {
    for (let i: u32 = 0; i < CONSOLE_INPUT_BATCH; i++) {
      // Echo must not outrun the line.
      const atPrompt = this.execution == null;
      if (atPrompt && this.terminal.room() == 0) return false;
      let byte = this.wantsTypeAhead() ? this.typeAhead.shift() : -1;
      if (byte < 0) {
        byte = this.terminal.wire.read();
        if (byte < 0) return false;
        this.editor.view.escapes = true;
        byte = this.lineEnds(byte);
        if (byte < 0) continue;
      }
      if (atPrompt) this.promptByte(byte);
      else this.jobByte(byte);
    }
    return true;
  }

  /** What was typed ahead comes first, at the prompt and for a command that reads. */
  private wantsTypeAhead(): bool {
    const execution = this.execution;
    if (this.typeAhead.empty() || execution == null) return !this.typeAhead.empty();
    const job = execution.job();
    return job != null && job.readsInput();
  }

  /** CR and CR LF become LF: the byte, or -1 for an LF that belongs to the CR before it. */
  private lineEnds(byte: i32): i32 {
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
      if (key != Key.None) this.input.key(key, this.keys.unit, job);
    } else if (!this.typeAhead.push(byte)) {
      this.terminal.bell();
    }
  }

  private promptByte(byte: i32): void {
    const key = this.keys.push(byte);
    const editor = this.editor;
    if (this.widthUnknown && this.keys.sawEscape) {
      this.widthUnknown = false;
      editor.view.askWidth();
    }
    switch (key) {
      case Key.None:
        break;
      case Key.Character:
        editor.insert(this.keys.unit);
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
    const overflowed = this.editor.overflowed;
    const line = this.editor.take();
    if (overflowed) {
      this.error("shell", `the line is longer than ${line.length} characters, nothing was run`);
      this.lastCode = EXIT_USAGE;
      return;
    }
    this.input.clear();
    this.execution = new Execution(line, false, this);
    this.runCommands();
  }

  /** Ctrl-C at the prompt: the line stays readable on the screen, and a new one begins. */
  private abandonLine(): void {
    this.editor.refresh();
    this.terminal.print("^C");
    this.editor.view.leave();
    this.editor.clear();
    this.lastCode = EXIT_INTERRUPTED;
  }

  private tab(): void {
    const line = this.editor.line;
    const completion = complete(line.textOf(0, line.cursor), this.registry);
    line.insertText(completion.insertion);
    if (completion.candidates.length == 0) return;
    this.editor.refresh();
    this.editor.view.leave();
    this.printLine(printable(completion.candidates.join("  ")));
  }
}
