/**
 * host NAME
 *
 * Resolves NAME to IPv4 addresses and prints them in the words of host(1) of BIND 9.
 *
 * Unlike host(1) of BIND, it resolves a name as every command here but `dig` does: it looks in the
 * hosts file and the cache before it queries the configured servers, and it looks for short names
 * in the search domains. A chain of aliases is printed as one line, with the last name. For other
 * types, other servers and reverse lookups, use `dig`.
 *
 * Exit codes: 0 success; 1 no address or no response; 2 wrong usage; 130 interrupted.
 */
import { canonicalName } from "../../../net/service/dns/name";
import { DnsError, DnsQuery } from "../../../net/service/dns/query";
import { NetworkStack } from "../../../net/service/stack";
import { formatIpv4, NOT_AN_ADDRESS, parseIpv4 } from "../../../net/wire/address";
import { Command, EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";

class HostJob extends Job {
  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
    private readonly name: string,
    private readonly query: DnsQuery,
  ) {
    super();
  }

  /** Waits for the query, whose own timers wake the kernel. */
  poll(_now: i64): i32 {
    const query = this.query;
    if (!query.done) return RUNNING;
    if (query.addresses.length == 0) {
      const code = rcodeOf(query.error);
      if (code == "") this.session.error("host", `${this.name}: ${query.failure()}`);
      else this.session.printLine(`Host ${this.name} not found: ${code}`);
      return EXIT_FAILURE;
    }
    if (query.truncated) {
      this.session.printLine(";; Truncated, and TCP failed: addresses may be missing.");
    }
    let owner = this.name;
    if (query.canonicalName != "" && query.canonicalName != canonicalName(this.name)) {
      this.session.printLine(`${owner} is an alias for ${query.canonicalName}.`);
      owner = query.canonicalName;
    }
    for (let i = 0; i < query.addresses.length; i++) {
      this.session.printLine(`${owner} has address ${formatIpv4(query.addresses[i])}`);
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
    super("host", "NAME", "resolves a name", ["host mainnet.era.zksync.io"], true);
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(1, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const name = options.operands[0];
    if (parseIpv4(name) != NOT_AN_ADDRESS) {
      return this.failed(session, `${name}: reverse lookup is not supported (try: dig -x ${name})`);
    }
    return new HostJob(session, this.stack, name, this.stack.dns.resolve(name, session.now));
  }
}

/** Returns the response code (RFC 1035 section 4.1.1) as host(1) prints it, or "". */
function rcodeOf(error: DnsError): string {
  if (error == DnsError.FormatError) return "1(FORMERR)";
  if (error == DnsError.ServerFailure) return "2(SERVFAIL)";
  if (error == DnsError.NameError) return "3(NXDOMAIN)";
  if (error == DnsError.NotImplemented) return "4(NOTIMP)";
  return error == DnsError.Refused ? "5(REFUSED)" : "";
}
