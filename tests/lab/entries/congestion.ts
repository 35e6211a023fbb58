/** The congestion controllers (net/socket/tcp/congestion/), driven by Node. */
import { CongestionController } from "../../../net/socket/tcp/congestion/controller";
import { CUBIC_PARTS_BYTES, Cubic, cubeRoot } from "../../../net/socket/tcp/congestion/cubic";
import { NewReno } from "../../../net/socket/tcp/congestion/new-reno";
import { TcpCounter, TcpCounters } from "../../../net/socket/tcp/counters";

export { cubeRoot };

let controller: CongestionController = new NewReno();
let counters: TcpCounters = new TcpCounters();

function begin(chosen: CongestionController, segmentSize: u32): void {
  controller = chosen;
  controller.start(segmentSize, false);
}
export function cubic(segmentSize: u32): void {
  counters = new TcpCounters();
  const parts = heap.alloc(CUBIC_PARTS_BYTES);
  memory.fill(parts, 0, CUBIC_PARTS_BYTES);
  begin(new Cubic(parts, counters), segmentSize);
}
/** How often HyStart++ ended a slow start, and the segments of cwnd then. */
export function slowStartsEnded(): u64 {
  return counters.of(TcpCounter.HystartDelayDetect);
}
export function slowStartSegments(): u64 {
  return counters.of(TcpCounter.HystartDelayCwnd);
}
export function newReno(segmentSize: u32): void {
  begin(new NewReno(), segmentSize);
}
export function cwnd(): u32 {
  return controller.window();
}
export function ssthresh(): u32 {
  return controller.threshold();
}
export function measured(micros: i64): void {
  controller.measured(micros, micros);
}
export function acknowledged(count: u32, flight: u32, segmentSize: u32, now: i64): void {
  controller.acknowledged(count, flight - count, flight, false, segmentSize, now);
}
/** A loss and its fast recovery. */
export function lost(flight: u32, segmentSize: u32): void {
  controller.remember();
  controller.lossDetected(flight, segmentSize);
  controller.recovered(controller.threshold());
}
export function timedOut(flight: u32, segmentSize: u32): void {
  controller.remember();
  controller.timedOut(flight, segmentSize, false);
}
export function restore(): void {
  controller.restore();
}
export function idle(segmentSize: u32, timeouts: u32): void {
  controller.restartedAfterIdle(segmentSize, timeouts);
}
