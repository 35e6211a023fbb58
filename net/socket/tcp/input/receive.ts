/**
 * Handles segments for a connection: the steps first to eighth of RFC 9293 section 3.10.7.4, with
 * RFC 5961, and the shortcut that nearly all segments take in ESTABLISHED.
 */
import { Drop } from "../../../wire/drop";
import { CONGESTION_EXPERIENCED } from "../../../wire/ipv4";
import { FLAG_ACK, FLAG_FIN, FLAG_PSH, FLAG_RST, FLAG_SYN, FLAG_URG } from "../../../wire/tcp";
import { SocketError } from "../../error";
import { ControlBlock } from "../control-block";
import { TcpCounter } from "../counters";
import { RecoveryPhase } from "../loss/recovery-phase";
import { isAcceptable, isNewAck } from "../receive/acceptance";
import { TcpSegment } from "../segment";
import { before } from "../sequence";
import { receivesData, TcpEvent, TcpState } from "../state";
import { RTO_MARGIN } from "../timing";
import { acknowledged, receiveAcknowledgment } from "./acknowledgment";
import { echoesSyn, receiveInSynSent } from "./handshake";

/** Handles one segment. Sets `segment.refused` if it must be answered with a RST. */
export function receiveSegment(block: ControlBlock, segment: TcpSegment, now: i64): Drop {
  block.statistics.arrived(segment.length, now);
  if (block.state == TcpState.Established && predicted(block, segment, now)) return Drop.None;
  if (block.state == TcpState.SynSent) {
    const drop = receiveInSynSent(block, segment, now);
    if (block.wasEstablished) receiveText(block, segment, segment.sequence + 1, now);
    return drop;
  }
  const timestamped = segment.timestamped && block.negotiated.timestamps;
  if (timestamped && !segment.has(FLAG_RST)) {
    const drop = checkTimestamp(block, segment, now);
    if (drop != Drop.None) return drop;
  }
  const receiver = block.receiver;
  if (!isAcceptable(segment.sequence, segment.span, receiver.next, receiver.window)) {
    return receiveUnacceptable(block, segment, now);
  }
  block.liveness.heard(now);
  if (segment.has(FLAG_RST)) return receiveReset(block, segment, now);
  if (segment.has(FLAG_SYN)) return receiveSyn(block, segment, now);
  if (!segment.has(FLAG_ACK)) return Drop.TcpUnacceptable;
  const drop = receiveAcknowledgment(block, segment, now);
  if (drop != Drop.None || block.state == TcpState.Closed) return drop;
  if (timestamped) block.timestamps.received(segment.timestamp, segment.sequence, now);
  if (segment.has(FLAG_URG)) receiveUrgent(block, segment);
  const ecn = block.ecn;
  const news = ecn.agreed && segment.length > 0 && ecn.received(segment.flags, segment.ecn);
  const result = receiveText(block, segment, segment.sequence, now);
  if (news) block.acknowledge();
  return result;
}

/**
 * Header prediction (Van Jacobson): handles the next segment in order if it brings only data or
 * only an ACK, and nothing else needs attention (window, gap, loss). Otherwise returns false.
 */
function predicted(block: ControlBlock, segment: TcpSegment, now: i64): bool {
  const receiver = block.receiver;
  const sender = block.sender;
  const sequence = segment.sequence;
  if ((segment.flags & ~FLAG_PSH) != FLAG_ACK || sequence != receiver.next) return false;
  if (segment.ecn == CONGESTION_EXPERIENCED) return false;
  if (segment.window << sender.shift != sender.window) return false;
  if (segment.hasOptions && segment.options.sackBlocks > 0) return false;
  const timestamped = block.negotiated.timestamps;
  if (timestamped) {
    if (!segment.timestamped || block.timestamps.isOld(segment.timestamp, now)) return false;
  }
  const acknowledgment = segment.acknowledgment;
  const length = segment.length;
  if (length == 0) {
    if (!isNewAck(acknowledgment, sender.unacknowledged, sender.maximum)) return false;
    if (block.recovery.phase != RecoveryPhase.Open) return false;
    acknowledged(block, segment, now);
    block.schedule.counters.add(TcpCounter.HPAcks);
  } else {
    if (acknowledgment != sender.unacknowledged) return false;
    if (length > receiver.window || block.orphaned) return false;
    if (!receiver.append(segment.payload, length)) return false;
    receivedInOrder(block, length, length, now);
    block.schedule.counters.add(TcpCounter.HPHits);
  }
  if (timestamped) block.timestamps.received(segment.timestamp, sequence, now);
  sender.confirmWindow(sequence, acknowledgment);
  block.liveness.heard(now);
  return true;
}

/**
 * Checks timestamps before anything else (PAWS, RFC 7323 section 5.3, R1): an old duplicate draws
 * an ACK. So does an ACK of the SYN,ACK that echoes no transmission of it. A segment without a
 * timestamp passes, as with Linux and FreeBSD: some hosts and middleboxes omit it.
 */
function checkTimestamp(block: ControlBlock, segment: TcpSegment, now: i64): Drop {
  const counters = block.schedule.counters;
  if (block.timestamps.isOld(segment.timestamp, now)) {
    counters.add(TcpCounter.PAWSEstab);
    acknowledgeOld(block, segment, now);
    return Drop.TcpTimestamp;
  }
  if (block.state == TcpState.SynReceived && segment.has(FLAG_ACK)) {
    if (!echoesSyn(block, segment, now)) {
      counters.add(TcpCounter.TSEcrRejected);
      block.challenge(now);
      return Drop.TcpTimestamp;
    }
  }
  return Drop.None;
}

/** Acknowledges a segment that is not acceptable; one without data only now and then. */
function acknowledgeOld(block: ControlBlock, segment: TcpSegment, now: i64): void {
  if (segment.length == 0 && !segment.has(FLAG_FIN)) {
    block.challenge(now);
    return;
  }
  const receiver = block.receiver;
  const end = segment.sequence + segment.length;
  if (segment.length > 0 && !before(receiver.next, end)) {
    block.schedule.counters.add(TcpCounter.DelayedACKLost);
    receiver.noteDuplicate(segment.sequence, end);
  }
  block.acknowledge();
}

/**
 * First check: a segment outside the window draws an ACK, unless it is a RST. A RST at a closed
 * window is still processed (MUST-66).
 */
function receiveUnacceptable(block: ControlBlock, segment: TcpSegment, now: i64): Drop {
  const receiver = block.receiver;
  const closed = receiver.window == 0 && segment.sequence == receiver.next;
  if (segment.has(FLAG_RST)) {
    return closed ? receiveReset(block, segment, now) : Drop.TcpUnacceptable;
  }
  const synAgain = segment.has(FLAG_SYN) && block.state == TcpState.SynReceived;
  if (synAgain && segment.has(FLAG_ACK) && segment.sequence == receiver.initial) {
    // A simultaneous open: the SYN has arrived before, but its ACK is new (3.5, figure 7). The peer
    // may not accept our SYN,ACK as an ACK, so it gets one as well.
    block.acknowledge();
    return receiveAcknowledgment(block, segment, now);
  }
  if (synAgain && !segment.has(FLAG_ACK)) {
    if (segment.sequence == receiver.initial) receiveSynAgain(block, segment, now);
    else block.challenge(now);
  } else if (segment.length > 0 || segment.has(FLAG_FIN)) {
    block.liveness.heard(now);
    // The peer sends old data again: it is alive and did not get an ACK. A probe of a closed
    // window, however, only shows that the user does not read.
    if (receiver.window > 0) block.liveness.acted(now);
    else if (before(receiver.next, segment.sequence + segment.span)) {
      block.schedule.counters.add(TcpCounter.ZeroWindowDrop);
    }
    acknowledgeOld(block, segment, now);
    // The ACK field of a probe of a closed window is valid (3.10.7.4), also if it is repeated.
    const probe = closed || endsAtNext(block, segment);
    if (probe && segment.has(FLAG_ACK) && !segment.has(FLAG_SYN)) {
      const drop = receiveAcknowledgment(block, segment, now);
      if (drop == Drop.None && segment.has(FLAG_URG)) receiveUrgent(block, segment);
    }
  } else {
    block.liveness.heard(now);
    acknowledgeOld(block, segment, now);
  }
  return Drop.TcpUnacceptable;
}

/**
 * Reports whether a segment's data ends at RCV.NXT, or less than a unit of the window's scale
 * before it. If both ends probe a closed window and both bytes arrive, each end repeats its byte
 * until it is acknowledged. Only these retransmitted probes carry the acknowledgments.
 */
function endsAtNext(block: ControlBlock, segment: TcpSegment): bool {
  const receiver = block.receiver;
  const behind = receiver.next - (segment.sequence + segment.length);
  return segment.length > 0 && behind < 1 << receiver.shift && block.state >= TcpState.Established;
}

/** Second: accepts a RST only at RCV.NXT itself (RFC 5961 section 3.2). */
function receiveReset(block: ControlBlock, segment: TcpSegment, now: i64): Drop {
  if (segment.sequence != block.receiver.next) {
    block.challenge(now);
    return Drop.TcpUnacceptable;
  }
  const state = block.state;
  // RFC 1337: a RST must not end TIME-WAIT.
  if (state == TcpState.TimeWait) return Drop.TcpUnacceptable;
  const refused = state == TcpState.SynReceived && !block.fastOpen.early;
  const done = state == TcpState.Closing || state == TcpState.LastAck;
  if (refused) block.schedule.counters.add(TcpCounter.EmbryonicRsts);
  block.end(done ? SocketError.None : refused ? SocketError.Refused : SocketError.Reset);
  return Drop.None;
}

/**
 * Handles a SYN that arrives again: the SYN,ACK was lost. Sends it again before its timer expires,
 * at most as often as challenge ACKs.
 */
function receiveSynAgain(block: ControlBlock, segment: TcpSegment, now: i64): void {
  block.sender.rewind();
  if (segment.timestamped) block.timestamps.receivedSyn(segment.timestamp, now);
  block.challenge(now);
}

/** Fourth: challenges a SYN in the window (RFC 5961 section 4.2), or ends a passive open. */
function receiveSyn(block: ControlBlock, segment: TcpSegment, now: i64): Drop {
  if (block.state == TcpState.SynReceived && block.passive) {
    // Data that was not accepted with the SYN puts it into the window.
    if (segment.sequence == block.receiver.initial) receiveSynAgain(block, segment, now);
    else block.end(SocketError.Reset);
  } else {
    block.schedule.counters.add(TcpCounter.SYNChallenge);
    block.challenge(now);
  }
  return Drop.TcpUnacceptable;
}

/**
 * Sixth: notes where urgent data ends, even if that is beyond the window (MUST-66). It is
 * delivered in line with other data (RFC 6093 section 6).
 */
function receiveUrgent(block: ControlBlock, segment: TcpSegment): void {
  if (!receivesData(block.state)) return;
  block.receiver.noteUrgent(segment.sequence + segment.urgentPointer);
}

/** Seventh and eighth: handles data and FIN. The first byte of data is at `sequence`. */
function receiveText(block: ControlBlock, segment: TcpSegment, sequence: u32, now: i64): Drop {
  const length = segment.length;
  const fin = segment.has(FLAG_FIN);
  const counters = block.schedule.counters;
  if (length == 0 && !fin) {
    counters.add(TcpCounter.PureAcks);
    return Drop.None;
  }
  if (!receivesData(block.state)) {
    block.acknowledge();
    return Drop.None;
  }
  const closing = block.state != TcpState.Established;
  if (length > 0 && (block.orphaned || (block.readEnded && closing))) {
    block.reset();
    counters.add(TcpCounter.AbortOnData);
    return Drop.None;
  }
  const receiver = block.receiver;
  // If memory is short, the peer sends the data again. Until then, users may free some by reading.
  if (!receiver.reserve(sequence, length)) {
    const ahead = before(receiver.next, sequence);
    counters.add(ahead ? TcpCounter.OFODrop : TcpCounter.RcvQDrop);
    return Drop.TcpMemory;
  }
  const gap = receiver.reassembly.count > 0;
  const moved = receiver.accept(sequence, segment.payload, length, fin);
  if (moved == 0) {
    block.acknowledgments.receivedOutOfOrder(block, block.negotiated.selective);
    return Drop.None;
  }
  receivedInOrder(block, moved, length, now);
  if (gap) block.acknowledge();
  if (receiver.finished) {
    block.move(TcpEvent.Fin);
    block.acknowledge();
  }
  return Drop.None;
}

/** Notes that RCV.NXT advanced by `moved` with a segment of `length` bytes of data. */
function receivedInOrder(block: ControlBlock, moved: u32, length: u32, now: i64): void {
  block.statistics.received(moved);
  const receiver = block.receiver;
  block.liveness.acted(now);
  receiver.sawSegment(length, block.negotiated.ownSegmentSize);
  const acknowledgments = block.acknowledgments;
  const size = receiver.segmentSize;
  const silence = acknowledgments.silence(now);
  if (silence > RTO_MARGIN && silence > block.roundTrip.timeout()) {
    acknowledgments.hurry(receiver.window / size);
  }
  acknowledgments.receivedInOrder(block, moved, size, now);
}
