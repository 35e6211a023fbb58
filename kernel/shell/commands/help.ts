/** `help`: what commands there are, and how one is used. */
import { Command, Job } from "../command";
import { Options } from "../options";
import { Registry } from "../registry";
import { Shell } from "../shell";

export class Help extends Command {
  constructor(private readonly registry: Registry) {
    super("help", "[COMMAND]", "lists the commands, or explains one", ["help", "help ping"]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    if (options.operands.length == 0) return this.list(shell);
    const name = options.operands[0];
    const command = this.registry.find(name);
    if (command == null) {
      return shell.failed(this, `there is no command ${name}, expected one of those of help`);
    }
    shell.explain(command);
    return shell.done();
  }
  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? this.registry.names() : [];
  }

  private list(shell: Shell): Job {
    const commands = this.registry.commands;
    let width = 0;
    for (let i = 0; i < commands.length; i++) width = max(width, commands[i].name.length);
    for (let i = 0; i < commands.length; i++) {
      shell.printLine(`${commands[i].name.padEnd(width)}  ${commands[i].summary}`);
    }
    shell.printLine("\nhelp COMMAND shows how it is used. Tab completes, Ctrl-C cancels.");
    return shell.done();
  }
}
