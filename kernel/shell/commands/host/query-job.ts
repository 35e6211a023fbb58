/** Queries name servers, and prints the responses as host(1) of BIND 9 does. */
import { MILLISECOND } from "../../../../core/time";
import { DirectOptions, DirectQuery } from "../../../../net/service/dns/direct-query";
import { DnsReply } from "../../../../net/service/dns/reply";
import { NetworkStack } from "../../../../net/service/stack";
import { formatIpv4 } from "../../../../net/wire/address";
import { DnsCode, DnsHeader, TYPE_A, TYPE_CNAME, TYPE_NS } from "../../../../net/wire/dns";
import { TYPE_AAAA, TYPE_MX, TYPE_PTR, TYPE_TXT, typeName } from "../../../../net/wire/dns-record";
import { EXIT_FAILURE, EXIT_OK, RUNNING } from "../../command";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";
import { codeName, MessagePrinter, Parts } from "../dig/message";
import { MessageWalk, Section } from "../dig/message-walk";
import { ServerChoice, ServerJob } from "../dig/server-job";

/** What to query and print. */
export class HostRequest {
  readonly options: DirectOptions = new DirectOptions();
  /** Whether to print whole messages. */
  verbose: bool = false;
  /** Whether no type was given, so that A, AAAA and MX are asked for in turn. */
  usualTypes: bool = false;
  /** What to call the name if it is not found. */
  shownName: string = "";
}

/** Prints the records of the answer section. */
class HostLines extends MessageWalk {
  /** The number of records printed. */
  count: u32 = 0;
  /** The last alias's target, with the final dot, or "". */
  target: string = "";

  protected begin(): void {}
  protected question(): void {}
  protected endQuestions(): void {}
  protected endSection(_section: i32): void {}

  protected record(section: i32): void {
    if (section != Section.Answer) return;
    const type = this.reader.type;
    const data = this.data();
    this.count++;
    if (type == TYPE_CNAME) this.target = data;
    this.session.printLine(`${this.reader.name} ${relation(type)} ${data}`);
  }
}

/** Returns the words between a name and its data. */
function relation(type: u32): string {
  switch (type) {
    case TYPE_A:
      return "has address";
    case TYPE_AAAA:
      return "has IPv6 address";
    case TYPE_NS:
      return "name server";
    case TYPE_CNAME:
      return "is an alias for";
    case TYPE_PTR:
      return "domain name pointer";
    case TYPE_MX:
      return "mail is handled by";
    case TYPE_TXT:
      return "descriptive text";
    default:
      return `has ${typeName(type)} record`;
  }
}

export class HostQueryJob extends ServerJob {
  /** The printer of the current response: `message` if verbose, otherwise `lines`. */
  private lines: HostLines | null = null;
  private message: MessagePrinter | null = null;
  private serverShown: bool = false;

  constructor(
    session: Session,
    stack: NetworkStack,
    choice: ServerChoice,
    private readonly request: HostRequest,
    name: string,
  ) {
    super("host", session, stack, choice, request.options, name);
  }

  protected ask(now: i64): void {
    if (this.request.verbose) this.session.printLine(`Trying "${printable(this.name)}"`);
    super.ask(now);
  }

  protected show(query: DirectQuery, reply: DnsReply, now: i64): i32 {
    const code = DnsHeader.at(reply.pointer).code;
    if (this.lines == null && this.message == null) this.begin(query, reply);
    if (code != DnsCode.None) {
      const shown = printable(this.request.shownName);
      this.session.printLine(`Host ${shown} not found: ${code}(${codeName(code)})`);
      if (this.request.verbose) this.printReceived(query, reply);
      return EXIT_FAILURE;
    }
    const lines = this.lines;
    const message = this.message;
    if (message != null) {
      if (!message.poll()) return RUNNING;
      this.printReceived(query, reply);
    } else if (lines != null) {
      if (!lines.poll()) return RUNNING;
      if (lines.count == 0 && !this.request.usualTypes) {
        const type = typeName(this.options.type);
        this.session.printLine(`${printable(this.name)} has no ${type} record`);
      }
      this.follow(lines.target);
    }
    return this.askNextType(now) ? RUNNING : EXIT_OK;
  }

  protected unreachable(): i32 {
    return EXIT_FAILURE;
  }

  private begin(query: DirectQuery, reply: DnsReply): void {
    const session = this.session;
    if (query.truncated && !query.overTcp) {
      session.printLine(";; Truncated, and TCP failed: the answer is not complete.");
    }
    if (this.choice.typed != "" && !this.serverShown) {
      this.serverShown = true;
      session.printLine("Using domain server:");
      session.printLine(`Name: ${printable(this.choice.typed)}`);
      session.printLine(`Address: ${addressOf(query)}`);
      session.printLine("Aliases: ");
      session.printLine("");
    }
    if (!this.request.verbose) {
      this.lines = new HostLines(session, reply);
      return;
    }
    const parts = new Parts();
    parts.gotAnswer = false;
    this.message = new MessagePrinter(session, parts, reply);
  }

  /** Asks for the next of A, AAAA and MX if no type was given. Returns false if there is none. */
  private askNextType(now: i64): bool {
    this.lines = null;
    this.message = null;
    const type = this.options.type;
    if (!this.request.usualTypes || type == TYPE_MX) return false;
    this.options.type = type == TYPE_A ? TYPE_AAAA : TYPE_MX;
    this.ask(now);
    return true;
  }

  private printReceived(query: DirectQuery, reply: DnsReply): void {
    const millis = query.elapsed / MILLISECOND;
    const from = `${addressOf(query)} in ${millis} ms`;
    this.session.printLine(`Received ${reply.length} bytes from ${from}`);
  }
}

function addressOf(query: DirectQuery): string {
  return `${formatIpv4(query.server.address)}#${query.server.port}`;
}
