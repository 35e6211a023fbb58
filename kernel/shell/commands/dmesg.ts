/**
 * dmesg [-w]
 *
 * Prints the kernel's messages, oldest first, each with the seconds since boot, as dmesg(1) of
 * util-linux does. The log is bounded (core/log.ts): new messages replace the oldest. With -w, it
 * runs until Ctrl-C, while the console shows new messages as ever. -H and -P are accepted and
 * change nothing.
 *
 * Unlike dmesg(1) of util-linux, messages have no levels and facilities. The
 * log cannot be cleared, and times are not converted to the time of day (see `uptime -s`).
 *
 * Exit codes: 0 success; 2 wrong usage (1 in util-linux); 130 interrupted.
 */
import { logLines } from "../../../core/log";
import { Command, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";

/** Runs until Ctrl-C. */
class FollowJob extends Job {
  poll(_now: i64): i32 {
    return RUNNING;
  }
}

export class Dmesg extends Command {
  constructor() {
    super("dmesg", "[-w]", "prints the kernel's messages", ["dmesg"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, ["w|follow", "H|human", "P|nopager"]);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const lines = logLines();
    for (let i = 0; i < lines.length; i++) session.printLine(lines[i]);
    return options.has("w") ? new FollowJob() : this.done();
  }
}
