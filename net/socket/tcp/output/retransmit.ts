/** Retransmits lost segments, and the last one as a tail loss probe (RFC 8985 section 7.3). */
import { FLAG_ACK, FLAG_FIN, FLAG_PSH } from "../../../wire/tcp";
import { PacketSink } from "../../sink";
import { ControlBlock } from "../control-block";
import { TcpCounter } from "../counters";
import { armTimeout } from "../deadlines";
import { RecoveryPhase } from "../loss/recovery-phase";
import { before } from "../sequence";
import { sendSegment } from "./emit";
import { waitForPace } from "./pace";
import { countRetransmission } from "./sent";

/** Retransmits lost segments as far as cwnd allows. Returns false if the sink is busy. */
export function retransmitLost(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const sender = block.sender;
  const segments = sender.segments;
  const recovery = block.recovery;
  if (!recovery.repairs) return true;
  for (let i = segments.nextLost(0); i < segments.count; i = segments.nextLost(i + 1)) {
    const from = segments.startOf(i);
    const fits = cut(block, i, from, now);
    const size = segments.endOf(i) - from;
    const beyond = before(sender.unacknowledged + sender.window, from + size);
    if (!fits || (beyond && recovery.pipe == 0)) {
      // There is no record for a second half, or the window has shrunk: start over.
      sender.rewind();
      recovery.recut();
      return true;
    }
    if ((beyond || recovery.room < size) && recovery.pipe > 0) return true;
    if (block.pacing.spent) {
      waitForPace(block);
      return true;
    }
    if (!resend(block, sink, i, now)) return false;
    const fast = recovery.phase == RecoveryPhase.Fast;
    block.schedule.counters.add(fast ? TcpCounter.FastRetrans : TcpCounter.SlowStartRetrans);
  }
  return true;
}

/**
 * Cuts a segment that is too large to be sent again, because the MTU was lowered or because it was
 * a probe of the path MTU. Returns false if it is still too large.
 */
function cut(block: ControlBlock, index: u32, from: u32, now: i64): bool {
  const sender = block.sender;
  const segments = sender.segments;
  const size = segments.endOf(index) - from;
  if (size <= sender.segmentSize + (sender.closing ? 1 : 0)) return true;
  if (sender.pathMtu.cut(from)) {
    const schedule = block.schedule;
    schedule.counters.add(TcpCounter.MTUPFail);
    schedule.pathMtus.learn(block.endpoints.remote, sender.packetSize, now);
  }
  if (segments.full && !sender.growRecord()) return false;
  segments.split(index, from + sender.segmentSize);
  return true;
}

/**
 * Retransmits the last segment in flight, if there is one, to provoke an ACK. Returns false if the
 * sink is busy.
 */
export function retransmitLast(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const segments = block.sender.segments;
  const recovery = block.recovery;
  if (segments.count == 0) {
    recovery.requestProbe(false);
    return true;
  }
  if (!resend(block, sink, segments.count - 1, now)) return false;
  recovery.probed(true);
  return true;
}

function resend(block: ControlBlock, sink: PacketSink, index: u32, now: i64): bool {
  const sender = block.sender;
  const segments = sender.segments;
  const from = segments.startOf(index);
  const to = segments.endOf(index);
  const fin = before(sender.end, to);
  const length = to - from - (fin ? 1 : 0);
  const push = length > 0 && from + length == sender.end;
  const flags = FLAG_ACK | (push ? FLAG_PSH : 0) | (fin ? FLAG_FIN : 0);
  if (!sendSegment(block, sink, from, length, flags, now)) return false;
  segments.resend(index, now);
  block.pacing.sent(length);
  block.recovery.sent(to - from, true, now);
  countRetransmission(block, length);
  if (index == 0) armTimeout(block, now);
  return true;
}
