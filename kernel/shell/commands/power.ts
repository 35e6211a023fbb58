/**
 * poweroff [N]
 * reboot
 *
 * Switch the machine off (ACPI S5) or reset it, after everything printed has left the machine.
 * With N, from 0 to 255, and an isa-debug-exit device, QEMU exits with status 2N+1 modulo 256:
 * `check; poweroff $?` passes the result of a check to a script. Without that device, N is ignored.
 *
 * Unlike systemd's poweroff(8) and reboot(8) they ask nobody, stop no service and sync nothing:
 * connections are not closed, and leases are not released.
 *
 * Exit codes: none if it works; 1 if the machine stays on; 2 wrong usage.
 */
import { parseDecimalText } from "../../../core/text";
import { SECOND } from "../../../core/time";
import { Command, EXIT_FAILURE, Job, RUNNING } from "../command";
import { numberFault, Options } from "../options";
import { PowerControl } from "../power-control";
import { Session } from "../session";

/** Microseconds to wait for the serial line to take the output. */
const FLUSH_WAIT: i64 = 2 * SECOND;
/** Microseconds between two looks at the serial line. */
const FLUSH_STEP: i64 = 1000;

class LastJob extends Job {
  private readonly deadline: i64;
  private at: i64;

  /** `code` is N of `poweroff N`, or -1. */
  constructor(
    private readonly command: Command,
    private readonly reboots: bool,
    private readonly code: i32,
    private readonly power: PowerControl,
    private readonly session: Session,
  ) {
    super();
    this.at = session.now;
    this.deadline = session.now + FLUSH_WAIT;
  }
  /** Tries in turn; each of these returns only if it did not work. */
  poll(now: i64): i32 {
    this.at = now + FLUSH_STEP;
    this.session.terminal.freshLine();
    if (!this.session.terminal.flushed() && now < this.deadline) return RUNNING;
    if (this.reboots) this.power.reboot();
    if (this.code >= 0) this.power.debugExit(this.code);
    if (!this.reboots) this.power.powerOff();
    this.session.error(this.command.name, "the machine is still on");
    return EXIT_FAILURE;
  }
  pollAt(): i64 {
    return this.at;
  }
}

export class Poweroff extends Command {
  constructor(private readonly power: PowerControl) {
    super("poweroff", "[N]", "switches the machine off (with N, QEMU exits with 2N+1)", [
      "poweroff",
      "check; poweroff $?",
    ]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const given = options.operands.length > 0;
    const code = given ? parseDecimalText(options.operands[0]) : -1;
    if (given && (code < 0 || code > 255)) {
      return this.wrongUsage(session, numberFault(options.operands[0], 0, 255));
    }
    return new LastJob(this, false, code as i32, this.power, session);
  }
}

export class Reboot extends Command {
  constructor(private readonly power: PowerControl) {
    super("reboot", "", "resets the machine", ["reboot"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    return new LastJob(this, true, -1, this.power, session);
  }
}
