/** Shared by `dig`, `host` and `nslookup`: queries to given servers, one after the other. */
import { DirectOptions, DirectQuery } from "../../../../net/service/dns/direct-query";
import { canonicalName, queryNameComplaint } from "../../../../net/service/dns/name";
import { DnsReply } from "../../../../net/service/dns/reply";
import { NameServer, parseNameServer } from "../../../../net/service/settings";
import { NetworkStack } from "../../../../net/service/stack";
import { formatIpv4, Ipv4Address } from "../../../../net/wire/address";
import { DNS_PORT, DnsCode, DnsHeader } from "../../../../net/wire/dns";
import { EXIT_FAILURE, EXIT_INTERRUPTED, Job, RUNNING } from "../../command";
import { Lookup } from "../../lookup";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";

/** The exit code for a name that cannot be queried. */
export const EXIT_ILLEGAL_NAME: i32 = 10;

/** The servers to query: those configured, or the one that the user gave. */
export class ServerChoice {
  servers: Array<NameServer> = [];
  /** Why there is none; "" if there is one, or while `lookup` is running. */
  failure: string = "";
  /** Finds the address of a server given by name; null if it is not needed. */
  private lookup: Lookup | null = null;

  constructor(
    stack: NetworkStack,
    /** `ADDRESS`, `ADDRESS#PORT` or a name; "" for the configured servers. */
    readonly typed: string,
    /** 0 if not given. */
    private readonly port: u32,
    now: i64,
  ) {
    const server = parseNameServer(typed);
    const mark = typed.indexOf("#");
    if (typed == "") {
      this.useConfigured(stack);
    } else if (server != null && !server.secure) {
      this.servers.push(new NameServer(server.address, port == 0 ? server.port : port));
    } else if (mark >= 0) {
      const text = printable(typed.substring(mark + 1));
      this.failure = `invalid port number '${text}': not a valid number`;
    } else if (queryNameComplaint(typed) != "") {
      this.failure = `couldn't get address for '${printable(typed)}': not found`;
    } else {
      this.lookup = new Lookup(typed, stack, now);
    }
  }

  private useConfigured(stack: NetworkStack): void {
    const states = stack.dns.servers.order();
    for (let i = 0; i < states.length; i++) {
      const server = states[i].server;
      const port = this.port == 0 ? server.port : this.port;
      this.servers.push(new NameServer(server.address, port, server.serverName));
    }
    if (states.length == 0) this.failure = "no name servers configured";
  }

  /** Returns true once `servers` or `failure` is set. */
  poll(): bool {
    const lookup = this.lookup;
    if (lookup == null || this.servers.length > 0) return true;
    if (!lookup.poll()) return false;
    if (lookup.failure == "") {
      this.servers.push(new NameServer(lookup.address, this.port == 0 ? DNS_PORT : this.port));
    } else {
      const name = printable(this.typed);
      this.failure = `couldn't get address for '${name}': ${lookup.failure}`;
    }
    return true;
  }

  cancel(): void {
    const lookup = this.lookup;
    if (lookup != null) lookup.cancel();
  }
}

/** Sends queries, one after the other, and shows the responses. */
export abstract class ServerJob extends Job {
  private query: DirectQuery | null = null;
  /** How many of the query's complaints have been printed. */
  private complaints: i32 = 0;
  /** The names to ask for next if the response for `name` is an error: see `search`. */
  private candidates: Array<string> = [];

  constructor(
    private readonly command: string,
    protected readonly session: Session,
    private readonly stack: NetworkStack,
    protected readonly choice: ServerChoice,
    protected readonly options: DirectOptions,
    /** The name to query, which `queryNameComplaint` accepted. */
    protected name: string,
  ) {
    super();
  }

  poll(now: i64): i32 {
    if (!this.choice.poll()) return RUNNING;
    if (this.choice.failure != "") {
      this.session.error(this.command, this.choice.failure);
      return EXIT_FAILURE;
    }
    if (this.query == null) this.ask(now);
    const query = this.query!;
    query.poll(now);
    while (this.complaints < query.complaints.length) {
      this.session.printLine(query.complaints[this.complaints++]);
    }
    if (!query.done) return RUNNING;
    const reply = query.reply;
    if (reply != null) {
      const unknown = DnsHeader.at(reply.pointer).code != DnsCode.None;
      if (!unknown || this.candidates.length == 0) return this.show(query, reply, now);
      this.name = this.candidates.shift();
      this.ask(now);
      return RUNNING;
    }
    this.session.printLine(";; no servers could be reached");
    return this.unreachable();
  }

  /** Looks for the name in the search domains first, as host(1) and nslookup(1) do. */
  search(): void {
    this.candidates = this.stack.dns.candidatesOf(this.name);
    this.name = this.candidates.shift();
  }

  pollAt(): i64 {
    const query = this.query;
    if (query == null) return super.pollAt();
    // A query that is done still has output to print.
    return query.done ? 0 : query.pollAt();
  }

  cancel(): i32 {
    const query = this.query;
    if (query != null) query.close();
    else this.choice.cancel();
    return EXIT_INTERRUPTED;
  }

  /** Prints as much of a response as there is room for. Returns RUNNING or the exit code. */
  protected abstract show(query: DirectQuery, reply: DnsReply, now: i64): i32;

  /** Returns the exit code if no server responded. */
  protected abstract unreachable(): i32;

  /**
   * Asks for an alias's target from now on. A server may name anything: a target that cannot be
   * queried is not followed.
   */
  protected follow(target: string): void {
    if (queryNameComplaint(target) == "") this.name = target;
  }

  /** Asks for `name` and the type in the options. */
  protected ask(now: i64): void {
    const name = canonicalName(this.name);
    const transport = this.stack.dns.transport;
    this.complaints = 0;
    this.query = new DirectQuery(transport, this.choice.servers, name, this.options, now);
  }
}

/** Returns the name to query for the names of an address (RFC 1035 section 3.5). */
export function reverseName(address: Ipv4Address): string {
  const bytes = formatIpv4(address).split(".");
  return `${bytes.reverse().join(".")}.in-addr.arpa`;
}
