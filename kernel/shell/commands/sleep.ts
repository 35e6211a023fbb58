/** `sleep`: waits. */
import { Command, EXIT_OK, Job, RUNNING } from "../command";
import { Options, parseSeconds } from "../options";
import { Shell } from "../shell";

const LONGEST: i64 = 1_000_000;

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
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(1, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const text = options.operands[0];
    const time = parseSeconds(text, LONGEST);
    if (time < 0) {
      return shell.wrongUsage(this, `${text} is no number of seconds up to ${LONGEST}`);
    }
    return new SleepJob(shell.now + time);
  }
}
