/**
 * hostname [NAME]
 *
 * Prints or sets the machine's name, as hostname(1) of Debian does. The next DHCP request sends the
 * new name, unless `SendHostname=no` (RFC 2132 section 3.14). The name lasts until the next boot;
 * `Hostname=` in anonymos.conf and `ip=` on the kernel command line set the name at boot.
 *
 * Unlike hostname(1) of Debian, it accepts only valid host names (RFC 1123 section 2.1), whose last
 * label is not a number, and has no -f, -i and -I; `ip addr` shows the addresses.
 *
 * Exit codes: 0 success; 2 wrong usage or an invalid name (1 in Debian).
 */
import { isHostName } from "../../config/values";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";

export class Hostname extends Command {
  constructor() {
    super("hostname", "[NAME]", "prints or sets the machine's name", [
      "hostname",
      "hostname kernel7",
    ]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (options.operands.length == 0) {
      session.printLine(session.network.hostname());
      return this.done();
    }
    const name = options.operands[0];
    if (!isHostName(name)) {
      const form = "letters, digits and hyphens, not digits only, at most 63 in a label";
      return this.wrongUsage(session, `the specified hostname is invalid: ${form}`);
    }
    session.network.setHostname(name);
    return this.done();
  }
}
