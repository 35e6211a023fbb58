/** `ca check`: can every trusted root be read, is it in date, does it call itself an authority? */

import { CalendarTime } from "../../../core/calendar";
import { SECOND } from "../../../core/time";
import { CertificateField } from "../../../core/tls-codes";
import { wallClock } from "../../../machine/clock";
import { certificateTitle } from "../../certificate-text";
import { EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../../command";
import { Shell } from "../../shell";
import { rootAt } from "../ca";

/** Roots looked at in one turn. */
const BATCH: u32 = 16;

export class CheckRoots extends Job {
  private index: u32 = 0;
  private faults: u32 = 0;
  private readonly today: string;

  constructor(
    private readonly shell: Shell,
    private readonly total: u32,
  ) {
    super();
    const time = new CalendarTime(max<i64>(wallClock(), 0) / SECOND);
    this.today = `${time.isoDate()} ${time.clock()}`;
  }

  poll(_now: i64): i32 {
    const end = min(this.index + BATCH, this.total);
    for (; this.index < end; this.index++) this.look(this.index);
    if (this.index < this.total) return RUNNING;
    this.shell.printLine(`${this.total} roots looked at, ${this.faults} with faults`);
    return this.faults == 0 ? EXIT_OK : EXIT_FAILURE;
  }

  pollAt(): i64 {
    return 0;
  }

  private look(index: u32): void {
    const certificate = rootAt(index);
    if (certificate == null) {
      this.complain(index, "", "it cannot be read");
      return;
    }
    const title = certificateTitle(certificate);
    if (title == "") this.complain(index, title, "it cannot be read");
    else if (certificate.text(CertificateField.NotAfter) < this.today) {
      this.complain(index, title, "it has expired");
    } else if (certificate.text(CertificateField.NotBefore) > this.today) {
      this.complain(index, title, "it is not valid yet");
    } else if (certificate.text(CertificateField.Authority) != "yes") {
      this.complain(index, title, "it is no authority's");
    }
  }

  private complain(index: u32, title: string, fault: string): void {
    this.faults++;
    this.shell.printLine(`${index + 1}: ${title}: ${fault}`);
  }
}
