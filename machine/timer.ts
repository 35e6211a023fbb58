/** The wake-up timer: channel 0 of the 8254 in one-shot mode, on interrupt line 0. */
import { NEVER, SECOND } from "../core/time";
import { connect, InterruptHandler } from "./interrupts";
import { PIT_FREQUENCY, startOneShot } from "./pit";
import { Trigger } from "./trigger";

/** The longest interval, in microseconds; a later deadline takes several. */
const LONGEST: i64 = 54_000;

/** When the timer fires, in microseconds since boot; NEVER if it is not armed. */
let armedFor: i64 = NEVER;

class TimerHandler implements InterruptHandler {
  interrupt(): void {
    armedFor = NEVER;
  }
  interruptName(): string {
    return "timer";
  }
}

/** Connects the timer's interrupt. */
export function initTimer(): void {
  armedFor = NEVER;
  connect(0, new TimerHandler(), Trigger.RisingEdge);
}

/**
 * Arms the timer to interrupt at `deadline`, or 54 ms after `now` if that is earlier. A timer that
 * already fires before `deadline` is left alone: an unnecessary turn costs less than register
 * writes. Does nothing if `deadline` is NEVER or has passed; if it has, the caller must not sleep.
 */
export function arm(deadline: i64, now: i64): void {
  if (deadline == NEVER || deadline <= now) return;
  if (armedFor <= deadline && armedFor > now) return;
  const wait = min<i64>(deadline - now, LONGEST);
  const ticks = ((wait as u64) * PIT_FREQUENCY) / (SECOND as u64);
  armedFor = now + wait;
  startOneShot(max<u32>(ticks as u32, 1));
}
