/**
 * Connects to the first of several addresses that answers (RFC 8305 section 5, Happy Eyeballs). An
 * attempt starts 250 ms after the previous one, or as soon as all previous ones have failed. The
 * first one that succeeds, TLS handshake included, wins; the others are aborted.
 */
import { earlier, MILLISECOND, NEVER, SECOND } from "../../../../core/time";
import { Connector } from "../../stream/connector";
import { Stream, StreamFailure, StreamStatus } from "../../stream/stream";
import { setTrafficClass, useFastOpen } from "../../stream/tcp-stream";
import { connectFailure, HttpFailure, TLS_TIMEOUT } from "./failure";
import { HttpRequest } from "./request";

/** The time limit to connect to one address, TLS handshake included. */
const CONNECT_TIME: i64 = 30 * SECOND;
/** RFC 8305 section 8: the recommended Connection Attempt Delay. */
const ATTEMPT_DELAY: i64 = 250 * MILLISECOND;

class Attempt {
  private connected: bool = false;

  constructor(
    public stream: Stream,
    readonly address: u32,
    readonly deadline: i64,
  ) {}

  /** Reports whether its TCP connection is open, or was open before. */
  hasConnected(): bool {
    const status = this.stream.transport().status();
    if (status == StreamStatus.Open || status == StreamStatus.Finished) this.connected = true;
    return this.connected;
  }
}

export class ConnectionRace {
  /** Why the last attempt failed; None until all have failed. */
  failure: HttpFailure = HttpFailure.None;
  /** The message, such as "Failed to connect to a.test port 80: Connection refused". */
  message: string = "";
  /** When the first TCP connection opened, in microseconds since boot; 0 before that. */
  connectedAt: i64 = 0;
  private readonly attempts: Array<Attempt> = [];
  /** The index of the address to try next, and when to start. */
  private next: i32 = 0;
  private nextAt: i64 = 0;
  /** Whether a handshake with a cached session has failed and was retried without it. */
  private renewed: bool = false;
  private lastKind: HttpFailure = HttpFailure.Connect;
  private lastReason: string = "";

  constructor(
    private readonly connector: Connector,
    private readonly host: string,
    private readonly port: u32,
    /** With TLS, the name or address in the server's certificate; otherwise "". */
    private readonly secureHost: string,
    /** At least one; the best is first. */
    private readonly addresses: Array<u32>,
    /** What the connection is for. */
    private readonly request: HttpRequest,
  ) {}

  /** Returns the connected stream; null while there is none, or once `failure` is set. */
  poll(now: i64): Stream | null {
    for (;;) {
      const winner = this.settle(now);
      if (winner != null) return winner;
      if (this.next == this.addresses.length) break;
      if (this.attempts.length > 0 && now < this.nextAt) return null;
      this.start(now);
    }
    if (this.attempts.length == 0) this.fail();
    return null;
  }

  /** Returns the stream that is connected, or null; drops the attempts that have failed. */
  private settle(now: i64): Stream | null {
    for (let i = 0; i < this.attempts.length; i++) {
      const attempt = this.attempts[i];
      const stream = attempt.stream;
      stream.poll(now);
      const connected = attempt.hasConnected();
      if (connected && this.connectedAt == 0) this.connectedAt = now;
      const status = stream.status();
      if (status == StreamStatus.Connecting) {
        if (now < attempt.deadline) continue;
        this.lastKind = HttpFailure.TimedOut;
        this.lastReason = connected ? TLS_TIMEOUT : "Connection timed out after 30 s";
      } else if (status == StreamStatus.Failed) {
        const kind = stream.failureKind();
        this.lastKind = connectFailure(kind);
        this.lastReason = stream.failure();
        if (kind == StreamFailure.TimedOut && connected) this.lastReason = TLS_TIMEOUT;
        if (kind == StreamFailure.Session && !this.renewed) {
          this.renew(i--, now);
          continue;
        }
      } else {
        this.attempts.splice(i, 1);
        this.cancel();
        return stream;
      }
      attempt.stream.abort();
      this.attempts.splice(i--, 1);
    }
    return null;
  }

  /** Returns when to call `poll` next if nothing arrives first. */
  pollAt(): i64 {
    let at = this.next < this.addresses.length ? this.nextAt : NEVER;
    for (let i = 0; i < this.attempts.length; i++) at = earlier(at, this.attempts[i].deadline);
    return at;
  }

  /** Aborts all attempts. */
  cancel(): void {
    while (this.attempts.length > 0) this.attempts.pop().stream.abort();
  }

  /** Starts an attempt to the next address. */
  private start(now: i64): void {
    const address = this.addresses[this.next++];
    const stream = this.open(address, now);
    this.nextAt = now + ATTEMPT_DELAY;
    if (stream != null) this.attempts.push(new Attempt(stream, address, now + CONNECT_TIME));
  }

  private open(address: u32, now: i64): Stream | null {
    const connector = this.connector;
    const stream =
      this.secureHost == ""
        ? connector.connect(address, this.port, now)
        : connector.connectSecure(this.secureHost, address, this.port, now);
    if (stream != null) {
      setTrafficClass(stream, this.request.trafficClass);
      if (this.request.fastOpen) useFastOpen(stream);
      return stream;
    }
    this.lastKind = HttpFailure.Connect;
    this.lastReason = connector.refusal();
    return null;
  }

  /** Connects again after a failure with a cached session; drops the attempt if that fails. */
  private renew(index: i32, now: i64): void {
    const attempt = this.attempts[index];
    this.renewed = true;
    attempt.stream.abort();
    const stream = this.open(attempt.address, now);
    if (stream == null) this.attempts.splice(index, 1);
    else attempt.stream = stream;
  }

  private fail(): void {
    this.failure = this.lastKind;
    if (this.lastReason == TLS_TIMEOUT) this.message = TLS_TIMEOUT;
    else this.message = `Failed to connect to ${this.host} port ${this.port}: ${this.lastReason}`;
  }
}
