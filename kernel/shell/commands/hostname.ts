/** `hostname`: shows or sets what the machine calls itself. */
import { isHostName } from "../../config/values";
import { Command, Job } from "../command";
import { NetworkStatus } from "../network-status";
import { Options } from "../options";
import { Shell } from "../shell";

export class Hostname extends Command {
  constructor(private readonly network: NetworkStatus) {
    super("hostname", "[NAME]", "shows or sets the machine's name", [
      "hostname",
      "hostname kernel7",
    ]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    if (options.operands.length == 0) {
      shell.printLine(this.network.hostname());
      return shell.done();
    }
    const name = options.operands[0];
    if (!isHostName(name)) {
      const form = "letters, digits and dashes, not digits alone, at most 63 between two dots";
      return shell.wrongUsage(this, `${name} is no name of ${form}`);
    }
    this.network.setHostname(name);
    return shell.done();
  }
}
