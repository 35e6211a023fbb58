/** Clock, timer and interrupts. */
import { logLines } from "../../../core/log";
import {
  connect,
  connectedInterrupts,
  connectMessage,
  dispatch,
  InterruptHandler,
  InterruptKind,
  interruptKindName,
} from "../../../machine/interrupts";
import { Trigger } from "../../../machine/trigger";

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
  interruptName(): string {
    return "counter";
  }
}

let last: Counter = new Counter();

export function counter(line: u32, level: bool): Counter | null {
  const counter = new Counter();
  const trigger = level ? Trigger.LevelLow : Trigger.RisingEdge;
  return connect(line, counter, trigger) != InterruptKind.None ? counter : null;
}
/** Returns the vector of a new message handler, or 0; `lastCalls` counts its calls. */
export function message(): u32 {
  last = new Counter();
  return connectMessage(last, InterruptKind.Msi);
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
/** The interrupts in use: number, kind, count. */
export function list(): string {
  const found = connectedInterrupts();
  const words: Array<string> = [];
  for (let i = 0; i < found.length; i++) {
    const one = found[i];
    words.push(`${one.number} ${interruptKindName(one.kind)} ${one.count}`);
  }
  return words.join(", ");
}
export function logged(): string {
  return logLines().join("\n");
}
