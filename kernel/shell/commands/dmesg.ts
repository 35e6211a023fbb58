/** `dmesg`: the messages of the kernel, oldest first. */
import { logLines } from "../../../core/log";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Shell } from "../shell";

export class Dmesg extends Command {
  constructor() {
    super("dmesg", "", "shows the kernel's messages", ["dmesg"]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 0);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const lines = logLines();
    for (let i = 0; i < lines.length; i++) shell.printLine(lines[i]);
    return shell.done();
  }
}
