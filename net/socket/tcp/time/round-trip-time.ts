/** The round-trip time and the retransmission timeout computed from it (RFC 6298). */
import { RTO_AFTER_LOST_SYN, RTO_INITIAL, RTO_MARGIN, RTO_MAXIMUM } from "../timing";

@unmanaged
export class RoundTripTime {
  /** SRTT and RTTVAR in microseconds; 0 before the first sample. */
  smoothed: i64;
  variation: i64;
  /** How many times the timeout was doubled since the last sample. */
  backoffs: u32;
  private base: i64;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): RoundTripTime {
    const time = changetype<RoundTripTime>(memory);
    time.base = RTO_INITIAL;
    return time;
  }

  /** Returns RTO in microseconds, doubled by each backoff, at most RTO_MAXIMUM. */
  timeout(): i64 {
    const shift: u32 = this.backoffs < 16 ? this.backoffs : 16;
    const timeout = this.base << shift;
    return timeout < RTO_MAXIMUM ? timeout : RTO_MAXIMUM;
  }

  /** Doubles the timeout (RFC 6298 section 5.5). */
  backOff(): void {
    this.backoffs++;
  }

  /** Starts data with an RTO of 3 s, because the SYN was retransmitted (RFC 6298 section 5.7). */
  afterLostSyn(): void {
    this.base = RTO_AFTER_LOST_SYN;
    this.backoffs = 0;
  }

  /**
   * Takes a sample in microseconds (RFC 6298 sections 2.2 and 2.3). A segment that was sent more
   * than once may be sampled only by the timestamp that its ACK echoes (Karn's algorithm, RFC 7323
   * section 4); `SentSegments` samples none.
   */
  sample(micros: i64): void {
    const time = micros > 0 ? micros : 1;
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
