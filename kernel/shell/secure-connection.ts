/** Opens a TLS connection to a host: resolves the name, connects, and does the handshake. */
import { NEVER } from "../../core/time";
import { connectFailure, HttpFailure } from "../../net/service/http/client/failure";
import { NetworkStack } from "../../net/service/stack";
import { ConnectionRace } from "../../net/service/stream/connection-race";
import { StreamOpener } from "../../net/service/stream/opener";
import { Stream, StreamFailure } from "../../net/service/stream/stream";
import { TcpStream } from "../../net/service/stream/tcp-stream";
import { TlsOptions } from "../../net/service/tls/shared";
import { TlsStream } from "../../net/service/tls/stream";
import { Ipv4Address } from "../../net/wire/address";
import { Lookup } from "./lookup";

/** Opens TLS connections with given options. */
class SecureOpener implements StreamOpener {
  /** curl's exit code for the last refusal. */
  code: HttpFailure = HttpFailure.None;
  private reason: string = "";

  constructor(
    private readonly stack: NetworkStack,
    private readonly options: TlsOptions,
  ) {}

  open(address: Ipv4Address, now: i64): Stream | null {
    const connection = this.stack.ip.connect(now, address, this.options.port);
    if (connection == null) {
      this.code = HttpFailure.Connect;
      this.reason = "too many connections";
      return null;
    }
    const below = new TcpStream(connection);
    const stream = this.stack.tls.connect(below, this.options, now);
    if (stream != null) return stream;
    this.code = HttpFailure.Handshake;
    this.reason = this.stack.tls.refusal;
    below.abort();
    return null;
  }

  refusal(): string {
    return this.reason;
  }
}

export class SecureConnection {
  /** The handshake is complete, or `failure` says why it will not be. */
  done: bool = false;
  /** curl's exit code for the failure. */
  code: HttpFailure = HttpFailure.None;
  failure: string = "";
  /** The connection, or the one whose handshake failed; null if TCP did not connect. */
  stream: TlsStream | null = null;
  /** The address of `stream`. */
  address: Ipv4Address = 0;
  /** When the name was resolved, in microseconds since boot; 0 before that. */
  resolvedAt: i64 = 0;
  private readonly lookup: Lookup;
  private readonly opener: SecureOpener;
  private race: ConnectionRace | null = null;

  constructor(
    stack: NetworkStack,
    options: TlsOptions,
    readonly startedAt: i64,
  ) {
    this.lookup = new Lookup(options.host, stack, startedAt);
    this.opener = new SecureOpener(stack, options);
  }

  /** Continues without waiting. Returns true once `done` is set. */
  poll(now: i64): bool {
    if (this.done) return true;
    let race = this.race;
    if (race == null) {
      if (!this.lookup.poll()) return false;
      if (this.lookup.failure != "") return this.fail(HttpFailure.Resolve, this.lookup.failure);
      this.resolvedAt = now;
      race = new ConnectionRace(this.opener, this.lookup.addresses, NEVER);
      this.race = race;
    }
    const winner = race.poll(now);
    if (winner == null && !race.lost) return false;
    const stream = winner == null ? race.failed : winner;
    if (stream != null) this.stream = stream as TlsStream;
    this.address = winner == null ? race.failedAddress : race.address;
    if (winner == null) return this.fail(this.codeOf(race), race.reason);
    this.done = true;
    return true;
  }

  /** Returns when to call `poll` next if nothing arrives first. */
  pollAt(): i64 {
    const race = this.race;
    return race == null || this.done ? NEVER : race.pollAt();
  }

  /** Releases the connection. */
  close(): void {
    this.lookup.cancel();
    const stream = this.stream;
    const race = this.race;
    if (stream != null) stream.release();
    if (race != null) race.cancel();
    this.stream = null;
    this.race = null;
    this.done = true;
  }

  /** Returns curl's exit code for the last failure of a race that is lost. */
  private codeOf(race: ConnectionRace): HttpFailure {
    const refused = race.failure == StreamFailure.NoResources;
    const code = refused ? this.opener.code : HttpFailure.None;
    return code != HttpFailure.None ? code : connectFailure(race.failure);
  }

  private fail(code: HttpFailure, failure: string): bool {
    this.code = code;
    this.failure = failure;
    this.done = true;
    return true;
  }
}
