/**
 * Timestamps (RFC 7323 sections 3 to 5): the clock whose values this host sends, the value of the
 * peer's that it echoes, and the protection against old duplicates (PAWS). All comparisons are
 * modulo 2^32, as both clocks wrap: this one ticks every millisecond and wraps in 49.7 days.
 */
import { MILLISECOND } from "../../../../core/time";
import { NO_SAMPLE } from "../send/sent-segments";
import { atOrBefore, before } from "../sequence";
import { RTO_MAXIMUM, TIMESTAMP_OUTDATED } from "../timing";

@unmanaged
export class Timestamps {
  /** When `recent` was set, in microseconds since boot. */
  private recentAt: i64;
  /** TS.Recent: the peer's timestamp that is echoed. */
  recent: u32;
  /** Last.ACK.sent: the ACK field sent last. */
  private acknowledged: u32;
  /** What is added to the time, so that it reveals neither the uptime nor other connections. */
  offset: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Timestamps {
    return changetype<Timestamps>(memory);
  }

  /** Sets the offset of this host's clock (section 7.1). */
  start(offset: u32): void {
    this.offset = offset;
  }

  /** Takes the timestamp of the peer's SYN. */
  receivedSyn(timestamp: u32, now: i64): void {
    this.recent = timestamp;
    this.recentAt = now;
  }

  /** Returns the value of this host's clock at a time. */
  at(time: i64): u32 {
    return timestampAt(time, this.offset);
  }

  /** Notes that a segment with this ACK field was sent. */
  sent(acknowledgment: u32): void {
    this.acknowledged = acknowledgment;
  }

  /** Reports whether a segment with this timestamp is an old duplicate (section 5.3, R1). */
  isOld(timestamp: u32, now: i64): bool {
    return before(timestamp, this.recent) && now - this.recentAt < TIMESTAMP_OUTDATED;
  }

  /**
   * Takes the timestamp of an acceptable segment, to be echoed, unless the segment lies beyond the
   * last ACK: the echo then measures the delay of the ACK too (section 4.3, 2).
   */
  received(timestamp: u32, sequence: u32, now: i64): void {
    if (!atOrBefore(sequence, this.acknowledged)) return;
    this.recent = timestamp;
    this.recentAt = now;
  }

  /** Reports whether an echo is of a segment sent at `from` or later, and no later than now. */
  isEcho(echo: u32, from: i64, now: i64): bool {
    return atOrBefore(this.at(from), echo) && atOrBefore(echo, this.at(now));
  }

  /** Reports whether an echo is of a segment sent before `time`; false within the same tick. */
  echoesBefore(echo: u32, time: i64): bool {
    return before(echo, this.at(time));
  }

  /**
   * Returns the microseconds since the segment with this timestamp was sent, at least a tick, or
   * NO_SAMPLE if the echo is of the future or older than any round-trip time.
   */
  since(echo: u32, now: i64): i64 {
    const micros = ((this.at(now) - echo) as i64) * MILLISECOND;
    if (micros > RTO_MAXIMUM) return NO_SAMPLE;
    return micros > 0 ? micros : MILLISECOND;
  }
}

/** Returns the value of a clock with this offset at a time in microseconds since boot. */
export function timestampAt(time: i64, offset: u32): u32 {
  return (((time as u64) / (MILLISECOND as u64)) as u32) + offset;
}
