/**
 * nslookup [-type=TYPE] [-port=PORT] [-timeout=SECONDS] [-retry=N] [-vc] [-norecurse]
 *          [-nosearch] NAME|ADDRESS [SERVER]
 *
 * Asks SERVER, or the configured servers, and prints the records of the response as nslookup(1) of
 * BIND 9.18 does: A and AAAA, or those of TYPE; for an ADDRESS its names. -query=, -querytype= and
 * -q= are the same as -type=. A NAME without a dot is looked for in the search domains first,
 * unless -nosearch is given. The hosts file and the cache are not used.
 *
 * Unlike nslookup(1) of BIND, it has no interactive mode and no -debug.
 *
 * Exit codes: 0 a response arrived, even without records; 1 the name was not found, or no response;
 * 2 wrong usage; 10 the name cannot be queried; 130 interrupted.
 */
import { parseDecimalText } from "../../../core/text";
import { SECOND } from "../../../core/time";
import { DirectOptions, DirectQuery } from "../../../net/service/dns/direct-query";
import { queryNameComplaint } from "../../../net/service/dns/name";
import { DnsReply } from "../../../net/service/dns/reply";
import { NetworkStack } from "../../../net/service/stack";
import { formatIpv4, NOT_AN_ADDRESS, parseIpv4 } from "../../../net/wire/address";
import { DnsCode, DnsHeader, TYPE_A, TYPE_CNAME, TYPE_NS, TYPE_SOA } from "../../../net/wire/dns";
import {
  TYPE_AAAA,
  TYPE_MX,
  TYPE_PTR,
  TYPE_SRV,
  TYPE_TXT,
  typeOf,
} from "../../../net/wire/dns-record";
import { Command, EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../command";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { codeName } from "./dig/message";
import { MessageWalk, Section } from "./dig/message-walk";
import { EXIT_ILLEGAL_NAME, reverseName, ServerChoice, ServerJob } from "./dig/server-job";

/** The fields of an SOA record after its two names. */
const SOA_FIELDS: StaticArray<string> = ["serial", "refresh", "retry", "expire", "minimum"];

const DETAILS: StaticArray<string> = [
  "  -type=TYPE        A AAAA CAA CNAME MX NS PTR SOA SRV TXT (A and AAAA)",
  "  -port=PORT        the port of the server (53)",
  "  -timeout=SECONDS  how long to wait for a response",
  "  -retry=N          how often to ask",
  "  -vc               asks over TCP",
  "  -nosearch         does not look for the name in the search domains",
  "  -norecurse        asks only for what the server knows itself",
];

/** The options, and what is wrong with them. */
class Request {
  readonly options: DirectOptions = new DirectOptions();
  readonly operands: Array<string> = [];
  /** The complaints about options that are ignored. */
  readonly warnings: Array<string> = [];
  /** 0 if not given. */
  port: u32 = 0;
  /** Whether no type was given, so that A and AAAA are asked for in turn. */
  usualTypes: bool = true;
  searches: bool = true;

  constructor(words: Array<string>) {
    this.options.edns = false;
    this.options.skipFailures = true;
    for (let i = 0; i < words.length; i++) {
      if (words[i].startsWith("-") && words[i].length > 1) this.option(words[i].substring(1));
      else this.operands.push(words[i]);
    }
  }

  private option(text: string): void {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.substring(0, equals);
    const value = equals < 0 ? "" : text.substring(equals + 1);
    const number = parseDecimalText(value);
    if (name == "vc") this.options.tcp = true;
    else if (name == "novc") this.options.tcp = false;
    else if (name == "search" || name == "nosearch") this.searches = name == "search";
    else if (name == "recurse") this.options.recurse = true;
    else if (name == "norecurse") this.options.recurse = false;
    else if (name == "port" && number > 0 && number <= 65535) this.port = number as u32;
    else if (name == "timeout" && number > 0 && number <= 60) {
      this.options.timeout = number * SECOND;
    } else if (name == "retry" && number > 0 && number <= 60) {
      this.options.tries = number as i32;
    } else if (name == "type" || name == "query" || name == "querytype" || name == "q") {
      this.setType(value);
    } else {
      this.warnings.push(`*** Invalid option: ${printable(text)}`);
    }
  }

  private setType(text: string): void {
    const type = typeOf(text);
    if (type == 0) {
      this.warnings.push(`unknown query type: ${printable(text)}`);
      return;
    }
    this.options.type = type;
    this.usualTypes = false;
  }
}

/** Prints the records of the answer, and with `authorities` those of the other sections. */
class NslookupLines extends MessageWalk {
  /** The number of records in the answer section. */
  private answers: u32 = 0;
  /** The last alias's target, with the final dot, or "". */
  target: string = "";

  constructor(
    session: Session,
    reply: DnsReply,
    private readonly name: string,
    private readonly authorities: bool,
    /** Whether to report an answer without records. */
    private readonly mentionsNone: bool,
  ) {
    super(session, reply);
  }

  protected begin(): void {}
  protected question(): void {}
  protected endQuestions(): void {}

  protected record(section: i32): void {
    if (section == Section.Answer) this.answers++;
    else if (!this.authorities) return;
    const reader = this.reader;
    const data = this.data();
    if (reader.type == TYPE_CNAME) this.target = data;
    if (reader.type == TYPE_SOA) {
      this.printSoa(data);
    } else if (section == Section.Answer && (reader.type == TYPE_A || reader.type == TYPE_AAAA)) {
      this.session.printLine(`Name:\t${reader.name}`);
      this.session.printLine(`Address: ${data}`);
    } else {
      this.session.printLine(`${reader.name}\t${relation(reader.type)}${data}`);
    }
  }

  protected endSection(section: i32): void {
    if (section != Section.Answer) return;
    if (this.answers == 0 && this.mentionsNone) {
      this.session.printLine(`*** Can't find ${printable(this.name)}: No answer`);
    }
    if (!this.authorities) return;
    this.session.printLine("");
    this.session.printLine("Authoritative answers can be found from:");
  }

  private printSoa(data: string): void {
    const fields = data.split(" ");
    this.session.printLine(this.reader.name);
    if (fields.length != 2 + SOA_FIELDS.length) {
      this.session.printLine(`\trdata_${TYPE_SOA} = ${data}`);
      return;
    }
    this.session.printLine(`\torigin = ${relative(fields[0])}`);
    this.session.printLine(`\tmail addr = ${relative(fields[1])}`);
    for (let i = 0; i < SOA_FIELDS.length; i++) {
      this.session.printLine(`\t${SOA_FIELDS[i]} = ${fields[2 + i]}`);
    }
  }
}

/** Returns a name without its final dot. */
function relative(name: string): string {
  return name.length > 1 && name.endsWith(".") ? name.substring(0, name.length - 1) : name;
}

/** Returns the words between a name and its data. */
function relation(type: u32): string {
  switch (type) {
    case TYPE_A:
      return "internet address = ";
    case TYPE_AAAA:
      return "has AAAA address ";
    case TYPE_NS:
      return "nameserver = ";
    case TYPE_CNAME:
      return "canonical name = ";
    case TYPE_PTR:
      return "name = ";
    case TYPE_MX:
      return "mail exchanger = ";
    case TYPE_TXT:
      return "text = ";
    case TYPE_SRV:
      return "service = ";
    default:
      return `rdata_${type} = `;
  }
}

class NslookupJob extends ServerJob {
  private lines: NslookupLines | null = null;

  constructor(
    session: Session,
    stack: NetworkStack,
    choice: ServerChoice,
    private readonly request: Request,
    name: string,
    /** Whether the name is that of an address. */
    private readonly reverse: bool,
  ) {
    super("nslookup", session, stack, choice, request.options, name);
  }

  protected show(query: DirectQuery, reply: DnsReply, now: i64): i32 {
    if (this.lines == null && !this.begin(query, reply)) return this.end(EXIT_FAILURE);
    const lines = this.lines!;
    if (!lines.poll()) return RUNNING;
    this.lines = null;
    if (!this.request.usualTypes || this.options.type != TYPE_A) return this.end(EXIT_OK);
    this.follow(lines.target);
    this.options.type = TYPE_AAAA;
    this.ask(now);
    return RUNNING;
  }

  protected unreachable(): i32 {
    return this.end(EXIT_FAILURE);
  }

  private end(code: i32): i32 {
    this.session.printLine("");
    return code;
  }

  /** Prints the heading of a response; returns false if it is an error, which is printed too. */
  private begin(query: DirectQuery, reply: DnsReply): bool {
    const session = this.session;
    const header = DnsHeader.at(reply.pointer);
    const first = !this.request.usualTypes || this.options.type == TYPE_A;
    const server = formatIpv4(query.server.address);
    if (first && !this.reverse) {
      session.printLine(`Server:\t\t${this.choice.typed == "" ? server : this.choice.typed}`);
      session.printLine(`Address:\t${server}#${query.server.port}`);
      session.printLine("");
    }
    if (header.code != DnsCode.None) {
      const what = `${printable(relative(this.name))}: ${codeName(header.code)}`;
      session.printLine(`** server can't find ${what}`);
      return false;
    }
    const authoritative = (header.flags & 0x0400) != 0;
    if (!authoritative && first && !this.reverse) session.printLine("Non-authoritative answer:");
    const type = this.options.type;
    const authorities = !authoritative && type != TYPE_A && type != TYPE_AAAA;
    const name = relative(this.name);
    this.lines = new NslookupLines(session, reply, name, authorities, first);
    return true;
  }
}

export class Nslookup extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "nslookup",
      "[OPTION]... NAME|ADDRESS [SERVER]",
      "asks a name server for records",
      ["nslookup mainnet.era.zksync.io", "nslookup -type=MX zksync.io 10.0.2.3"],
      true,
    );
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  start(words: Array<string>, session: Session): Job {
    const request = new Request(words);
    const operands = request.operands;
    for (let i = 0; i < request.warnings.length; i++) session.printLine(request.warnings[i]);
    if (operands.length == 0 || operands[0] == "-") {
      return this.wrongUsage(session, "interactive mode is not supported");
    }
    if (operands.length > 2) {
      return this.wrongUsage(session, `extra operand '${printable(operands[2])}'`);
    }
    const address = parseIpv4(operands[0]);
    const reverse = address != NOT_AN_ADDRESS;
    const name = reverse ? reverseName(address as u32) : operands[0];
    const complaint = queryNameComplaint(name);
    if (complaint != "") {
      const why = `'${printable(name)}' is not a legal name (${complaint})`;
      return this.failed(session, why, EXIT_ILLEGAL_NAME);
    }
    const typed = operands.length > 1 ? operands[1] : "";
    const choice = new ServerChoice(this.stack, typed, request.port, session.now);
    if (choice.failure != "") return this.failed(session, choice.failure);
    if (reverse) {
      request.options.type = TYPE_PTR;
      request.usualTypes = false;
    }
    const job = new NslookupJob(session, this.stack, choice, request, name, reverse);
    if (request.searches) job.search();
    return job;
  }
}
