/**
 * `ca check`: reports each trusted root that cannot verify a server today.
 *
 * A root that cannot be parsed, has a weak key or is not yet valid is a fault: every chain that
 * ends in it fails verification. An expired root is only a warning, because verification ignores it
 * and every root expires some day. A certificate that may not sign others is trusted for its own
 * server, which is not a fault. Exit code: 1 if there is a fault.
 */
import { CalendarTime } from "../../../../core/calendar";
import { SECOND } from "../../../../core/time";
import { CertificateField } from "../../../../core/tls-codes";
import { Certificate } from "../../../../machine/certificates";
import { wallClock } from "../../../../machine/clock";
import { certificateTitle } from "../../certificate-text";
import { EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../../command";
import { Session } from "../../session";
import { rootAt } from "./roots";

/** Roots checked in one turn. */
const BATCH: u32 = 16;
/** Free bytes in the terminal's buffer that a line may need. */
const ROOM: u32 = 4096;

/** Checks `total` roots, BATCH of them per poll. */
export class CheckRoots extends Job {
  private index: u32 = 0;
  private faults: u32 = 0;
  private expired: u32 = 0;
  /** In the format of `CertificateField.NotAfter`, so that the two compare as text. */
  private readonly today: string;

  constructor(
    private readonly session: Session,
    private readonly total: u32,
  ) {
    super();
    const time = new CalendarTime(max<i64>(wallClock(), 0) / SECOND);
    this.today = `${time.isoDate()} ${time.clock()}`;
  }

  poll(_now: i64): i32 {
    const end = min(this.index + BATCH, this.total);
    for (; this.index < end; this.index++) {
      if (this.session.room() < ROOM) return RUNNING;
      this.check(this.index);
    }
    if (this.index < this.total) return RUNNING;
    const counts = `${this.faults} with faults, ${this.expired} expired`;
    this.session.printLine(`${this.total} roots checked: ${counts}`);
    return this.faults == 0 ? EXIT_OK : EXIT_FAILURE;
  }

  pollAt(): i64 {
    return 0;
  }

  private check(index: u32): void {
    const certificate = rootAt(index);
    const title = certificate == null ? "" : certificateTitle(certificate);
    if (certificate == null || title == "") {
      this.report(index, "(no name)", "cannot be parsed");
      this.faults++;
      return;
    }
    const until = certificate.text(CertificateField.NotAfter);
    if (until < this.today) {
      this.report(index, title, `warning: expired on ${until.substring(0, 10)}, ignored`);
      this.expired++;
      return;
    }
    const fault = this.faultOf(certificate);
    if (fault == "") return;
    this.report(index, title, fault);
    this.faults++;
  }

  /** Returns why chains that end in this root fail verification, or "". */
  private faultOf(certificate: Certificate): string {
    const from = certificate.text(CertificateField.NotBefore);
    if (from > this.today) return `not valid before ${from.substring(0, 10)}`;
    if (certificate.text(CertificateField.StrongKey) == "yes") return "";
    return `weak key (${certificate.text(CertificateField.Key)})`;
  }

  private report(index: u32, title: string, problem: string): void {
    this.session.printLine(`${index + 1}: ${title}: ${problem}`);
  }
}
