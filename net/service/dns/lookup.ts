/**
 * The lookup of one name's addresses: queries one server after another with growing timeouts (RFC
 * 1035 section 7.2, RFC 1123 section 6.1.3.3) and follows aliases, for at most 15 seconds.
 */

import { DNS_ALIASES } from "../../../core/limits";
import { Random } from "../../../core/random";
import { earlier, SECOND } from "../../../core/time";
import { UdpTable } from "../../socket/udp";
import { Ipv4Address } from "../../wire/address";
import { NameServer } from "../settings";
import { Connector } from "../stream/connector";
import { AnswerKind, DnsAnswer } from "./answer";
import { DnsExchange, StreamExchange, UdpExchange } from "./exchange";
import { DnsError, isServerFault } from "./failure";
import { nameComplaint } from "./name";
import { DnsQuery } from "./query";

/** The time limit of a lookup. */
const WHOLE_TIME: i64 = 15 * SECOND;
/** The timeout of a query in the first round; it doubles each round, up to 16 s. */
const FIRST_WAIT: i64 = 2 * SECOND;
/** The timeout of a query over TCP. */
const STREAM_WAIT: i64 = 5 * SECOND;

/** Shared by all queries for the same name. The result is valid once `done` is set. */
export class DnsLookup {
  /** The queries that this lookup will complete. */
  readonly queries: Array<DnsQuery> = [];
  done: bool = false;
  error: DnsError = DnsError.None;
  addresses: Array<Ipv4Address> = [];
  canonicalName: string;
  /** Seconds: the smallest TTL of all answers along the aliases. */
  ttl: u32 = u32.MAX_VALUE;
  /** The server that sent the last answer; 0 if there was none. */
  answeredBy: Ipv4Address = 0;
  /** When to poll next, in microseconds since boot, if nothing arrives first. */
  pollAt: i64;

  private exchange: DnsExchange | null = null;
  /** By server; a server with a fault is not queried again. */
  private readonly faults: StaticArray<DnsError>;
  /** Index of the server being queried. */
  private server: i32 = 0;
  /** Number of times that all servers have been tried. */
  private round: i32 = 0;
  private readonly deadline: i64;
  /** The names queried so far, and the number of aliases followed. */
  private readonly asked: Array<string> = [];
  private aliases: u32 = 0;

  constructor(
    /** In canonical form. */
    readonly name: string,
    /** At least one. */
    private readonly servers: Array<NameServer>,
    private readonly udp: UdpTable,
    private readonly random: Random,
    private readonly connector: Connector,
    now: i64,
  ) {
    this.canonicalName = name;
    this.faults = new StaticArray<DnsError>(servers.length);
    this.deadline = now + WHOLE_TIME;
    this.pollAt = now;
    this.asked.push(name);
    this.ask(now);
  }

  /** Takes a response, or moves on after a timeout. */
  poll(now: i64): void {
    const exchange = this.exchange;
    if (this.done || exchange == null) return;
    const answer = exchange.poll(now);
    if (answer != null) this.take(answer, now);
    else if (now >= this.deadline) this.finish(this.firstFault(DnsError.TimedOut));
    else if (now >= this.pollAt) this.askNext(now);
  }

  /** Closes the socket in use. */
  close(): void {
    const exchange = this.exchange;
    if (exchange != null) exchange.close();
    this.exchange = null;
  }

  private take(answer: DnsAnswer, now: i64): void {
    if (answer.kind == AnswerKind.Truncated) {
      this.askByStream(now);
      return;
    }
    if (isServerFault(answer.error)) {
      this.faults[this.server] = answer.error;
      this.askNext(now);
      return;
    }
    this.answeredBy = this.servers[this.server].address;
    this.aliases += answer.aliases;
    this.canonicalName = answer.canonicalName;
    if (answer.ttl < this.ttl) this.ttl = answer.ttl;
    if (answer.kind == AnswerKind.Alias) {
      this.askForAlias(now);
      return;
    }
    this.addresses = answer.addresses;
    this.finish(this.aliases > DNS_ALIASES ? DnsError.AliasLoop : answer.error);
  }

  /** The answer ends with an alias: queries the same server for it, except in a loop. */
  private askForAlias(now: i64): void {
    const name = this.canonicalName;
    if (this.aliases > DNS_ALIASES || this.asked.includes(name)) {
      this.finish(DnsError.AliasLoop);
    } else if (nameComplaint(name) != "") {
      this.finish(DnsError.BadAnswer);
    } else {
      this.asked.push(name);
      this.ask(now);
    }
  }

  /** Queries the next server without a fault; with none left, the lookup fails. */
  private askNext(now: i64): void {
    const count = this.servers.length;
    for (let i = 0; i < count; i++) {
      if (++this.server == count) {
        this.server = 0;
        this.round++;
      }
      if (this.faults[this.server] == DnsError.None) {
        this.ask(now);
        return;
      }
    }
    this.finish(this.firstFault(DnsError.TimedOut));
  }

  /** Sends a query over UDP to the current server. */
  private ask(now: i64): void {
    this.close();
    const server = this.servers[this.server];
    const exchange = UdpExchange.open(this.udp, this.random, server, this.canonicalName);
    if (exchange == null) {
      this.finish(DnsError.NoResources);
      return;
    }
    this.exchange = exchange;
    const wait = FIRST_WAIT << (min(this.round, 3) as i64);
    this.pollAt = earlier(this.deadline, now + wait);
  }

  /** Repeats the query over TCP. */
  private askByStream(now: i64): void {
    const server = this.servers[this.server];
    this.close();
    const stream = this.connector.connect(server.address, server.port, now);
    if (stream != null) {
      const id = this.random.next32() & 0xffff;
      this.exchange = new StreamExchange(id, this.canonicalName, stream);
      this.pollAt = earlier(this.deadline, now + STREAM_WAIT);
      return;
    }
    this.faults[this.server] = DnsError.Truncated;
    this.askNext(now);
  }

  /** Returns the first server's fault, which says more than a timeout; else `otherwise`. */
  private firstFault(otherwise: DnsError): DnsError {
    for (let i = 0; i < this.faults.length; i++) {
      if (this.faults[i] != DnsError.None) return this.faults[i];
    }
    return otherwise;
  }

  private finish(error: DnsError): void {
    this.close();
    this.error = error;
    if (error != DnsError.None) this.addresses = [];
    this.done = true;
  }
}
