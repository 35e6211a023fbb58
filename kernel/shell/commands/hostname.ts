/**
 * hostname [-I] [NAME]
 *
 * Prints or sets the machine's name, as hostname(1) of Debian does; -I prints its addresses. -f is
 * accepted and changes nothing. The next DHCP request sends the
 * new name, unless `SendHostname=no` (RFC 2132 section 3.14). The name lasts until the next boot;
 * `Hostname=` in anonymos.conf and `ip=` on the kernel command line set the name at boot.
 *
 * Unlike hostname(1) of Debian, it accepts only valid host names (RFC 1123 section 2.1), whose last
 * label is not a number, and has no -a, -d, -i and -s.
 *
 * Exit codes: 0 success; 2 wrong usage or an invalid name (1 in Debian).
 */
import { NetworkStack } from "../../../net/service/stack";
import { formatIpv4 } from "../../../net/wire/address";
import { isHostName } from "../../config/values";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";

export class Hostname extends Command {
  constructor(private readonly stack: NetworkStack) {
    super("hostname", "[-I] [NAME]", "prints or sets the machine's name", [
      "hostname",
      "hostname kernel7",
    ]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, ["I|all-ip-addresses", "f|fqdn"]);
    options.expectOperands(0, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (options.has("I")) {
      session.printLine(this.addresses());
      return this.done();
    }
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

  /** Returns the addresses of all interfaces, separated by blanks. */
  private addresses(): string {
    const texts: Array<string> = [];
    const interfaces = this.stack.ip.interfaces;
    for (let i = 0; i < interfaces.length; i++) {
      const own = interfaces[i].ipv4;
      for (let j: u32 = 0; j < own.count; j++) texts.push(formatIpv4(own.at(j).address));
    }
    return texts.join(" ");
  }
}
