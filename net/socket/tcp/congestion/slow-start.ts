/**
 * HyStart++ (RFC 9406): ends the first slow start before it overflows the queue of the path. When
 * the round-trip time rises, cwnd grows more slowly for some rounds (CSS); unless the time falls
 * again, congestion avoidance follows. L, the most segments that one ACK counts for, is infinite
 * (section 4.3), as pacing keeps an ACK for much data from causing a burst.
 */
import { MILLISECOND, NEVER } from "../../../../core/time";

// The constants of section 4.3.
const THRESHOLD_MINIMUM: i64 = 4 * MILLISECOND;
const THRESHOLD_MAXIMUM: i64 = 16 * MILLISECOND;
const SAMPLES: u32 = 8;
const GROWTH_DIVISOR: u32 = 4;
const CONSERVATIVE_ROUNDS: u32 = 5;

@unmanaged
export class SlowStart {
  /** Bytes to be acknowledged until this round trip is over. */
  private roundLeft: u32;
  /** How many round-trip times this round has, and the minima of this round and of the last. */
  private samples: u32;
  private minimum: i64;
  private lastMinimum: i64;
  /** The minimum when CSS began; NEVER outside CSS. */
  private baseline: i64;
  /** Rounds left in CSS. */
  private roundsLeft: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): SlowStart {
    const slowStart = changetype<SlowStart>(memory);
    slowStart.minimum = NEVER;
    slowStart.lastMinimum = NEVER;
    slowStart.baseline = NEVER;
    return slowStart;
  }

  /** Takes a round-trip time in microseconds. */
  measured(roundTrip: i64): void {
    this.samples++;
    if (roundTrip < this.minimum) this.minimum = roundTrip;
  }

  /**
   * An ACK covered `count` bytes and left `flight` bytes in flight. Returns by how many bytes cwnd
   * grows; 0 if slow start is over.
   */
  acknowledged(count: u32, flight: u32): u32 {
    this.judge();
    if (count < this.roundLeft) {
      this.roundLeft -= count;
    } else {
      if (this.baseline != NEVER && --this.roundsLeft == 0) return 0;
      this.roundLeft = flight;
      this.samples = 0;
      this.lastMinimum = this.minimum;
      this.minimum = NEVER;
    }
    return this.baseline == NEVER ? count : (count + GROWTH_DIVISOR - 1) / GROWTH_DIVISOR;
  }

  /** Enters or leaves CSS if this round has enough samples to tell (section 4.2). */
  private judge(): void {
    if (this.samples < SAMPLES) return;
    if (this.baseline != NEVER) {
      if (this.minimum < this.baseline) this.baseline = NEVER;
      return;
    }
    const last = this.lastMinimum;
    if (last == NEVER) return;
    const eighth = last >> 3;
    const rise = min(max(eighth, THRESHOLD_MINIMUM), THRESHOLD_MAXIMUM);
    if (this.minimum < last + rise) return;
    this.baseline = this.minimum;
    this.roundsLeft = CONSERVATIVE_ROUNDS;
  }
}
