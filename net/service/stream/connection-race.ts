/**
 * Connects to the first of several addresses that answers (RFC 8305 section 5, Happy Eyeballs). An
 * attempt starts 250 ms after the previous one, as soon as one fails, or if a TLS handshake takes
 * long. The first that succeeds, TLS handshake included, wins; the others are aborted. A failed
 * handshake loses the race at once, as in curl: the server has answered, and the user must learn
 * what is wrong with it.
 */
import { earlier, MILLISECOND, NEVER, SECOND } from "../../../core/time";
import { Ipv4Address } from "../../wire/address";
import { StreamOpener } from "./opener";
import { Stream, StreamFailure, StreamStatus } from "./stream";

/** RFC 8305 section 8: the recommended Connection Attempt Delay. */
const ATTEMPT_DELAY: i64 = 250 * MILLISECOND;
/** How long after a TCP connection is open the next attempt starts, if TLS is still in progress. */
const HANDSHAKE_DELAY: i64 = 2 * SECOND;

class Attempt {
  /** When its TCP connection opened; 0 before that. */
  connectedAt: i64 = 0;

  constructor(
    readonly stream: Stream,
    readonly address: Ipv4Address,
    readonly deadline: i64,
    /** Whether it follows one whose handshake failed with a cached session. */
    readonly renewed: bool = false,
  ) {}

  /** Reports whether its TCP connection has opened since the last call. */
  hasJustConnected(now: i64): bool {
    if (this.connectedAt > 0) return false;
    const status = this.stream.transport().status();
    if (status != StreamStatus.Open && status != StreamStatus.Finished) return false;
    this.connectedAt = now;
    return true;
  }
}

export class ConnectionRace {
  /** Whether no attempt can succeed any more; `failure` and `reason` then say why. */
  lost: bool = false;
  /** Why the last attempt failed. */
  failure: StreamFailure = StreamFailure.Unreachable;
  /** The same in words, such as "Connection refused". */
  reason: string = "";
  /** Whether the last failure was that of a TLS handshake over an open TCP connection. */
  inHandshake: bool = false;
  /** The stream that failed last after its TCP connection was open; `cancel` aborts it. */
  failed: Stream | null = null;
  /** The address of `failed`. */
  failedAddress: Ipv4Address = 0;
  /** The address of the winner, or of the last failure. */
  address: Ipv4Address = 0;
  /**
   * When the winner's TCP connection opened or, before there is one, the first; in microseconds
   * since boot; 0 before that.
   */
  connectedAt: i64 = 0;
  private readonly attempts: Array<Attempt> = [];
  /** The index of the address to try next, and when to start. */
  private next: i32 = 0;
  private nextAt: i64 = 0;

  constructor(
    private readonly opener: StreamOpener,
    /** At least one; the best is first. */
    private readonly addresses: Array<Ipv4Address>,
    /** The time limit for one address in microseconds, TLS handshake included; or NEVER. */
    private readonly patience: i64,
  ) {}

  /** Returns the connected stream; null while there is none, or once the race is `lost`. */
  poll(now: i64): Stream | null {
    while (!this.lost) {
      const winner = this.settle(now);
      if (winner != null) return winner;
      if (this.lost || this.next == this.addresses.length) break;
      if (this.attempts.length > 0 && now < this.nextAt) return null;
      this.start(now);
    }
    if (this.attempts.length == 0) this.lost = true;
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
    const failed = this.failed;
    if (failed != null) failed.abort();
    this.failed = null;
  }

  /** Returns the stream that is connected, or null; drops the attempts that have failed. */
  private settle(now: i64): Stream | null {
    let i = 0;
    while (i < this.attempts.length && !this.lost) {
      const attempt = this.attempts[i];
      const stream = attempt.stream;
      stream.poll(now);
      if (attempt.hasJustConnected(now)) {
        if (this.connectedAt == 0) this.connectedAt = now;
        this.nextAt = now + HANDSHAKE_DELAY;
      }
      const status = stream.status();
      if (status == StreamStatus.Connecting && now < attempt.deadline) {
        i++;
        continue;
      }
      this.attempts.splice(i, 1);
      this.address = attempt.address;
      if (status == StreamStatus.Open || status == StreamStatus.Finished) {
        this.connectedAt = attempt.connectedAt;
        this.cancel();
        return stream;
      }
      this.nextAt = now;
      const hasStaleSession = stream.failureKind() == StreamFailure.Session && !attempt.renewed;
      if (hasStaleSession) this.renew(attempt, now);
      else this.drop(attempt);
    }
    return null;
  }

  /** Connects again after a failure with a cached session, now without it. */
  private renew(attempt: Attempt, now: i64): void {
    attempt.stream.abort();
    const stream = this.open(attempt.address, now);
    if (stream == null) return;
    this.attempts.push(new Attempt(stream, attempt.address, attempt.deadline, true));
  }

  /** Notes why an attempt has failed. */
  private drop(attempt: Attempt): void {
    const stream = attempt.stream;
    const expired = stream.status() == StreamStatus.Connecting;
    this.failure = expired ? StreamFailure.TimedOut : stream.failureKind();
    this.reason = stream.failure();
    if (expired) this.reason = `Connection timed out after ${this.patience / SECOND} s`;
    this.inHandshake = attempt.connectedAt > 0;
    if (!this.inHandshake) {
      stream.abort();
      return;
    }
    const earlierOne = this.failed;
    if (earlierOne != null) earlierOne.abort();
    this.failed = stream;
    this.failedAddress = attempt.address;
    this.lost = isVerdict(this.failure);
  }

  /** Starts an attempt to the next address. */
  private start(now: i64): void {
    const address = this.addresses[this.next++];
    const stream = this.open(address, now);
    this.nextAt = now + ATTEMPT_DELAY;
    if (stream == null) return;
    const deadline = this.patience == NEVER ? NEVER : now + this.patience;
    this.attempts.push(new Attempt(stream, address, deadline));
  }

  private open(address: Ipv4Address, now: i64): Stream | null {
    const stream = this.opener.open(address, now);
    if (stream != null) return stream;
    this.address = address;
    this.failure = StreamFailure.NoResources;
    this.inHandshake = false;
    this.reason = this.opener.refusal();
    return null;
  }
}

/** Reports whether the server, or this host after it saw the certificate, refused the handshake. */
function isVerdict(failure: StreamFailure): bool {
  switch (failure) {
    case StreamFailure.Certificate:
    case StreamFailure.CertificateStatus:
    case StreamFailure.Protocol:
    case StreamFailure.Session:
      return true;
    default:
      return false;
  }
}
