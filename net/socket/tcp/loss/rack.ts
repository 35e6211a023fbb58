/**
 * RACK (RFC 8985): a segment is lost if one sent later has arrived and it is overdue by more than
 * the reordering window, which adapts to the path.
 */
import { MINUTE, NEVER } from "../../../../core/time";
import { SentSegments } from "../send/sent-segments";
import { before } from "../sequence";
import { DUPLICATES } from "./duplicate-acks";

/** How long the minimum round-trip time is kept unless it is reached again. */
const MINIMUM_AGE: i64 = 5 * MINUTE;
/** Recoveries after which a widened reordering window shrinks again (section 6.2, step 4). */
const PERSIST: u32 = 16;
/** The largest reordering window, in quarters of the minimum round-trip time. */
const QUARTERS: u32 = 64;

@unmanaged
export class Rack {
  /** Of the segments that have arrived, the one sent last: when it was sent, and its end. */
  private sentAt: i64;
  private end: u32;
  /** The round-trip time of that segment, and the minimum over some minutes. */
  private roundTrip: i64;
  minimum: i64;
  private minimumAt: i64;
  /** Whether the network is known to reorder. */
  reordering: bool;
  /** The reordering window in quarters of the minimum round-trip time, less one. */
  private widened: u32;
  /** Recoveries until the window shrinks again. */
  private persist: u32;
  /** SND.NXT when the window was last widened: at most once a round trip. */
  private round: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Rack {
    return changetype<Rack>(memory);
  }

  /**
   * Takes over what the last ACK showed (section 6.2, steps 1 to 3); `original` if its timestamp
   * shows that the original of a retransmitted segment has arrived.
   */
  update(segments: SentSegments, original: bool, now: i64): void {
    const sample = segments.sample;
    if (
      sample >= 0 &&
      (sample <= this.minimum || now - this.minimumAt > MINIMUM_AGE || this.minimumAt == 0)
    ) {
      this.minimum = sample > 0 ? sample : 1;
      this.minimumAt = now;
    }
    if (segments.reordered) this.reordering = true;
    const sentAt = segments.newestAt;
    if (sentAt == 0 || original) return;
    const time = now - sentAt;
    // An ACK that arrives too soon after a retransmission acknowledges the original one.
    if (segments.newestRetransmitted && time < this.minimum) return;
    this.roundTrip = time;
    if (sentAt < this.sentAt) return;
    if (sentAt == this.sentAt && before(segments.newestEnd, this.end)) return;
    this.sentAt = sentAt;
    this.end = segments.newestEnd;
  }

  /** A D-SACK reported a needless retransmission: the window was too small (step 4). */
  widen(una: u32, next: u32): void {
    if (this.widened > 0 && before(una, this.round)) return;
    this.round = next;
    if (this.widened + 1 < QUARTERS) this.widened++;
    this.persist = PERSIST;
    this.reordering = true;
  }

  /** A recovery is over. */
  recovered(): void {
    if (this.persist == 0) return;
    if (--this.persist == 0) this.widened = 0;
  }

  /**
   * Marks overdue segments as lost (step 5). Returns when to look again, or NEVER. `smoothed` is
   * SRTT; `recovering` is true during a recovery.
   */
  detect(segments: SentSegments, segmentSize: u32, smoothed: i64, recovering: bool, now: i64): i64 {
    if (this.sentAt == 0 || segments.sacked + segments.resent == 0) return NEVER;
    let window: i64 = 0;
    const many = segments.sacked >= DUPLICATES * segmentSize;
    if (this.reordering || !(recovering || many)) {
      window = (this.minimum >> 2) * ((this.widened + 1) as i64);
      if (window > smoothed) window = smoothed;
    }
    const wait = segments.loseOverdue(this.sentAt, this.end, this.roundTrip + window, now);
    return wait == 0 ? NEVER : now + wait;
  }
}
