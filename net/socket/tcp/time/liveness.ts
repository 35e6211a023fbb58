/**
 * Records when a connection last heard from its peer, made progress and sent, and decides when
 * keep-alive probes are due (RFC 9293 section 3.8.4). Times are microseconds since boot.
 */
import { KEEP_ALIVE_INTERVAL, KEEP_ALIVE_PROBES } from "../timing";

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
  /** Whether a keep-alive probe is sent in the next `dispatch`. */
  probeDue: bool;
  /** Probes since the peer was last heard, and when the last probe was due. */
  private probes: u32;
  private probedAt: i64;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Liveness {
    return changetype<Liveness>(memory);
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

  /**
   * The keep-alive timer expired. Returns when it expires next, or 0 if the peer answered none of
   * KEEP_ALIVE_PROBES probes and the connection has failed.
   */
  keepAliveExpired(now: i64): i64 {
    const due = this.heardAt + this.keepAliveIdle;
    if (due > now) {
      this.probes = 0;
      return due;
    }
    if (this.heardAt > this.probedAt) this.probes = 0;
    if (this.probes >= KEEP_ALIVE_PROBES) return 0;
    this.probes++;
    this.probedAt = now;
    this.probeDue = true;
    return now + KEEP_ALIVE_INTERVAL;
  }

  /** The keep-alive probe was sent. */
  probeSent(): void {
    this.probeDue = false;
  }
}
