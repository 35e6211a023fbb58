/** The commands by name, in alphabetical order. */
import { Command } from "./command";

export class Registry {
  readonly commands: Array<Command> = [];

  add(command: Command): void {
    let at = 0;
    while (at < this.commands.length && this.commands[at].name < command.name) at++;
    this.commands.push(command);
    for (let i = this.commands.length - 1; i > at; i--) this.commands[i] = this.commands[i - 1];
    this.commands[at] = command;
  }

  find(name: string): Command | null {
    for (let i = 0; i < this.commands.length; i++) {
      if (this.commands[i].name == name) return this.commands[i];
    }
    return null;
  }

  names(): Array<string> {
    const names: Array<string> = [];
    for (let i = 0; i < this.commands.length; i++) names.push(this.commands[i].name);
    return names;
  }
}
