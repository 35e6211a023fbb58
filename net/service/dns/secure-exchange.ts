/**
 * Queries over TLS (RFC 7858) to servers configured with a name (`DNS=ADDRESS#NAME`). The profile
 * is strict (RFC 8310 section 5): no query is sent unless the server proves to have that name. The
 * connection is kept for the next query.
 */
import { NameServer } from "../settings";
import { Stream, StreamFailure } from "../stream/stream";
import { DnsExchange, DnsTransport, StreamExchange, UdpExchange } from "./exchange";
import { DnsError } from "./failure";
import { DnsQuestion } from "./question";
import { DnsReply } from "./reply";

/**
 * A query over TLS, on the idle connection to the server or on a new one. It connects again once if
 * the server has closed the idle connection, and once if the server rejects a cached TLS session.
 */
class SecureExchange extends DnsExchange {
  private exchange: StreamExchange;
  private answered: bool = false;
  private polledAt: i64 = 0;
  /** Whether a connection with a cached TLS session has failed. */
  private sessionFailed: bool = false;
  /** The generation of `DnsTransport.pool` when the connection was opened or taken. */
  private generation: u32;

  private constructor(
    private readonly transport: DnsTransport,
    private readonly server: NameServer,
    question: DnsQuestion,
    private stream: Stream,
    /** Whether the connection has served another query: the server may be about to close it. */
    private reused: bool,
    now: i64,
  ) {
    super(question, now);
    this.exchange = new StreamExchange(question, stream, now);
    this.sentAt = this.exchange.sentAt;
    this.generation = transport.pool.generation;
  }

  /** Returns null if no connection can be opened; `DnsTransport.connector` says why. */
  static open(
    transport: DnsTransport,
    server: NameServer,
    question: DnsQuestion,
    now: i64,
  ): SecureExchange | null {
    const kept = transport.pool.take(server.toString());
    const stream = kept != null ? kept : connect(transport, server, now);
    if (stream == null) return null;
    return new SecureExchange(transport, server, question, stream, kept != null, now);
  }

  poll(now: i64): DnsReply | null {
    this.polledAt = now;
    const reply = this.exchange.poll(now);
    this.sentAt = this.exchange.sentAt;
    if (reply == null) return null;
    this.answered = reply.error == DnsError.None;
    if (this.answered || reply.error == DnsError.BadAnswer) return reply;
    if (this.reused) {
      this.reused = false;
      return this.reconnect(now);
    }
    if (reply.failureKind == StreamFailure.Session && !this.sessionFailed) {
      this.sessionFailed = true;
      return this.reconnect(now);
    }
    return this.failed(reply.failureKind, reply.detail);
  }

  close(): void {
    if (this.answered) this.keep();
    else this.stream.abort();
  }

  private keep(): void {
    const key = this.server.toString();
    this.transport.pool.put(key, this.stream, this.generation, this.polledAt);
  }

  /** Sends the query over a new connection. Returns null, or the error if that cannot be opened. */
  private reconnect(now: i64): DnsReply | null {
    const stream = connect(this.transport, this.server, now);
    if (stream == null) {
      return this.failed(StreamFailure.NoResources, this.transport.connector.refusal());
    }
    this.stream.release();
    this.stream = stream;
    this.generation = this.transport.pool.generation;
    this.exchange = new StreamExchange(this.question, stream, now);
    this.sentAt = this.exchange.sentAt;
    this.since = now;
    return null;
  }

  private failed(kind: StreamFailure, reason: string): DnsReply {
    const reply = DnsReply.failed(DnsError.SecureFailed);
    reply.failureKind = kind;
    reply.detail = reason == "" ? "connection closed" : reason;
    return reply;
  }
}

function connect(transport: DnsTransport, server: NameServer, now: i64): Stream | null {
  return transport.connector.connectSecure(server.serverName, server.address, server.port, now);
}

/**
 * Queries a server, over TLS if it has a name, else over UDP. Returns null if no socket is free, or
 * no connection can be opened.
 */
export function openExchange(
  transport: DnsTransport,
  server: NameServer,
  question: DnsQuestion,
  now: i64,
): DnsExchange | null {
  if (server.secure) return SecureExchange.open(transport, server, question, now);
  return UdpExchange.open(transport, server, question, now);
}
