/** Clock, timer and interrupts. */
import { connect, connectMessage, dispatch, InterruptHandler } from "../../../machine/interrupts";

export {
  calibrate,
  clockSource,
  frequency,
  now,
  setWallClock,
  wallClock,
} from "../../../machine/clock";
export {
  disconnectMessage,
  initInterrupts,
  interruptCount,
  spuriousInterrupts,
  unclaimedInterrupts,
} from "../../../machine/interrupts";
export { messageAddress } from "../../../machine/local-apic";
export { arm, initTimer } from "../../../machine/timer";

class Counter implements InterruptHandler {
  calls: u32 = 0;
  interrupt(): void {
    this.calls++;
  }
}

let last: Counter = new Counter();

export function counter(line: u32, level: bool): Counter | null {
  const counter = new Counter();
  return connect(line, counter, level) ? counter : null;
}
/** Returns the vector of a new handler of messages, or 0; `calls` of `last` are its calls. */
export function message(): u32 {
  last = new Counter();
  return connectMessage(last);
}
export function lastCalls(): u32 {
  return last.calls;
}
export function calls(counter: Counter): u32 {
  return counter.calls;
}
export function interrupt(vector: u32): void {
  dispatch(vector);
}
