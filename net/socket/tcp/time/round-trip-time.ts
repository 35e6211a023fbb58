/** The retransmission time-out (RFC 6298), measured by one segment at a time (Karn's rule). */
import { RTO_AFTER_LOST_SYN, RTO_INITIAL, RTO_MARGIN, RTO_MAXIMUM } from "../timing";

export class RttEstimator {
  /** SRTT and RTTVAR in microseconds; 0 before the first measurement. */
  smoothed: i64 = 0;
  variation: i64 = 0;
  /** How often the time-out was doubled since the last measurement. */
  backoffs: u32 = 0;
  private base: i64 = RTO_INITIAL;
  /** The sequence number whose ACK ends the running measurement. */
  private timedSequence: u32 = 0;
  private timedSince: i64 = 0;
  private timing: bool = false;

  /** RTO in microseconds, doubled by each backoff, at most RTO_MAXIMUM. */
  timeout(): i64 {
    const shift: u32 = this.backoffs < 16 ? this.backoffs : 16;
    const timeout = this.base << shift;
    return timeout < RTO_MAXIMUM ? timeout : RTO_MAXIMUM;
  }

  /** A segment that ends at `sequence` goes out for the first time. */
  sent(sequence: u32, now: i64): void {
    if (this.timing) return;
    this.timing = true;
    this.timedSequence = sequence;
    this.timedSince = now;
  }

  /** Everything before `acknowledgment` has arrived. */
  acknowledged(acknowledgment: u32, now: i64): void {
    if (!this.timing || ((acknowledgment - this.timedSequence) as i32) < 0) return;
    this.timing = false;
    this.measured(now - this.timedSince);
  }

  /** Something is sent again: what is in flight cannot be measured any more (Karn). */
  retransmitted(): void {
    this.timing = false;
  }

  /** Doubles the time-out (RFC 6298 section 5.5). */
  backOff(): void {
    this.timing = false;
    this.backoffs++;
  }

  /** The SYN had to be repeated: data starts with 3 s (RFC 6298 section 5.7). */
  afterLostSyn(): void {
    this.base = RTO_AFTER_LOST_SYN;
    this.backoffs = 0;
  }

  /** One measurement in microseconds (RFC 6298 sections 2.2 and 2.3). */
  private measured(sample: i64): void {
    const time = sample > 0 ? sample : 1;
    if (this.smoothed == 0) {
      this.smoothed = time;
      this.variation = time >> 1;
    } else {
      const error = time > this.smoothed ? time - this.smoothed : this.smoothed - time;
      this.variation += (error - this.variation) >> 2;
      const smoothed = this.smoothed + ((time - this.smoothed) >> 3);
      this.smoothed = smoothed > 0 ? smoothed : 1;
    }
    const margin = this.variation << 2;
    this.base = this.smoothed + (margin > RTO_MARGIN ? margin : RTO_MARGIN);
    this.backoffs = 0;
  }
}
