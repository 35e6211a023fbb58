/**
 * Queries over TLS (RFC 7858) to servers configured with a name (`DNS=ADDRESS#NAME`). The profile
 * is strict (RFC 8310 section 5): no query is sent unless the server proves to have that name. The
 * connection is kept for the next query.
 */
import { NameServer } from "../settings";
import { Stream } from "../stream/stream";
import { DnsExchange, DnsTransport, StreamExchange, UdpExchange } from "./exchange";
import { DnsError } from "./failure";
import { DnsQuestion } from "./question";
import { DnsReply } from "./reply";

/** A query over a TLS connection: the one kept, or a new one. */
class SecureExchange extends DnsExchange {
  private exchange: StreamExchange;
  private answered: bool = false;
  private polledAt: i64 = 0;

  private constructor(
    private readonly transport: DnsTransport,
    private readonly server: NameServer,
    question: DnsQuestion,
    private stream: Stream,
    /** The connection has served another query, so the server may be about to close it. */
    private reused: bool,
  ) {
    super(question);
    this.exchange = new StreamExchange(question, stream);
  }

  /** Returns null if no connection can be opened; `DnsTransport.connector` says why. */
  static open(
    transport: DnsTransport,
    server: NameServer,
    question: DnsQuestion,
    now: i64,
  ): SecureExchange | null {
    const kept = transport.secure.take(server);
    const stream = kept != null ? kept : connect(transport, server, now);
    if (stream == null) return null;
    return new SecureExchange(transport, server, question, stream, kept != null);
  }

  poll(now: i64): DnsReply | null {
    this.polledAt = now;
    const reply = this.exchange.poll(now);
    if (reply == null) return null;
    this.answered = reply.error == DnsError.None;
    if (this.answered || reply.error == DnsError.BadAnswer) return reply;
    if (this.reused) return this.reconnect(now);
    return this.failed(this.stream.failure());
  }

  close(): void {
    if (this.answered) this.transport.secure.put(this.server, this.stream, this.polledAt);
    else this.stream.abort();
  }

  /** The server closed the connection that was kept: asks once more over a new one. */
  private reconnect(now: i64): DnsReply | null {
    const stream = connect(this.transport, this.server, now);
    if (stream == null) return this.failed(this.transport.connector.refusal());
    this.stream.release();
    this.stream = stream;
    this.reused = false;
    this.exchange = new StreamExchange(this.question, stream);
    return null;
  }

  private failed(reason: string): DnsReply {
    const reply = DnsReply.failed(DnsError.SecureFailed);
    reply.detail = reason == "" ? "connection closed" : reason;
    return reply;
  }
}

function connect(transport: DnsTransport, server: NameServer, now: i64): Stream | null {
  return transport.connector.connectSecure(server.serverName, server.address, server.port, now);
}

/** Asks a server, over TLS if it has a name, else over UDP. Null: no socket, or no connection. */
export function openExchange(
  transport: DnsTransport,
  server: NameServer,
  question: DnsQuestion,
  now: i64,
): DnsExchange | null {
  if (server.secure) return SecureExchange.open(transport, server, question, now);
  return UdpExchange.open(transport, server, question);
}
