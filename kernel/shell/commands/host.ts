/** `host`: asks the name servers for a name's addresses, in the words of BIND's host(1). */
import { canonicalName } from "../../../net/service/dns/name";
import { DnsQuery } from "../../../net/service/dns/query";
import { NetworkStack } from "../../../net/service/stack";
import { formatIpv4, NOT_AN_ADDRESS, parseIpv4 } from "../../../net/wire/address";
import { Command, EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Shell } from "../shell";

class HostJob extends Job {
  constructor(
    private readonly shell: Shell,
    private readonly stack: NetworkStack,
    private readonly name: string,
    private readonly query: DnsQuery,
  ) {
    super();
  }

  poll(_now: i64): i32 {
    const query = this.query;
    if (!query.done) return RUNNING;
    if (query.addresses.length == 0) {
      this.shell.error("host", `${this.name}: ${query.failure()}`);
      return EXIT_FAILURE;
    }
    let owner = this.name;
    if (query.canonicalName != "" && query.canonicalName != canonicalName(this.name)) {
      this.shell.printLine(`${owner} is an alias for ${query.canonicalName}.`);
      owner = query.canonicalName;
    }
    for (let i = 0; i < query.addresses.length; i++) {
      this.shell.printLine(`${owner} has address ${formatIpv4(query.addresses[i])}`);
    }
    return EXIT_OK;
  }

  cancel(): i32 {
    this.stack.dns.cancel(this.query);
    return EXIT_INTERRUPTED;
  }
}

export class Host extends Command {
  constructor(private readonly stack: NetworkStack) {
    super("host", "NAME", "asks for the addresses of a name", ["host mainnet.era.zksync.io"], true);
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(1, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const name = options.operands[0];
    if (parseIpv4(name) != NOT_AN_ADDRESS) {
      return shell.failed(this, `${name}: an address, expected a name`);
    }
    return new HostJob(shell, this.stack, name, this.stack.dns.resolve(name, shell.now));
  }
}
