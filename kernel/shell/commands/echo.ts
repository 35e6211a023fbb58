/** `echo`: its words and a line end. */
import { Command, Job } from "../command";
import { Shell } from "../shell";

export class Echo extends Command {
  constructor() {
    super("echo", "[-n] [WORD]...", "prints its words", ["echo hello", "echo $?"]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const open = words.length > 0 && words[0] == "-n";
    const text = (open ? words.slice(1) : words).join(" ");
    shell.print(open ? text : text + "\n");
    return shell.done();
  }
}
