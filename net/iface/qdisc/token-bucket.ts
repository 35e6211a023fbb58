/**
 * A token bucket: an average rate and a burst. Sending is allowed unless the bucket is in debt, and
 * a packet may put it in debt. So no packet is too long for its bucket, and the length of the next
 * one need not be known. Over any time t, at most burst + rate * t bytes and one packet pass.
 */
import { MINUTE, SECOND } from "../../../core/time";

/** Tokens for one byte. With this unit a microsecond adds `rate` tokens, and nothing is rounded. */
const BYTE: i64 = SECOND;
/**
 * The deepest debt, in microseconds (Linux: mbuffer). What classes below a class send by their own
 * tokens is charged to it as well, and may put it deep in debt.
 */
const DEBT: i64 = MINUTE;

export class TokenBucket {
  private tokens: i64;
  private filledAt: i64 = 0;
  private readonly capacity: i64;
  /** After this time the bucket is full, however deep its debt was. */
  private readonly fillTime: i64;

  /** `rate` is in bytes per second, at least 1; the bucket is full at first. */
  constructor(
    readonly rate: u64,
    readonly burst: u32,
  ) {
    const capacity = (burst as i64) * BYTE;
    this.capacity = capacity;
    this.tokens = capacity;
    this.fillTime = capacity / (rate as i64) + DEBT;
  }

  /** Reports whether a packet may be sent at `now`. */
  allows(now: i64): bool {
    const passed = now - this.filledAt;
    if (passed > 0) {
      this.filledAt = now;
      const full = passed > this.fillTime;
      const tokens = full ? this.capacity : this.tokens + passed * (this.rate as i64);
      this.tokens = min(tokens, this.capacity);
    }
    return this.tokens >= 0;
  }

  /** Takes the tokens of a packet of `length` bytes. */
  take(length: u32): void {
    this.tokens = max(this.tokens - (length as i64) * BYTE, -DEBT * (this.rate as i64));
  }

  /** Returns when a packet may be sent, as of the last call of `allows`. */
  readyAt(): i64 {
    if (this.tokens >= 0) return this.filledAt;
    const rate = this.rate as i64;
    return this.filledAt + (rate - 1 - this.tokens) / rate;
  }

  /** The tokens as `tc -s class` prints them: as time, in ticks of 64 nanoseconds. */
  get ticks(): i64 {
    return ((this.tokens / (this.rate as i64)) * 125) / 8;
  }
}
