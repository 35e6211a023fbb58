/**
 * dmesg
 *
 * Prints the kernel's messages since boot, oldest first, as far as the log has kept them.
 * Exit codes: 0; 2 wrong usage.
 */
import { logLines } from "../../../core/log";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";

export class Dmesg extends Command {
  constructor() {
    super("dmesg", "", "prints the kernel's messages", ["dmesg"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const lines = logLines();
    for (let i = 0; i < lines.length; i++) session.printLine(lines[i]);
    return this.done();
  }
}
