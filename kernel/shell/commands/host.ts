/**
 * host [-4arsTv] [-t TYPE] [-p PORT] [-W SECONDS] NAME|ADDRESS [SERVER]
 *
 * Without options and SERVER, resolves NAME to IPv4 addresses as all commands but `dig` and
 * `nslookup` do: with the hosts file, the cache, the search domains and the configured servers. A
 * chain of aliases is then printed as one line, with the last name.
 *
 * Otherwise it asks SERVER, or the configured servers, and prints the records of the response as
 * host(1) of BIND 9.18 does: those of -t TYPE, or else A, AAAA and MX; for an ADDRESS its names. -v
 * prints whole messages; -a does so for type ANY. -T uses TCP, -W is how long each of two attempts
 * waits, -r asks the server not to recurse. After SERVFAIL it asks the next server, unless -s is
 * given. -4 has no effect of its own; like any option, it makes `host` ask a server.
 *
 * A NAME without a dot is looked for in the search domains first. There are no zone transfers.
 *
 * Exit codes: 0 a response arrived, even without records; 1 the name was not found, or no response;
 * 2 wrong usage; 130 interrupted.
 */
import { SECOND } from "../../../core/time";
import { canonicalName, queryNameComplaint } from "../../../net/service/dns/name";
import { DnsError, DnsQuery } from "../../../net/service/dns/query";
import { NetworkStack } from "../../../net/service/stack";
import { formatIpv4, NOT_AN_ADDRESS, parseIpv4 } from "../../../net/wire/address";
import { TYPE_ANY, TYPE_PTR, typeOf } from "../../../net/wire/dns-record";
import { Command, EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { reverseName, ServerChoice } from "./dig/server-job";
import { HostQueryJob, HostRequest } from "./host/query-job";

const OPTIONS: StaticArray<string> = ["a", "v|d", "t:", "T", "p:", "W:", "r", "s", "4"];
/** Attempts with each server, and how long to wait for each, in seconds. */
const TRIES: i32 = 2;
const WAIT: i64 = 5;
const LONGEST_WAIT: i64 = 60;

/** Resolves a name with the resolver. */
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
    super(
      "host",
      "[-4arsTv] [-t TYPE] [-p PORT] [-W SECONDS] NAME|ADDRESS [SERVER]",
      "resolves a name, or asks a name server for records",
      ["host mainnet.era.zksync.io", "host -t MX zksync.io 10.0.2.3", "host 1.1.1.1"],
      true,
    );
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    const port = options.number("p", 0, 1, 65535);
    const wait = options.number("W", WAIT, 1, LONGEST_WAIT);
    options.expectOperands(1, 2);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const name = options.operands[0];
    const isAddress = parseIpv4(name) != NOT_AN_ADDRESS;
    if (words.length == 1 && !isAddress) {
      return new HostJob(session, this.stack, name, this.stack.dns.resolve(name, session.now));
    }
    const type = options.value("t");
    if (type != "" && typeOf(type) == 0) {
      return this.wrongUsage(session, `invalid type: ${printable(type)}`);
    }
    const complaint = queryNameComplaint(name);
    if (complaint != "") {
      return this.failed(session, `'${printable(name)}' is not a legal name (${complaint})`);
    }
    const typed = options.operands.length > 1 ? options.operands[1] : "";
    const choice = new ServerChoice(this.stack, typed, port as u32, session.now);
    if (choice.failure != "") return this.failed(session, choice.failure);
    const request = requestOf(options, name);
    request.options.timeout = wait * SECOND;
    const asked = isAddress ? reverseName(parseIpv4(name) as u32) : name;
    const job = new HostQueryJob(session, this.stack, choice, request, asked);
    job.search();
    return job;
  }
}

/** Returns the queries for `name`. */
function requestOf(options: Options, name: string): HostRequest {
  const request = new HostRequest();
  const query = request.options;
  const address = parseIpv4(name);
  query.edns = false;
  query.tries = TRIES;
  query.skipFailures = !options.has("s");
  query.tcp = options.has("T");
  query.recurse = !options.has("r");
  request.verbose = options.has("v") || options.has("a");
  request.shownName = name;
  if (address != NOT_AN_ADDRESS) {
    query.type = TYPE_PTR;
    request.shownName = `${reverseName(address as u32)}.`;
  } else if (options.has("t")) {
    query.type = typeOf(options.value("t"));
  } else if (options.has("a")) {
    query.type = TYPE_ANY;
  } else {
    request.usualTypes = true;
  }
  return request;
}

/** Returns the response code (RFC 1035 section 4.1.1) as host(1) prints it, or "". */
function rcodeOf(error: DnsError): string {
  if (error == DnsError.FormatError) return "1(FORMERR)";
  if (error == DnsError.ServerFailure) return "2(SERVFAIL)";
  if (error == DnsError.NameError) return "3(NXDOMAIN)";
  if (error == DnsError.NotImplemented) return "4(NOTIMP)";
  return error == DnsError.Refused ? "5(REFUSED)" : "";
}
