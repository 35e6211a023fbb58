/**
 * Segments for a connection, from SYN-RECEIVED on (RFC 9293 section 3.10.7.4 in its order, with
 * RFC 5961), and the short cut that nearly all take in ESTABLISHED.
 */
import { NEVER } from "../../../../core/time";
import { Drop } from "../../../wire/drop";
import { FLAG_ACK, FLAG_FIN, FLAG_PSH, FLAG_RST, FLAG_SYN } from "../../../wire/tcp";
import { SocketError } from "../../error";
import { acknowledgeNow, challenge, receivedInOrder, receivedOutOfOrder } from "../acknowledge";
import { CongestionPhase } from "../congestion/new-reno";
import { TcpConnection } from "../connection";
import { armFinWait2, armRetransmit } from "../deadlines";
import { isAcceptable, isNewAck, isPlausibleAck } from "../receive/acceptance";
import { TcpSegment } from "../segment";
import { receivesData, TcpEvent, TcpState } from "../state";
import { establish, receiveInSynSent } from "./handshake";

/** Works on one segment. `segment.refused` afterwards: it is to be answered by a RST. */
export function receiveSegment(connection: TcpConnection, segment: TcpSegment, now: i64): Drop {
  if (connection.state == TcpState.Established && predicted(connection, segment, now)) {
    return Drop.None;
  }
  if (connection.state == TcpState.SynSent) {
    const drop = receiveInSynSent(connection, segment, now);
    if (connection.wasEstablished) receiveText(connection, segment, segment.sequence + 1, now);
    return drop;
  }
  const receiver = connection.receiver;
  if (!isAcceptable(segment.sequence, segment.span, receiver.next, receiver.window)) {
    return receiveUnacceptable(connection, segment, now);
  }
  connection.heardAt = now;
  if (segment.has(FLAG_RST)) return receiveReset(connection, segment, now);
  if (segment.has(FLAG_SYN)) return receiveSyn(connection, now);
  if (!segment.has(FLAG_ACK)) return Drop.TcpUnacceptable;
  const drop = receiveAcknowledgment(connection, segment, now);
  if (drop != Drop.None || connection.state == TcpState.Closed) return drop;
  receiveText(connection, segment, segment.sequence, now);
  return Drop.None;
}

/**
 * Header prediction (Van Jacobson): the next segment in order that brings only data, or only an
 * ACK, with the window unchanged. False: it is not one of these, and nothing was done.
 */
function predicted(connection: TcpConnection, segment: TcpSegment, now: i64): bool {
  const receiver = connection.receiver;
  const sender = connection.sender;
  const sequence = segment.sequence;
  if ((segment.flags & ~FLAG_PSH) != FLAG_ACK || sequence != receiver.next) return false;
  if (segment.window << sender.shift != sender.window) return false;
  const acknowledgment = segment.acknowledgment;
  const length = segment.length;
  if (length == 0) {
    if (!isNewAck(acknowledgment, sender.unacknowledged, sender.maximum)) return false;
    if (connection.congestion.phase != CongestionPhase.Open) return false;
    acknowledged(connection, acknowledgment, now);
  } else {
    if (acknowledgment != sender.unacknowledged || !receiver.plain) return false;
    if (length > receiver.window || connection.orphaned) return false;
    receiver.append(segment.payload, length);
    receivedInOrder(connection, length, length, now);
  }
  sender.windowSequence = sequence;
  sender.windowAcknowledgment = acknowledgment;
  connection.heardAt = now;
  return true;
}

/** First: a segment outside the window is answered by an ACK, a RST by nothing. */
function receiveUnacceptable(connection: TcpConnection, segment: TcpSegment, now: i64): Drop {
  if (segment.has(FLAG_RST)) return Drop.TcpUnacceptable;
  const receiver = connection.receiver;
  const synAgain = segment.has(FLAG_SYN) && !segment.has(FLAG_ACK);
  if (synAgain && connection.state == TcpState.SynReceived) {
    // The SYN,ACK was lost: it goes out again before its timer, as often as an ACK might.
    if (segment.sequence == receiver.initial) connection.sender.rewind();
    challenge(connection, now);
  } else if (segment.length > 0 || segment.has(FLAG_FIN)) {
    connection.heardAt = now;
    // Old data again: the peer lives and lacks an ACK. (A probe of a closed window shows no more
    // than that nobody reads.)
    if (receiver.window > 0) connection.activityAt = now;
    acknowledgeNow(connection);
    // Into a closed window come probes, and with them ACKs that count (3.10.7.4).
    const probe = receiver.window == 0 && segment.sequence == receiver.next;
    if (probe && segment.has(FLAG_ACK) && !segment.has(FLAG_SYN)) {
      receiveAcknowledgment(connection, segment, now);
    }
  } else {
    connection.heardAt = now;
    challenge(connection, now);
  }
  return Drop.TcpUnacceptable;
}

/** Second: a RST counts only at RCV.NXT itself (RFC 5961 section 3.2). */
function receiveReset(connection: TcpConnection, segment: TcpSegment, now: i64): Drop {
  if (segment.sequence != connection.receiver.next) {
    challenge(connection, now);
    return Drop.TcpUnacceptable;
  }
  const state = connection.state;
  // RFC 1337: TIME-WAIT is not to be assassinated.
  if (state == TcpState.TimeWait) return Drop.TcpUnacceptable;
  const refused = state == TcpState.SynReceived;
  const done = state == TcpState.Closing || state == TcpState.LastAck;
  connection.end(done ? SocketError.None : refused ? SocketError.Refused : SocketError.Reset);
  return Drop.None;
}

/** Fourth: a SYN in the window is challenged (RFC 5961 section 4.2), or undoes a passive open. */
function receiveSyn(connection: TcpConnection, now: i64): Drop {
  if (connection.state == TcpState.SynReceived && connection.passive) {
    connection.end(SocketError.Reset);
  } else {
    challenge(connection, now);
  }
  return Drop.TcpUnacceptable;
}

/** Fifth: the ACK field. */
function receiveAcknowledgment(connection: TcpConnection, segment: TcpSegment, now: i64): Drop {
  const sender = connection.sender;
  const acknowledgment = segment.acknowledgment;
  const unacknowledged = sender.unacknowledged;
  const isNew = isNewAck(acknowledgment, unacknowledged, sender.maximum);
  if (connection.state == TcpState.SynReceived) {
    if (!isNew) {
      segment.refused = true;
      return Drop.TcpUnacceptable;
    }
    establish(connection, segment, now);
    return Drop.None;
  }
  const largest = sender.largestWindow;
  if (!isPlausibleAck(acknowledgment, unacknowledged, sender.maximum, largest)) {
    challenge(connection, now);
    return Drop.TcpUnacceptable;
  }
  const window = segment.window << sender.shift;
  const old = sender.window;
  if (isNew) {
    acknowledged(connection, acknowledgment, now);
  } else if (acknowledgment == unacknowledged) {
    const bare = segment.length == 0 && !segment.has(FLAG_FIN);
    if (bare && window == old && window > 0) duplicateAck(connection);
  }
  if (((acknowledgment - unacknowledged) as i32) >= 0) {
    sender.updateWindow(segment.sequence, acknowledgment, window);
    if (sender.window > old) connection.wake();
  }
  return Drop.None;
}

/** Something new was acknowledged. */
function acknowledged(connection: TcpConnection, acknowledgment: u32, now: i64): void {
  const sender = connection.sender;
  const congestion = connection.congestion;
  const flight = sender.maximum - sender.unacknowledged;
  const count = acknowledgment - sender.unacknowledged;
  sender.acknowledge(acknowledgment);
  connection.rtt.acknowledged(acknowledgment, now);
  connection.progressAt = now;
  connection.persistBackoffs = 0;
  connection.timedOutOnce = false;
  const partial = congestion.acknowledged(count, acknowledgment, flight, sender.segmentSize);
  connection.retransmitDue = partial;
  if (sender.unacknowledged == sender.maximum) {
    connection.retransmitAt = NEVER;
    connection.persisting = false;
  } else if (!partial || congestion.firstPartial()) {
    armRetransmit(connection, now);
  }
  if (sender.unsent > 0 || sender.finDue || partial) connection.wake();
  if (sender.finAcknowledged) finAcknowledged(connection, now);
}

/** Part of fast retransmit: `congestion` counts (RFC 5681 section 2 says what a duplicate is). */
function duplicateAck(connection: TcpConnection): void {
  const sender = connection.sender;
  const unacknowledged = sender.unacknowledged;
  if (sender.maximum == unacknowledged) return;
  const congestion = connection.congestion;
  if (congestion.duplicate(unacknowledged, sender.maximum, sender.segmentSize)) {
    connection.retransmitDue = true;
  }
  connection.wake();
}

function finAcknowledged(connection: TcpConnection, now: i64): void {
  const state = connection.state;
  connection.move(TcpEvent.AckOfFin);
  if (state == TcpState.FinWait1) {
    connection.activityAt = now;
    armFinWait2(connection);
  } else if (state == TcpState.LastAck) {
    connection.end(SocketError.None);
  }
}

/** Seventh and eighth: data and FIN; `sequence` is that of the first byte of data. */
function receiveText(
  connection: TcpConnection,
  segment: TcpSegment,
  sequence: u32,
  now: i64,
): void {
  const length = segment.length;
  const fin = segment.has(FLAG_FIN);
  if (length == 0 && !fin) return;
  if (!receivesData(connection.state)) {
    acknowledgeNow(connection);
    return;
  }
  if (connection.orphaned && length > 0) {
    connection.resetDue = true;
    connection.end(SocketError.None);
    return;
  }
  const receiver = connection.receiver;
  const gap = receiver.reassembly.count > 0;
  const moved = receiver.accept(sequence, segment.payload, length, fin);
  if (moved == 0) {
    receivedOutOfOrder(connection);
    return;
  }
  receivedInOrder(connection, moved, length, now);
  if (gap) acknowledgeNow(connection);
  if (receiver.finished) {
    connection.move(TcpEvent.Fin);
    acknowledgeNow(connection);
  }
}
