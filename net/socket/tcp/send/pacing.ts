/**
 * Pacing: spreads what a sender may send over the round trip, instead of sending it as fast as ACKs
 * arrive, so that short queues of routers do not overflow (as tcp_update_pacing_rate of Linux). A
 * token bucket of one millisecond, but no less than two segments, keeps the timer's turns few.
 */
import { MILLISECOND, SECOND } from "../../../../core/time";

/** Shorter round trips are not paced: a burst that takes no longer than this does no harm. */
const ROUND_TRIP_MINIMUM: i64 = 4 * MILLISECOND;
/** SRTT before the first measurement, as in Linux. */
const ROUND_TRIP_INITIAL: i64 = MILLISECOND;
/** Segments at the start of a connection that are not paced (RFC 6928: the initial window). */
const SEGMENTS_FREE: u32 = 10;
/** A burst: what the rate allows in this time, but at least this many segments. */
const BURST_TIME: i64 = MILLISECOND;
const BURST_SEGMENTS: u32 = 2;
/** The longest time for which a pause is credited; bounds products. */
const CREDIT_TIME: i64 = 8 * SECOND;
/** More than is ever sent in one turn. */
const UNLIMITED: i32 = i32.MAX_VALUE;
/** The value of `most` without a limit. */
export const ANY_RATE: u32 = u32.MAX_VALUE;

@unmanaged
export class Pacing {
  /** SO_MAX_PACING_RATE: bytes per second, or ANY_RATE. */
  most: u32;
  /** Bytes that may be sent now; negative if the last segment exceeded them. */
  private left: i32;
  /** The rate in bytes per second, and the burst in bytes, of this turn. */
  private rate: u64;
  private burst: u32;
  private filledAt: i64;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Pacing {
    const pacing = changetype<Pacing>(memory);
    pacing.most = ANY_RATE;
    pacing.left = UNLIMITED;
    return pacing;
  }

  /** Sets SO_MAX_PACING_RATE. */
  limit(most: u32): void {
    this.most = most;
  }

  /** Whether nothing may be sent until `readyAt`. */
  get spent(): bool {
    return this.left <= 0;
  }

  /** Reports whether a connection with this SRTT that has sent `segments` of data is paced. */
  applies(smoothed: i64, segments: u32): bool {
    return (smoothed >= ROUND_TRIP_MINIMUM && segments >= SEGMENTS_FREE) || this.most != ANY_RATE;
  }

  /** This turn is not paced. */
  pass(): void {
    this.left = UNLIMITED;
  }

  /**
   * A turn begins, in which `rate` bytes per second are allowed: as many bytes may be sent as the
   * rate has allowed since the last turn, up to a burst.
   */
  fill(rate: u64, segmentSize: u32, now: i64): void {
    const elapsed = min(now - this.filledAt, CREDIT_TIME) as u64;
    const burst = max(BURST_SEGMENTS * segmentSize, ((rate * BURST_TIME) / SECOND) as u32);
    const filled = (this.left as i64) + (((elapsed * rate) / SECOND) as i64);
    this.left = min(filled, burst as i64) as i32;
    this.rate = rate;
    this.burst = burst;
    this.filledAt = now;
  }

  /** A segment with `length` bytes of data was sent. */
  sent(length: u32): void {
    this.left -= length;
  }

  /** Returns when the next burst may be sent. */
  readyAt(): i64 {
    const missing = ((this.burst as i32) - this.left) as u64;
    return (this.filledAt + (missing * SECOND + this.rate - 1) / this.rate) as i64;
  }
}

/**
 * Returns the rate in bytes per second at which `window` bytes are sent in a part of SRTT: `ratio`
 * percent of the window each round trip.
 */
export function pacingRate(window: u32, ratio: u32, smoothed: i64): u64 {
  const roundTrip = (smoothed > 0 ? smoothed : ROUND_TRIP_INITIAL) as u64;
  return ((window as u64) * ratio * (SECOND / 100)) / roundTrip + 1;
}
