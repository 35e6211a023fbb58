/**
 * A query to given servers, one after the other, as dig(1) and host(1) do it: without the hosts
 * table, the cache and what the resolver remembers about servers. The result is the whole message.
 */
import { NEVER, SECOND } from "../../../core/time";
import { formatIpv4 } from "../../wire/address";
import { DNS_PORT, DnsCode, DnsHeader, TYPE_A } from "../../wire/dns";
import { NameServer } from "../settings";
import { StreamFailure } from "../stream/stream";
import { DnsExchange, DnsTransport, StreamExchange } from "./exchange";
import { DnsError } from "./failure";
import { DnsQuestion } from "./question";
import { DnsReply } from "./reply";
import { openExchange } from "./secure-exchange";

/** The options of a direct query. */
export class DirectOptions {
  type: u32 = TYPE_A;
  /** Whether to use TCP from the first query on. */
  tcp: bool = false;
  edns: bool = true;
  recurse: bool = true;
  /** Whether to ask the next server after SERVFAIL, if there is one. */
  skipFailures: bool = false;
  /** The maximum number of queries to each server; repeating one over TCP does not count. */
  tries: i32 = 3;
  /** How long to wait for each response, in microseconds. */
  timeout: i64 = 5 * SECOND;
}

export class DirectQuery {
  done: bool = false;
  /** The response; null if no server answered. */
  reply: DnsReply | null = null;
  /** The server that answered, or the last one that was asked. */
  server: NameServer;
  /** Whether the answer came over TCP or TLS. */
  overTcp: bool = false;
  /** Whether the UDP response was truncated. */
  truncated: bool = false;
  /** The failed attempts, in dig's words. */
  readonly complaints: Array<string> = [];
  /** Microseconds from the last query to its response. */
  elapsed: i64 = 0;
  private exchange: DnsExchange | null = null;
  private index: i32 = 0;
  private tries: i32 = 0;
  private askedAt: i64 = 0;

  constructor(
    private readonly transport: DnsTransport,
    /** At least one. */
    private readonly servers: Array<NameServer>,
    /** The name to query, in canonical form; "" is the root. */
    private readonly name: string,
    private readonly options: DirectOptions,
    now: i64,
  ) {
    this.server = servers[0];
    this.ask(options.tcp, now);
  }

  poll(now: i64): void {
    const exchange = this.exchange;
    if (exchange == null) return;
    const reply = exchange.poll(now);
    if (reply == null) {
      if (now >= exchange.since + this.options.timeout) this.failed("timed out", now);
    } else if (reply.error != DnsError.None) {
      this.failed(complaintOf(reply), now);
    } else if (DnsHeader.at(reply.pointer).truncated && !this.overTcp) {
      this.truncated = true;
      this.reply = reply;
      this.elapsed = now - this.askedAt;
      this.ask(true, now);
    } else if (this.skips(reply)) {
      const server = this.server.toString();
      this.complaints.push(`;; Got SERVFAIL reply from ${server}, trying next server`);
      this.tries = 0;
      this.server = this.servers[++this.index];
      this.ask(this.options.tcp, now);
    } else {
      this.reply = reply;
      this.elapsed = now - this.askedAt;
      this.close();
    }
  }

  private skips(reply: DnsReply): bool {
    if (!this.options.skipFailures || this.index + 1 >= this.servers.length) return false;
    return DnsHeader.at(reply.pointer).code == DnsCode.ServerFailure;
  }

  pollAt(): i64 {
    const exchange = this.exchange;
    return exchange == null ? NEVER : exchange.since + this.options.timeout;
  }

  /** Ends the query, and releases its socket or connection. */
  close(): void {
    const exchange = this.exchange;
    if (exchange != null) exchange.close();
    this.exchange = null;
    this.done = true;
  }

  private ask(tcp: bool, now: i64): void {
    const before = this.exchange;
    if (before != null) before.close();
    this.exchange = null;
    this.askedAt = now;
    const secure = this.server.secure;
    this.overTcp = tcp || secure;
    const transport = this.transport;
    const options = this.options;
    const question = new DnsQuestion(
      transport.random,
      this.name,
      options.type,
      options.edns,
      false,
    );
    if (!options.recurse) question.clearRecursion();
    if (tcp && !secure) {
      const stream = transport.connector.connect(this.server.address, this.server.port, now);
      if (stream != null) this.exchange = new StreamExchange(question, stream, now);
    } else {
      this.exchange = openExchange(transport, this.server, question, now);
    }
    if (this.exchange != null) return;
    this.failed(this.overTcp ? transport.connector.refusal() : "no free socket", now);
  }

  /**
   * Handles a failed attempt. If a truncated UDP response has arrived, that is the result; else
   * asks again: this server up to `tries` times, then the next one.
   */
  private failed(why: string, now: i64): void {
    const address = this.server.toString();
    const shown = this.server.port == DNS_PORT ? `${address}#${DNS_PORT}` : address;
    const exchange = this.exchange;
    if (exchange != null && exchange.sentAt < 0) {
      const whose = `(${formatIpv4(this.server.address)}) for ${this.name == "" ? "." : this.name}`;
      this.complaints.push(`;; Connection to ${shown}${whose} failed: ${why}.`);
    } else {
      this.complaints.push(`;; communications error to ${shown}: ${why}`);
    }
    if (this.truncated) {
      this.overTcp = false;
      this.close();
      return;
    }
    if (++this.tries >= this.options.tries) {
      this.tries = 0;
      this.index++;
    }
    if (this.index < this.servers.length) {
      this.server = this.servers[this.index];
      this.ask(this.options.tcp, now);
    } else {
      this.close();
    }
  }
}

/** Returns why an exchange failed, in dig's words if it has any. */
function complaintOf(reply: DnsReply): string {
  if (reply.error == DnsError.PortUnreachable) return "connection refused";
  if (reply.error == DnsError.Unreachable) return "host unreachable";
  if (reply.error == DnsError.BadAnswer) return "bad message";
  switch (reply.failureKind) {
    case StreamFailure.Refused:
      return "connection refused";
    case StreamFailure.Unreachable:
      return "host unreachable";
    case StreamFailure.TimedOut:
      return "timed out";
    case StreamFailure.Reset:
      return "connection reset";
    case StreamFailure.None:
      return "end of file";
    default:
      return reply.detail;
  }
}
