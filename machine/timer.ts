/** The timer that ends the processor's sleep: one shot of the 8254's channel 0, on line 0. */
import { NEVER, SECOND } from "../core/time";
import { connect, InterruptHandler } from "./interrupts";
import { PIT_FREQUENCY, startOneShot } from "./pit";

/** The longest that one shot lasts, in microseconds; what is further off is armed again then. */
const LONGEST: i64 = 54_000;

/** When the running shot ends, or NEVER when none is running. */
let armedFor: i64 = NEVER;

class TimerHandler implements InterruptHandler {
  interrupt(): void {
    armedFor = NEVER;
  }
}

/** Connects the timer's line. */
export function initTimer(): void {
  armedFor = NEVER;
  connect(0, new TimerHandler(), false);
}

/**
 * Makes sure that an interrupt comes at `deadline` or before: 54 ms from `now` at the latest if
 * the deadline is further off. A shot that ends early enough already is left running, for
 * register writes cost more than one turn too many. A deadline that is NEVER or has passed arms
 * nothing: it is up to the caller not to sleep then.
 */
export function arm(deadline: i64, now: i64): void {
  if (deadline == NEVER || deadline <= now) return;
  if (armedFor <= deadline && armedFor > now) return;
  const wait = min<i64>(deadline - now, LONGEST);
  const ticks = ((wait as u64) * PIT_FREQUENCY) / (SECOND as u64);
  armedFor = now + wait;
  startOneShot(max<u32>(ticks as u32, 1));
}
