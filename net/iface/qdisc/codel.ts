/**
 * Controlled delay (CoDel, RFC 8289): decides which packets of a queue to drop or mark, so that
 * packets do not stay longer than a target for a whole interval.
 */
import { squareRoot } from "../../../core/square-root";
import { ETHERNET_LONGEST } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";

/** A queue that was dropping less than this many intervals ago resumes at its former rate. */
const RECENT: i64 = 16;

export class CodelSettings {
  constructor(
    /** The acceptable delay, and how long it may be exceeded, in microseconds. */
    readonly target: i64,
    readonly interval: i64,
    /** Whether to mark packets of transports that understand ECN (RFC 3168), not drop them. */
    readonly ecn: bool,
  ) {}
}

/** The state of one queue. */
export class Codel {
  /** Whether packets are being dropped, and how many since that began. */
  private dropping: bool = false;
  private count: u32 = 0;
  private lastCount: u32 = 0;
  private dropAt: i64 = 0;
  /** When the delay will have been above the target for an interval; 0 if it is below. */
  private aboveAt: i64 = 0;

  constructor(private readonly settings: CodelSettings) {}

  /** Notes that the queue is empty. */
  idle(): void {
    this.dropping = false;
    this.aboveAt = 0;
  }

  /**
   * Reports whether to drop or mark the packet that was taken from the queue. `others` is the
   * number of bytes that remain queued: if they are no more than one packet, nothing is dropped.
   * After a drop, call this for the next packet too.
   */
  condemns(frame: Frame, others: u32, now: i64): bool {
    const above = this.isAbove(now - frame.queuedAt, others, now);
    if (!this.dropping) {
      if (!above) return false;
      this.begin(now);
      return true;
    }
    if (!above) {
      this.dropping = false;
      return false;
    }
    if (now < this.dropAt) return false;
    this.count++;
    this.dropAt = this.later(this.dropAt);
    return true;
  }

  private isAbove(delay: i64, others: u32, now: i64): bool {
    if (delay < this.settings.target || others <= ETHERNET_LONGEST) {
      this.aboveAt = 0;
      return false;
    }
    if (this.aboveAt == 0) this.aboveAt = now + this.settings.interval;
    return now >= this.aboveAt;
  }

  private begin(now: i64): void {
    const recent = now - this.dropAt < RECENT * this.settings.interval;
    const grown = this.count - this.lastCount;
    this.dropping = true;
    this.count = recent && grown > 1 ? grown : 1;
    this.lastCount = this.count;
    this.dropAt = this.later(now);
  }

  /** The control law: the more packets were dropped, the sooner the next one is. */
  private later(time: i64): i64 {
    return time + (this.settings.interval << 8) / squareRoot((this.count as i64) << 16);
  }
}
