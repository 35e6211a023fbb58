/**
 * hostname [NAME]
 *
 * Prints or sets the machine's name, as hostname(1) of Debian does. DHCP sends it to the server
 * (RFC 2132 section 3.14) from the next request on. The name is lost at reboot; `Hostname=` and
 * `ip=` (kernel/config/) set it for good.
 *
 * Unlike Debian's, NAME has to be a valid host name (RFC 1123 section 2.1) with at least one
 * letter, and there are no -f, -i, -I: `ip addr` shows addresses.
 *
 * Exit codes: 0; 2 wrong usage or an invalid name, for which Debian's returns 1.
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
