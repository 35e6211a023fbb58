/** Handles the ACK field of a segment (RFC 9293 section 3.10.7.4, fifth). */
import { Drop } from "../../../wire/drop";
import { FLAG_FIN } from "../../../wire/tcp";
import { SocketError } from "../../error";
import { ControlBlock } from "../control-block";
import { armFinWait2, armRetransmit } from "../deadlines";
import { isNewAck, isPlausibleAck } from "../receive/acceptance";
import { TcpSegment } from "../segment";
import { NO_SAMPLE } from "../send/sent-segments";
import { TcpEvent, TcpState } from "../state";
import { establish } from "./handshake";

/** Handles the ACK field of a segment that is acceptable or probes a closed window. */
export function receiveAcknowledgment(block: ControlBlock, segment: TcpSegment, now: i64): Drop {
  const sender = block.sender;
  const acknowledgment = segment.acknowledgment;
  const unacknowledged = sender.unacknowledged;
  const isNew = isNewAck(acknowledgment, unacknowledged, sender.maximum);
  if (block.state == TcpState.SynReceived) {
    if (!isNew) {
      segment.refuse();
      return Drop.TcpUnacceptable;
    }
    establish(block, segment, now);
    return Drop.None;
  }
  const largest = sender.largestWindow;
  if (!isPlausibleAck(acknowledgment, unacknowledged, sender.maximum, largest)) {
    block.challenge(now);
    return Drop.TcpUnacceptable;
  }
  const window = segment.window << sender.shift;
  const old = sender.window;
  if (isNew) {
    acknowledged(block, acknowledgment, now);
  } else if (acknowledgment == unacknowledged) {
    const bare = segment.length == 0 && !segment.has(FLAG_FIN);
    if (bare && window == old && window > 0) duplicateAck(block);
  }
  if (((acknowledgment - unacknowledged) as i32) >= 0) {
    sender.updateWindow(segment.sequence, acknowledgment, window);
    if (sender.window > old) block.wake();
  }
  return Drop.None;
}

/** Handles an acknowledgment of something new. */
export function acknowledged(block: ControlBlock, acknowledgment: u32, now: i64): void {
  const sender = block.sender;
  const recovery = block.recovery;
  const flight = sender.maximum - sender.unacknowledged;
  const count = acknowledgment - sender.unacknowledged;
  const sample = sender.acknowledge(acknowledgment, now);
  if (sample != NO_SAMPLE) block.roundTrip.sample(sample);
  block.liveness.progressed(now);
  const size = sender.segmentSize;
  const restarts = recovery.acknowledged(count, acknowledgment, flight, size, now);
  const all = sender.unacknowledged == sender.maximum;
  block.persist.acknowledged(all);
  if (all) block.stopRetransmit();
  else if (restarts) armRetransmit(block, now);
  if (sender.unsent > 0 || sender.finDue || recovery.retransmitDue) block.wake();
  if (sender.finAcknowledged) finAcknowledged(block, now);
}

/** Handles a duplicate ACK, as RFC 5681 section 2 defines it. */
function duplicateAck(block: ControlBlock): void {
  const sender = block.sender;
  const unacknowledged = sender.unacknowledged;
  if (sender.maximum == unacknowledged) return;
  block.recovery.duplicate(unacknowledged, sender.maximum, sender.segmentSize);
  block.wake();
}

function finAcknowledged(block: ControlBlock, now: i64): void {
  const state = block.state;
  block.move(TcpEvent.AckOfFin);
  if (state == TcpState.FinWait1) {
    block.liveness.acted(now);
    armFinWait2(block);
  } else if (state == TcpState.LastAck) {
    block.end(SocketError.None);
  }
}
