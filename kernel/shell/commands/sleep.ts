/**
 * sleep SECONDS
 *
 * Waits, as sleep(1) of coreutils does. SECONDS is from 0 to 1000000, with up to six decimals; a
 * suffix s, m, h or d stands for seconds, minutes, hours or days. Unlike sleep(1) of coreutils, it
 * takes one operand, and no `infinity`.
 *
 * Exit codes: 0 success; 2 wrong usage (1 in coreutils); 130 interrupted.
 */
import { Command, EXIT_OK, Job, RUNNING } from "../command";
import { Options, parseSeconds } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";

/** In seconds. */
const LONGEST: i64 = 1_000_000;
/** The suffixes of a time, and the seconds that each stands for. */
const SUFFIXES: string = "smhd";
const SCALES: StaticArray<i64> = [1, 60, 3600, 86400];

class SleepJob extends Job {
  constructor(private readonly until: i64) {
    super();
  }
  poll(now: i64): i32 {
    return now < this.until ? RUNNING : EXIT_OK;
  }
  pollAt(): i64 {
    return this.until;
  }
}

export class Sleep extends Command {
  constructor() {
    super("sleep", "SECONDS", "waits", ["sleep 1.5"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(1, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const text = options.operands[0];
    const end = text.length - 1;
    const unit = SUFFIXES.indexOf(text.charAt(end));
    const scale = unit < 0 ? 1 : SCALES[unit];
    const time = parseSeconds(unit < 0 ? text : text.substring(0, end), LONGEST / scale) * scale;
    if (time < 0) {
      return this.wrongUsage(session, `invalid time interval '${printable(text)}'`);
    }
    return new SleepJob(session.now + time);
  }
}
