/** Recovery from loss on a connection without data, whose numbers Node advances at will. */

import { ControlBlock } from "../../../net/socket/tcp/control-block";
import { RecoveryPhase } from "../../../net/socket/tcp/loss/recovery-phase";
import { Schedule } from "../../../net/socket/tcp/time/schedule";
import { SequenceRandom } from "./sequence-random";

const SIZE: u32 = 1000;
const block = new ControlBlock(new Schedule(new SequenceRandom()));

/** A connection whose peer has no SACK, with SND.UNA = 1. */
export function open(): void {
  block.sender.start(0);
  block.sender.limit(SIZE, 0);
  block.sender.segments.allocate();
  block.sender.sent(1, 0, 0);
  block.sender.acknowledge(1, 0);
  block.congestion.start(SIZE, false);
  block.recovery.start(false);
}
/** Sends `count` segments. */
export function send(count: u32): void {
  for (let i: u32 = 0; i < count; i++) block.sender.sent(SIZE, SIZE, 0);
}
/** An ACK of `bytes`; 0: a duplicate ACK. */
export function acknowledge(bytes: u32): void {
  const sender = block.sender;
  const ack = block.schedule.ack;
  ack.begin(bytes, sender.flight, bytes == 0);
  sender.segments.beginAck();
  if (bytes > 0) sender.acknowledge(sender.unacknowledged + bytes, 0);
  block.recovery.acknowledged(ack, 1000, 0);
}
/** `rounds` times: `bytes` are sent as one segment and acknowledged. */
export function pass(rounds: u32, bytes: u32): void {
  for (let i: u32 = 0; i < rounds; i++) {
    block.sender.sent(bytes, SIZE, 0);
    acknowledge(bytes);
  }
}
export function isRecovering(): bool {
  return block.recovery.phase == RecoveryPhase.Fast;
}
