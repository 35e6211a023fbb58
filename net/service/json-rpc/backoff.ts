/**
 * Delays before a request is sent again: they double, with jitter, so that the clients of a server
 * that was down do not all return at once.
 */
import { Random, randomBelow } from "../../../core/random";
import { SECOND } from "../../../core/time";

const FIRST: i64 = 1 * SECOND;
const LONGEST: i64 = 60 * SECOND;

export class Backoff {
  private base: i64 = FIRST;

  constructor(private readonly random: Random) {}

  /**
   * Returns the next delay in microseconds: between half and all of 1 s, 2 s, 4 s up to 60 s, but
   * at least `retryAfter` seconds (negative if the server named none).
   */
  next(retryAfter: i64 = -1): i64 {
    const half = (this.base / 2) as u32;
    const delay = (half as i64) + randomBelow(this.random, half + 1);
    this.base = min(2 * this.base, LONGEST);
    return max(delay, retryAfter * SECOND);
  }

  /** Starts over with the first delay. */
  reset(): void {
    this.base = FIRST;
  }
}
