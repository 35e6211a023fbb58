/** The timer that ends the processor's sleep: one-shot, channel 0 of the 8254, line 0. */
import { NEVER, SECOND } from "../core/time";
import { connect, InterruptHandler } from "./interrupts";
import { PIT_FREQUENCY, startOneShot } from "./pit";

/** The longest shot, in microseconds; later deadlines take several. */
const LONGEST: i64 = 54_000;

/** When the running shot ends, in microseconds since boot; NEVER if none is running. */
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
 * Makes sure that an interrupt comes at `deadline` or before, at most 54 ms from `now`. A shot
 * that ends before the deadline is left running, because register writes cost more than a needless
 * turn. NEVER arms nothing, nor does a deadline that has passed: the caller must not sleep then.
 */
export function arm(deadline: i64, now: i64): void {
  if (deadline == NEVER || deadline <= now) return;
  if (armedFor <= deadline && armedFor > now) return;
  const wait = min<i64>(deadline - now, LONGEST);
  const ticks = ((wait as u64) * PIT_FREQUENCY) / (SECOND as u64);
  armedFor = now + wait;
  startOneShot(max<u32>(ticks as u32, 1));
}
