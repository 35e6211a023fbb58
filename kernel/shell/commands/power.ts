/**
 * poweroff [N|now]
 * reboot [now]
 *
 * `poweroff` switches the machine off (ACPI S5) and `reboot` resets it, once everything printed has
 * left the machine, or after 2 s. With N, from 0 to 255, and an isa-debug-exit device, QEMU exits
 * with status 2N+1 modulo 256, so that `check; poweroff $?` passes the result of a check to a
 * script. Without that device, N is ignored. `now` changes nothing.
 *
 * Unlike poweroff(8) and reboot(8) of systemd, these commands stop no services: connections are
 * not closed, and leases are not released.
 *
 * Exit codes: none on success; 1 the machine is still on (poweroff); 2 wrong usage.
 */
import { parseDecimalText } from "../../../core/text";
import { Command, EXIT_FAILURE, Job } from "../command";
import { FlushedJob } from "../flushed-job";
import { numberFault, Options } from "../options";
import { PowerControl } from "../power-control";
import { Session } from "../session";

class LastJob extends FlushedJob {
  /** `code` is N of `poweroff N`, or -1. */
  constructor(
    private readonly command: Command,
    private readonly reboots: bool,
    private readonly code: i32,
    private readonly power: PowerControl,
    session: Session,
  ) {
    super(session);
  }
  /** `powerOff` and `debugExit` return only if they failed; `reboot` then halts. */
  protected proceed(): i32 {
    if (this.reboots) this.power.reboot();
    if (this.code >= 0) this.power.debugExit(this.code);
    if (!this.reboots) this.power.powerOff();
    this.session.error(this.command.name, "the machine is still on");
    return EXIT_FAILURE;
  }
}

export class Poweroff extends Command {
  constructor(private readonly power: PowerControl) {
    super("poweroff", "[N|now]", "switches the machine off (with N, QEMU exits with 2N+1)", [
      "poweroff",
      "check; poweroff $?",
    ]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const given = options.operands.length > 0 && options.operands[0] != "now";
    const code = given ? parseDecimalText(options.operands[0]) : -1;
    if (given && (code < 0 || code > 255)) {
      return this.wrongUsage(session, numberFault(options.operands[0], 0, 255));
    }
    return new LastJob(this, false, code as i32, this.power, session);
  }
}

export class Reboot extends Command {
  constructor(private readonly power: PowerControl) {
    super("reboot", "[now]", "resets the machine", ["reboot"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, options.operands.includes("now") ? 1 : 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    return new LastJob(this, true, -1, this.power, session);
  }
}
