/**
 * How many ICMP errors may be sent (RFC 1812 section 4.3.2.8): a bucket for each destination
 * and one for all, both refilled at random intervals, for a limit that others can count is a side
 * channel (CVE-2020-25705).
 */
import { ICMP_BUCKETS } from "../../../core/limits";
import { Random } from "../../../core/random";
import { Ipv4Address } from "../../wire/address";

/** Microseconds for one error to one destination, and errors that may come in a row. */
const DESTINATION_INTERVAL: u32 = 100_000;
const DESTINATION_BURST: i64 = 8;
/** The same for all destinations together. */
const INTERVAL: u32 = 1000;
const BURST: i64 = 50;

export class IcmpLimiter {
  /** When each bucket will be full again. */
  private readonly fullAt: StaticArray<i64> = new StaticArray<i64>(ICMP_BUCKETS);
  private allFullAt: i64 = 0;
  private readonly secret: u32;

  constructor(private readonly random: Random) {
    this.secret = random.next32() | 1;
  }

  /** True when an error may go to `destination` now; it is then counted. */
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

  /** A random time between half of `interval` and one and a half. */
  private spread(interval: u32): i64 {
    return ((interval >>> 1) + ((((this.random.next32() as u64) * interval) >> 32) as u32)) as i64;
  }
}
