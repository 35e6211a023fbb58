/** Notes what a connection has sent. */
import { ControlBlock } from "../control-block";
import { TcpCounter } from "../counters";

/** Advances SND.NXT by `count`, of which `length` are bytes of data. */
export function noteSent(block: ControlBlock, count: u32, length: u32, now: i64): void {
  const again = block.sender.sent(count, length, now);
  block.pacing.sent(length);
  if (again) countRetransmission(block, length);
  else if (length > 0) block.schedule.counters.add(TcpCounter.OrigDataSent);
  block.recovery.sent(count, again, now);
}

/** Counts a retransmission with `length` bytes of data. */
export function countRetransmission(block: ControlBlock, length: u32): void {
  block.statistics.resent(length);
  block.schedule.counters.add(TcpCounter.RetransSegs);
}
