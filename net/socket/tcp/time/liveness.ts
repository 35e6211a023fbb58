/**
 * Records when a connection last heard from its peer, made progress and sent, and decides when
 * keep-alive probes are due (RFC 9293 section 3.8.4). Times are microseconds since boot.
 */
import { TcpSettings } from "../settings";

@unmanaged
export class Liveness {
  /** R2 starts here: when SND.UNA last advanced, or when sending or a wait for a window began. */
  progressAt: i64;
  /** Once established: when a segment last arrived, other than a RST outside the window. */
  heardAt: i64;
  /** When data last arrived in order or again, or was read, or this host's FIN was acknowledged. */
  activityAt: i64;
  /** When data was last sent. */
  sentAt: i64;
  /** Silence before the first keep-alive probe, in microseconds; 0 if keep-alive is off. */
  keepAliveIdle: i64;
  /** Microseconds between probes, and how many may stay unanswered. */
  private interval: i64;
  private most: u32;
  /** Whether a keep-alive probe is sent in the next `dispatch`. */
  probeDue: bool;
  /** Probes since the peer was last heard, and when the last probe was due. */
  private probes: u32;
  private probedAt: i64;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize, settings: TcpSettings): Liveness {
    const liveness = changetype<Liveness>(memory);
    liveness.interval = settings.keepAliveInterval;
    liveness.most = settings.keepAliveProbes;
    return liveness;
  }

  progressed(now: i64): void {
    this.progressAt = now;
  }
  heard(now: i64): void {
    this.heardAt = now;
  }
  acted(now: i64): void {
    this.activityAt = now;
  }
  sentData(now: i64): void {
    this.sentAt = now;
  }

  /** ESTABLISHED was reached. */
  established(now: i64): void {
    this.progressAt = now;
    this.heardAt = now;
    this.activityAt = now;
  }

  /** Probes a peer that is silent for `idle` microseconds; 0 disables probes. */
  setKeepAlive(idle: i64): void {
    this.keepAliveIdle = idle;
  }

  /** Sets the microseconds between probes, and how many there are; 0 changes nothing. */
  setProbes(interval: i64, most: u32): void {
    if (interval > 0) this.interval = interval;
    if (most > 0) this.most = most;
  }

  /**
   * The keep-alive timer expired. Returns when it expires next, or 0 if the peer answered none of
   * the probes and the connection has failed.
   */
  keepAliveExpired(now: i64): i64 {
    const due = this.heardAt + this.keepAliveIdle;
    if (due > now) {
      this.probes = 0;
      return due;
    }
    if (this.heardAt > this.probedAt) this.probes = 0;
    if (this.probes >= this.most) return 0;
    this.probes++;
    this.probedAt = now;
    this.probeDue = true;
    return now + this.interval;
  }

  /** Probes since the peer was last heard. */
  get probeCount(): u32 {
    return this.heardAt > this.probedAt ? 0 : this.probes;
  }

  /** The keep-alive probe was sent. */
  probeSent(): void {
    this.probeDue = false;
  }
}
