/**
 * Runs the commands of a line one after the other. Looks up their names, lets commands that need
 * the network wait for it, and keeps the last exit code in `$?`.
 */
import { NEVER } from "../../core/time";
import { Done, EXIT_OK, EXIT_UNKNOWN_COMMAND, EXIT_USAGE, Job, RUNNING } from "./command";
import { ParsedCommand, ParsedLine } from "./command-parser";
import { substituteFor } from "./foreign-names";
import { NetworkWait } from "./network-wait";
import { Registry } from "./registry";
import { Session } from "./session";
import { printable } from "./terminal/printable";

/** Commands that print their help for a single -h, as their originals do. */
const WITH_SHORT_HELP: StaticArray<string> = [
  "curl",
  "dmesg",
  "hostname",
  "nc",
  "ping",
  "resolvectl",
  "ss",
  "tcpdump",
  "uptime",
];

export class Execution {
  private readonly commands: Array<string>;
  private next: i32 = 0;
  private current: Job | null = null;

  /** `scripted`: the line is from `run=` or a script, and each command's exit code is printed. */
  constructor(
    line: string,
    private readonly scripted: bool,
    private readonly session: Session,
    private readonly registry: Registry,
  ) {
    session.scripted = scripted;
    const parsed = new ParsedLine(line);
    this.commands = parsed.commands;
    if (parsed.failure != "") {
      session.error("shell", parsed.failure);
      this.finish(line, EXIT_USAGE);
      this.next = this.commands.length;
    }
  }

  /** Returns the job of the running command, or null between two commands. */
  job(): Job | null {
    return this.current;
  }

  over(): bool {
    return this.current == null && this.next >= this.commands.length;
  }

  /** Continues the running command, or starts the next. */
  poll(now: i64): void {
    if (this.over()) return;
    const running = this.current;
    const job = running == null ? this.start(this.commands[this.next++]) : running;
    this.current = job;
    const code = job.poll(now);
    if (code != RUNNING) this.finish(this.commands[this.next - 1], code);
  }

  /** Returns the latest time to poll again, in microseconds since boot. */
  pollAt(): i64 {
    const running = this.current;
    if (running != null) return running.pollAt();
    return this.over() ? NEVER : 0;
  }

  /** Handles Ctrl-C: ends the running command and skips the rest of the line. */
  cancel(): void {
    const running = this.current;
    if (running != null) this.finish(this.commands[this.next - 1], running.cancel());
    this.next = this.commands.length;
  }

  private finish(command: string, code: i32): void {
    this.current = null;
    const session = this.session;
    session.lastCode = code & 255;
    if (!this.scripted) return;
    session.terminal.freshLine();
    session.printLine(`[exit ${session.lastCode}] ${command}`);
  }

  private start(text: string): Job {
    const session = this.session;
    session.since = session.now;
    const parsed = new ParsedCommand(text, session.lastCode);
    if (parsed.failure != "") {
      session.error("shell", parsed.failure);
      return new Done(EXIT_USAGE);
    }
    if (parsed.words.length == 0) return new Done(session.lastCode);
    const name = parsed.words[0];
    const command = this.registry.find(name);
    if (command == null) {
      const substitute = substituteFor(parsed.words, this.registry);
      session.error(printable(name), `command not found (try: ${printable(substitute)})`);
      return new Done(EXIT_UNKNOWN_COMMAND);
    }
    const words = parsed.words.slice(1);
    const asksBriefly = words.length == 1 && words[0] == "-h" && WITH_SHORT_HELP.includes(name);
    if (asksBriefly || (words.length == 1 && words[0] == "--help")) {
      command.explain(session);
      return new Done(EXIT_OK);
    }
    if (command.needsNetwork && session.network.awaited()) {
      const job = command.beforeNetwork(words, session);
      return job == null ? new NetworkWait(command, words, session) : job;
    }
    return command.start(words, session);
  }
}
