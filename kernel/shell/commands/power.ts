/** `poweroff` and `reboot`: both wait until what was printed has left the machine. */
import { parseDecimalText } from "../../../core/text";
import { SECOND } from "../../../core/time";
import { Command, EXIT_FAILURE, Job, RUNNING } from "../command";
import { Machine } from "../machine";
import { Options } from "../options";
import { Shell } from "../shell";

/** A serial line that takes nothing for so long is not waited for. */
const FLUSH_WAIT: i64 = 2 * SECOND;
/** How often to look whether the last byte is gone. */
const FLUSH_STEP: i64 = 1000;

class LastJob extends Job {
  private readonly deadline: i64;
  private at: i64;

  /** `code`: what `poweroff N` was given, or -1. */
  constructor(
    private readonly command: Command,
    private readonly reboots: bool,
    private readonly code: i32,
    private readonly machine: Machine,
    private readonly shell: Shell,
  ) {
    super();
    this.at = shell.now;
    this.deadline = shell.now + FLUSH_WAIT;
  }
  poll(now: i64): i32 {
    this.at = now + FLUSH_STEP;
    this.shell.terminal.freshLine();
    if (!this.shell.terminal.flushed() && now < this.deadline) return RUNNING;
    if (this.reboots) this.machine.reboot();
    if (this.code >= 0) this.machine.debugExit(this.code);
    if (!this.reboots) this.machine.powerOff();
    this.shell.error(this.command.name, "the machine did not obey, expected ACPI");
    return EXIT_FAILURE;
  }
  pollAt(): i64 {
    return this.at;
  }
}

export class Poweroff extends Command {
  constructor(private readonly machine: Machine) {
    super("poweroff", "[N]", "switches off (with N, QEMU exits with 2N+1)", [
      "poweroff",
      "check; poweroff $?",
    ]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const given = options.operands.length > 0;
    const code = given ? parseDecimalText(options.operands[0]) : -1;
    if (given && (code < 0 || code > 255)) {
      return shell.wrongUsage(this, `${options.operands[0]} is no number from 0 to 255`);
    }
    return new LastJob(this, false, code as i32, this.machine, shell);
  }
}

export class Reboot extends Command {
  constructor(private readonly machine: Machine) {
    super("reboot", "", "starts the machine anew", ["reboot"]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 0);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    return new LastJob(this, true, -1, this.machine, shell);
  }
}
