/** The retransmission timers of a DHCP client (RFC 2131 sections 4.1 and 4.4.5). */
import { Random, randomBelow } from "../../../core/random";
import { earlier, SECOND } from "../../../core/time";
import { Lease } from "./lease";

/** The first and the longest wait for an answer. */
const FIRST_WAIT: i64 = 4 * SECOND;
const LONGEST_WAIT: i64 = 64 * SECOND;
/** The shortest time between two renewals; less for leases under eight minutes. */
export const RENEWAL_WAIT: i64 = 60 * SECOND;

/** Returns the wait after `messages` messages: 4, 8, 16, 32, then 64 s, each +/- up to 1 s. */
export function backOff(random: Random, tries: u32): i64 {
  const wait = tries > 4 ? LONGEST_WAIT : FIRST_WAIT << ((tries - 1) as i64);
  return wait - SECOND + (randomBelow(random, 2 * (SECOND as u32) + 1) as i64);
}

/** Returns half of the time left, at least a minute, or an eighth of a short lease. */
export function untilRetry(lease: Lease, end: i64, now: i64): i64 {
  const least = earlier(RENEWAL_WAIT, ((lease.leaseTime as i64) * SECOND) / 8);
  const half = (end - now) / 2;
  return half > least ? half : least;
}
