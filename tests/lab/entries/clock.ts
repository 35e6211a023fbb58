/** Clock, timer and interrupts. */
import { connect, dispatch, InterruptHandler } from "../../../machine/interrupts";

export {
  calibrate,
  clockSource,
  frequency,
  now,
  setWallClock,
  wallClock,
} from "../../../machine/clock";
export {
  initInterrupts,
  interruptCount,
  spuriousInterrupts,
  unclaimedInterrupts,
} from "../../../machine/interrupts";
export { arm, initTimer } from "../../../machine/timer";

class Counter implements InterruptHandler {
  calls: u32 = 0;
  interrupt(): void {
    this.calls++;
  }
}

export function counter(line: u32, level: bool): Counter | null {
  const counter = new Counter();
  return connect(line, counter, level) ? counter : null;
}
export function calls(counter: Counter): u32 {
  return counter.calls;
}
export function interrupt(vector: u32): void {
  dispatch(vector);
}
