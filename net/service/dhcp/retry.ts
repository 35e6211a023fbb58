/** The retransmission timers of a DHCP client (RFC 2131 sections 4.1 and 4.4.5). */
import { Random, randomBelow } from "../../../core/random";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { Lease } from "./lease";

/** The first and the longest wait for a reply. */
const FIRST_WAIT: i64 = 4 * SECOND;
const LONGEST_WAIT: i64 = 64 * SECOND;
/** The wait after a DECLINE, the shortest that is allowed (section 3.1 point 5). */
export const DECLINE_WAIT: i64 = 10 * SECOND;
/** The maximum wait for RELEASE to be sent. */
export const RELEASE_WAIT: i64 = SECOND;
/** The shortest wait between two renewal attempts; less for leases under eight minutes. */
export const RENEWAL_WAIT: i64 = 60 * SECOND;

/**
 * Returns the wait after message number `tries` (from 1), in microseconds: 4, 8, 16, 32, then
 * 64 s, each plus or minus up to 1 s (section 4.1).
 */
export function backOff(random: Random, tries: u32): i64 {
  const wait = tries > 4 ? LONGEST_WAIT : FIRST_WAIT << ((tries - 1) as i64);
  return wait - SECOND + (randomBelow(random, 2 * (SECOND as u32) + 1) as i64);
}

/**
 * Returns when to retry a renewal: after half of the time left until `end`, but no sooner than a
 * minute (section 4.4.5) or, if shorter, an eighth of the lease time, and no later than `end`.
 */
export function retryAt(lease: Lease, end: i64, now: i64): i64 {
  if (end == NEVER) return now + RENEWAL_WAIT;
  const least = earlier(RENEWAL_WAIT, ((lease.leaseTime as i64) * SECOND) / 8);
  const half = (end - now) / 2;
  return earlier(end, now + max(half, least));
}
