/**
 * hostname [NAME]
 *
 * Prints or sets the machine's name, as hostname(1) does. DHCP sends it from the next request on.
 * Exit codes: 0; 2 wrong usage or an invalid name.
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
      const form = "letters, digits and dashes, not digits only, at most 63 in a label";
      return this.wrongUsage(session, `the specified hostname is invalid: ${form}`);
    }
    session.network.setHostname(name);
    return this.done();
  }
}
