/**
 * Time in the kernel: monotonic microseconds since boot, in an i64. core/, drivers/ and net/ get
 * `now` as an argument; only kernel/ and machine/ read the clock.
 */

/** Units, in microseconds. */
export const MICROSECOND: i64 = 1;
export const MILLISECOND: i64 = 1000;
export const SECOND: i64 = 1_000_000;
export const MINUTE: i64 = 60 * SECOND;

/** Later than any time: a `pollAt` that returns it waits for an arrival only. */
export const NEVER: i64 = i64.MAX_VALUE;

/** Returns the earlier of two times. */
export function earlier(a: i64, b: i64): i64 {
  return a < b ? a : b;
}
