/**
 * dmesg
 *
 * Prints the kernel's messages, oldest first, each with the seconds since boot, as dmesg(1) of
 * util-linux does. The log is a ring (core/log.ts): old messages make room for new ones.
 *
 * Unlike util-linux's, there are no levels and facilities, and no options: the ring cannot be
 * cleared, and times are not converted to the time of day (see `date` and `uptime -s`).
 *
 * Exit codes: 0; 2 wrong usage, for which util-linux's returns 1.
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
