/**
 * dmesg
 *
 * Prints the kernel's messages, oldest first, each with the seconds since boot, as dmesg(1) of
 * util-linux does. The log is bounded (core/log.ts): new messages replace the oldest.
 *
 * Unlike dmesg(1) of util-linux, it has no options, and messages have no levels and facilities. The
 * log cannot be cleared, and times are not converted to the time of day (see `uptime -s`).
 *
 * Exit codes: 0 success; 2 wrong usage (1 in util-linux).
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
