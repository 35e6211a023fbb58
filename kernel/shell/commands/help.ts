/**
 * help [COMMAND]
 *
 * Without COMMAND, lists the commands with their summaries. With COMMAND, prints its synopsis,
 * summary and examples, as `COMMAND --help` does. The name and the error message are those of
 * bash's builtin.
 *
 * Exit codes: 0 success; 1 no such command; 2 wrong usage.
 */
import { Command, Job } from "../command";
import { Options } from "../options";
import { Registry } from "../registry";
import { Session } from "../session";
import { printable } from "../terminal/printable";

export class Help extends Command {
  constructor(private readonly registry: Registry) {
    super("help", "[COMMAND]", "lists the commands, or explains one", ["help", "help ping"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (options.operands.length == 0) return this.list(session);
    const name = options.operands[0];
    const command = this.registry.find(name);
    if (command == null) {
      return this.failed(session, `no help topics match '${printable(name)}'`);
    }
    command.explain(session);
    return this.done();
  }
  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? this.registry.names() : [];
  }

  /** Prints names and summaries, aligned, in the alphabetical order of the registry. */
  private list(session: Session): Job {
    const commands = this.registry.commands;
    let width = 0;
    for (let i = 0; i < commands.length; i++) width = max(width, commands[i].name.length);
    for (let i = 0; i < commands.length; i++) {
      session.printLine(`${commands[i].name.padEnd(width)}  ${commands[i].summary}`);
    }
    session.printLine("\nhelp COMMAND explains one. Tab completes, Ctrl-C cancels.");
    return this.done();
  }
}
