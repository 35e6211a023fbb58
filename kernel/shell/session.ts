/**
 * The console as a command sees it: its output, the time of this turn, and `$?`. The session knows
 * nothing of commands, so that commands, the registry and the shell can all import it.
 */
import { NetworkStatus } from "./network-status";
import { LineEditor } from "./terminal/line-editor";
import { SerialPort } from "./terminal/serial-port";
import { Terminal } from "./terminal/terminal";

const PROMPT: string = "anonymos> ";

export class Session {
  readonly terminal: Terminal;
  readonly editor: LineEditor;
  /** The time of this turn, in microseconds since boot. */
  now: i64 = 0;
  /** When the running command was started, before any wait for the network. */
  since: i64 = 0;
  /** `$?`: the exit code of the last command, 0 to 255. */
  lastCode: i32 = 0;
  /** Set while a command of `run=` or of a script runs, so that `ping` stops by itself. */
  scripted: bool = false;

  constructor(
    port: SerialPort,
    readonly network: NetworkStatus,
  ) {
    const terminal = new Terminal(port);
    this.terminal = terminal;
    this.editor = new LineEditor(terminal, PROMPT);
  }

  /**
   * Queues text. Control characters other than \n and \t are escaped, so names from the network
   * can be printed as they are.
   */
  print(text: string): void {
    this.editor.view.hide();
    this.terminal.print(text);
  }

  printLine(text: string): void {
    this.print(text + "\n");
  }

  /** Queues text from the network: UTF-8 that may be cut anywhere, even inside a character. */
  printBytes(pointer: usize, length: u32): void {
    this.editor.view.hide();
    this.terminal.printBytes(pointer, length);
  }

  /** Prints `COMMAND: text` on a line of its own. */
  error(command: string, text: string): void {
    this.terminal.freshLine();
    this.printLine(`${command}: ${text}`);
  }

  /** Returns the UTF-16 units that a job may print before it should wait for its next poll. */
  room(): u32 {
    return this.terminal.room();
  }
}
