/**
 * Runs the commands of a line one after the other. Looks up their names, lets commands that need
 * the network wait for it, and keeps the last exit code in `$?`.
 */
import { NEVER } from "../../core/time";
import { Done, EXIT_OK, EXIT_UNKNOWN_COMMAND, EXIT_USAGE, Job, RUNNING } from "./command";
import { Link, ParsedCommand, ParsedLine } from "./command-parser";
import { hintFor } from "./foreign-names";
import { NetworkWait } from "./network-wait";
import { Registry } from "./registry";
import { Session } from "./session";
import { printable } from "./terminal/printable";

/** Commands for which -h is not the same as --help: `free -h` prints other units. */
const OTHER_H: StaticArray<string> = ["echo", "free"];
/** The prompts that are pasted along with a command. */
const PROMPTS: StaticArray<string> = ["$ ", "anonymos> "];

export class Execution {
  private readonly commands: Array<string>;
  private readonly links: Array<Link>;
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
    const parsed = new ParsedLine(withoutPrompt(line));
    const commands = parsed.commands;
    this.commands = commands;
    this.links = parsed.links;
    let failure = parsed.failure;
    for (let i = 0; i < commands.length && failure == ""; i++) {
      failure = new ParsedCommand(commands[i], 0).failure;
    }
    if (failure != "") {
      session.error("shell", failure);
      this.finish(line, EXIT_USAGE);
      this.next = commands.length;
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
    const running = this.current;
    if (running == null) this.skip();
    if (this.over()) return;
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

  /** Skips the commands that && or || excludes. */
  private skip(): void {
    while (this.next < this.commands.length) {
      const link = this.links[this.next];
      const failed = this.session.lastCode != EXIT_OK;
      if (link != (failed ? Link.IfOk : Link.IfFailed)) return;
      this.next++;
    }
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
    if (parsed.words.length == 0) return new Done(session.lastCode);
    const name = parsed.words[0];
    const command = this.registry.find(name);
    if (command == null) {
      const hint = printable(hintFor(parsed.words, this.registry));
      session.error(printable(name), `command not found (${hint})`);
      return new Done(EXIT_UNKNOWN_COMMAND);
    }
    const words = parsed.words.slice(1);
    const asksBriefly = words.length == 1 && words[0] == "-h" && !OTHER_H.includes(name);
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

/** Returns the line without a prompt in front of it. */
function withoutPrompt(line: string): string {
  for (let i = 0; i < PROMPTS.length; i++) {
    if (line.startsWith(PROMPTS[i])) return line.substring(PROMPTS[i].length);
  }
  return line;
}
