/** Opens a TLS connection to a host: resolves the name, connects, and does the handshake. */
import { connectFailure, HttpFailure } from "../../net/service/http/client/failure";
import { NetworkStack } from "../../net/service/stack";
import { StreamFailure, StreamStatus } from "../../net/service/stream/stream";
import { TcpStream } from "../../net/service/stream/tcp-stream";
import { TlsOptions } from "../../net/service/tls/shared";
import { TlsStream } from "../../net/service/tls/stream";
import { Ipv4Address } from "../../net/wire/address";
import { Lookup } from "./lookup";

export class SecureConnection {
  /** The handshake is complete, or `failure` says why it will not be. */
  done: bool = false;
  /** curl's exit code for the failure. */
  code: HttpFailure = HttpFailure.None;
  failure: string = "";
  /** Null until the TCP connection is opened. */
  stream: TlsStream | null = null;
  address: Ipv4Address = 0;
  /** When the name was resolved, in microseconds since boot. */
  resolvedAt: i64 = 0;
  private readonly lookup: Lookup;
  /** Whether the handshake failed with the session it offered, and was repeated without one. */
  private renewed: bool = false;

  constructor(
    private readonly stack: NetworkStack,
    private readonly options: TlsOptions,
    readonly startedAt: i64,
  ) {
    this.lookup = new Lookup(options.host, stack, startedAt);
  }

  /** Continues without waiting. Returns true once `done` is set. */
  poll(now: i64): bool {
    if (this.done) return true;
    const stream = this.stream;
    if (stream == null) return this.open(now);
    stream.poll(now);
    const status = stream.status();
    if (status == StreamStatus.Connecting) return false;
    if (status != StreamStatus.Failed) this.done = true;
    else this.failed(stream, now);
    return this.done;
  }

  /** Releases the connection. */
  close(): void {
    this.lookup.cancel();
    const stream = this.stream;
    if (stream != null) stream.release();
    this.stream = null;
  }

  private open(now: i64): bool {
    if (!this.lookup.poll()) return false;
    if (this.lookup.failure != "") return this.fail(HttpFailure.Resolve, this.lookup.failure);
    this.resolvedAt = now;
    this.address = this.lookup.address;
    return this.connect(now);
  }

  private connect(now: i64): bool {
    const ip = this.stack.ip;
    const connection = ip.connect(now, this.address, this.options.port);
    if (connection == null) return this.fail(HttpFailure.Connect, "no connection is free");
    const below = new TcpStream(connection);
    this.stream = this.stack.tls.connect(below, this.options, now);
    if (this.stream != null) return false;
    below.abort();
    return this.fail(HttpFailure.Handshake, this.stack.tls.refusal);
  }

  private failed(stream: TlsStream, now: i64): bool {
    const kind = stream.failureKind();
    if (kind != StreamFailure.Session || this.renewed) {
      return this.fail(connectFailure(kind), stream.failure());
    }
    this.renewed = true;
    stream.abort();
    this.stream = null;
    return this.connect(now);
  }

  private fail(code: HttpFailure, failure: string): bool {
    this.code = code;
    this.failure = failure;
    this.done = true;
    return true;
  }
}
