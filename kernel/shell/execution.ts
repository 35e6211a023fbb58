/**
 * The commands of one line, run one after the other: names are looked up, commands that need the
 * network wait for it, and the exit code of the last one stays for `$?`.
 */
import { NEVER, SECOND } from "../../core/time";
import {
  Command,
  Done,
  EXIT_FAILURE,
  EXIT_INTERRUPTED,
  EXIT_OK,
  EXIT_UNKNOWN_COMMAND,
  EXIT_USAGE,
  Job,
  RUNNING,
} from "./command";
import { printable } from "./printable";
import { Shell } from "./shell";
import { SplitCommand, SplitLine } from "./splitter";

/** How long a command that needs the network waits for it, from when it was given. */
const NETWORK_WAIT: i64 = 10 * SECOND;

/** A command held back until an interface is configured. */
class NetworkWait extends Job {
  private started: Job | null = null;
  private readonly deadline: i64;

  constructor(
    private readonly command: Command,
    private readonly words: Array<string>,
    private readonly shell: Shell,
  ) {
    super();
    this.deadline = shell.now + NETWORK_WAIT;
  }
  poll(now: i64): i32 {
    const running = this.started;
    if (running != null) return running.poll(now);
    if (this.shell.network.configured()) {
      const job = this.command.start(this.words, this.shell);
      this.started = job;
      return job.poll(now);
    }
    if (now < this.deadline) return RUNNING;
    const reason = this.shell.network.reason();
    this.shell.error(this.command.name, `network is not configured: ${reason}`);
    return EXIT_FAILURE;
  }
  pollAt(): i64 {
    const running = this.started;
    return running == null ? this.deadline : running.pollAt();
  }
  cancel(): i32 {
    const running = this.started;
    return running != null ? running.cancel() : EXIT_INTERRUPTED;
  }
  readsInput(): bool {
    const running = this.started;
    return running != null && running.readsInput();
  }
  line(text: string): void {
    const running = this.started;
    if (running != null) running.line(text);
  }
  endOfInput(): void {
    const running = this.started;
    if (running != null) running.endOfInput();
  }
}

export class Execution {
  private readonly commands: Array<string>;
  private next: i32 = 0;
  private current: Job | null = null;

  /** `scripted`: the line came from `run=`, and each command's exit code is to be printed. */
  constructor(
    line: string,
    readonly scripted: bool,
    private readonly shell: Shell,
  ) {
    const split = new SplitLine(line);
    this.commands = split.commands;
    if (split.failure != "") {
      shell.error("shell", split.failure);
      this.finish(line, EXIT_USAGE);
      this.next = this.commands.length;
    }
  }

  /** The running command, or null between two. */
  job(): Job | null {
    return this.current;
  }

  over(): bool {
    return this.current == null && this.next >= this.commands.length;
  }

  /** Goes on with the running command, or starts the next. */
  poll(now: i64): void {
    if (this.over()) return;
    const running = this.current;
    const job = running == null ? this.start(this.commands[this.next++]) : running;
    this.current = job;
    const code = job.poll(now);
    if (code != RUNNING) this.finish(this.commands[this.next - 1], code);
  }

  /** When to poll again at the latest. */
  pollAt(): i64 {
    const running = this.current;
    if (running != null) return running.pollAt();
    return this.over() ? NEVER : 0;
  }

  /** Ctrl-C: ends the running command, and those after it in the same line do not run. */
  cancel(): void {
    const running = this.current;
    if (running != null) this.finish(this.commands[this.next - 1], running.cancel());
    this.next = this.commands.length;
  }

  private finish(command: string, code: i32): void {
    this.current = null;
    this.shell.lastCode = code & 255;
    if (!this.scripted) return;
    this.shell.terminal.freshLine();
    this.shell.printLine(`[exit ${this.shell.lastCode}] ${command}`);
  }

  private start(text: string): Job {
    const shell = this.shell;
    const split = new SplitCommand(text, shell.lastCode);
    if (split.failure != "") {
      shell.error("shell", split.failure);
      return new Done(EXIT_USAGE);
    }
    if (split.words.length == 0) return new Done(shell.lastCode);
    const name = split.words[0];
    const command = shell.registry.find(name);
    if (command == null) {
      shell.error(printable(name), "command not found, expected one of help");
      return new Done(EXIT_UNKNOWN_COMMAND);
    }
    const words = split.words.slice(1);
    if (words.length == 1 && words[0] == "--help") {
      shell.explain(command);
      return new Done(EXIT_OK);
    }
    if (command.needsNetwork && !shell.network.configured()) {
      return new NetworkWait(command, words, shell);
    }
    return command.start(words, shell);
  }
}
