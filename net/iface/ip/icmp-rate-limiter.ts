/**
 * Limits the rate of ICMP errors sent (RFC 1812 section 4.3.2.8), with token buckets chosen by
 * destination and one bucket for all. Tokens come at random intervals, because a limit that others
 * can predict is a side channel (CVE-2020-25705).
 */
import { ICMP_BUCKETS } from "../../../core/limits";
import { Random } from "../../../core/random";
import { Ipv4Address } from "../../wire/address";

/**
 * Mean microseconds between errors to one destination, and how many intervals a burst may run
 * ahead: about nine errors go out at once.
 */
const DESTINATION_INTERVAL: u32 = 100_000;
const DESTINATION_BURST: i64 = 8;
/** The same for all destinations together. */
const INTERVAL: u32 = 1000;
const BURST: i64 = 50;

export class IcmpLimiter {
  /** When each bucket is full again. */
  private readonly fullAt: StaticArray<i64> = new StaticArray<i64>(ICMP_BUCKETS);
  private allFullAt: i64 = 0;
  private readonly secret: u32;

  constructor(private readonly random: Random) {
    this.secret = random.next32() | 1;
  }

  /** Reports whether an error may be sent to `destination` now, and counts it if so. */
  allow(now: i64, destination: Ipv4Address): bool {
    const bucket = ((destination ^ (this.secret >>> 3)) * this.secret) >>> 26;
    const own = this.fullAt[bucket & (ICMP_BUCKETS - 1)];
    const ownFrom = own > now ? own : now;
    if (ownFrom - now > DESTINATION_BURST * DESTINATION_INTERVAL) return false;
    const allFrom = this.allFullAt > now ? this.allFullAt : now;
    if (allFrom - now > BURST * INTERVAL) return false;
    this.fullAt[bucket & (ICMP_BUCKETS - 1)] = ownFrom + this.spread(DESTINATION_INTERVAL);
    this.allFullAt = allFrom + this.spread(INTERVAL);
    return true;
  }

  /** Returns a random time between 0.5 and 1.5 times `interval`. */
  private spread(interval: u32): i64 {
    return ((interval >>> 1) + ((((this.random.next32() as u64) * interval) >> 32) as u32)) as i64;
  }
}
