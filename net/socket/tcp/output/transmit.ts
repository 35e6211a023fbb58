/**
 * What a connection sends when it is its turn: SYNs, data as far as both windows allow, a FIN
 * behind the last byte, probes, and the ACKs that are still owed (RFC 9293 sections 3.8.6, 3.10).
 */
import { FLAG_ACK, FLAG_FIN, FLAG_PSH, FLAG_RST, FLAG_SYN } from "../../../wire/tcp";
import { PacketSink } from "../../sink";
import { TcpConnection } from "../connection";
import { armPersist, armRetransmit } from "../deadlines";
import { before } from "../sequence";
import { sendsData, TcpState } from "../state";
import { sendBare, sendSegment } from "./emit";

/** Sends what is due. False: the sink was busy, and there is more. */
export function transmit(connection: TcpConnection, sink: PacketSink, now: i64): bool {
  const state = connection.state;
  if (state == TcpState.Closed) return !connection.resetDue || transmitReset(connection, sink);
  if (state < TcpState.Established) {
    if (!transmitSyn(connection, sink, now)) return false;
  } else if (sendsData(state)) {
    if (connection.retransmitDue && !retransmitFirst(connection, sink, now)) return false;
    if (!transmitData(connection, sink, now)) return false;
  }
  if (connection.keepAliveDue) {
    const behind = connection.sender.unacknowledged - 1;
    if (!sendSegment(connection, sink, behind, 0, FLAG_ACK, now)) return false;
    connection.keepAliveDue = false;
  }
  while (connection.acknowledgmentsDue > 0) {
    const sequence = connection.sender.bareSequence;
    if (!sendSegment(connection, sink, sequence, 0, FLAG_ACK, now)) return false;
  }
  return true;
}

/** The RST of an abort (RFC 9293 section 3.10.5). */
function transmitReset(connection: TcpConnection, sink: PacketSink): bool {
  const sent = sendBare(
    sink,
    connection.localAddress,
    connection.localPort,
    connection.remoteAddress,
    connection.remotePort,
    connection.sender.bareSequence,
    connection.receiver.next,
    FLAG_RST | FLAG_ACK,
    0,
  );
  if (!sent) return false;
  connection.resetDue = false;
  connection.schedule.counters.resetsOut++;
  return true;
}

/** The SYN or the SYN,ACK, if it is due. */
function transmitSyn(connection: TcpConnection, sink: PacketSink, now: i64): bool {
  const sender = connection.sender;
  if (sender.next != sender.initial) return true;
  const first = sender.maximum == sender.initial;
  const flags = connection.state == TcpState.SynSent ? FLAG_SYN : FLAG_SYN | FLAG_ACK;
  if (!sendSegment(connection, sink, sender.initial, 0, flags, now)) return false;
  if (first) connection.progressAt = now;
  noteSent(connection, 1, now);
  armRetransmit(connection, now);
  return true;
}

/** Data and FIN, from SND.NXT on, as far as windows, Nagle and silly-window avoidance allow. */
function transmitData(connection: TcpConnection, sink: PacketSink, now: i64): bool {
  const sender = connection.sender;
  const size = sender.segmentSize;
  restartAfterIdle(connection, now);
  for (;;) {
    const unsent = sender.unsent;
    if (unsent == 0) break;
    const flight = sender.flight;
    const room = roomFor(connection, flight);
    let length = unsent < size ? unsent : size;
    if (room < length) length = room;
    if (length == 0 || (length < size && !worthSending(connection, length, unsent))) {
      return flight > 0 || transmitProbe(connection, sink, room, now);
    }
    if (!transmitPiece(connection, sink, length, now)) return false;
  }
  return !sender.finDue || transmitPiece(connection, sink, 0, now);
}

/** One segment at SND.NXT, with the FIN if it reaches that far. */
function transmitPiece(connection: TcpConnection, sink: PacketSink, length: u32, now: i64): bool {
  const sender = connection.sender;
  const next = sender.next;
  const last = next + length == sender.end;
  const fin = last && sender.closing;
  const flags = FLAG_ACK | (last ? FLAG_PSH : 0) | (fin ? FLAG_FIN : 0);
  const resting = sender.flight == 0;
  const fresh = sender.maximum == sender.unacknowledged;
  if (!sendSegment(connection, sink, next, length, flags, now)) return false;
  if (fresh) connection.progressAt = now;
  noteSent(connection, length + (fin ? 1 : 0), now);
  if (length < sender.segmentSize) sender.shortEnd = sender.next;
  connection.persisting = false;
  connection.probeDue = false;
  if (resting) armRetransmit(connection, now);
  return true;
}

/** SND.NXT moves on; a first transmission may be timed, another one is counted. */
function noteSent(connection: TcpConnection, count: u32, now: i64): void {
  const sender = connection.sender;
  if (sender.next == sender.maximum) connection.rtt.sent(sender.next + count, now);
  else countRetransmit(connection);
  sender.sent(count);
}

function countRetransmit(connection: TcpConnection): void {
  connection.rtt.retransmitted();
  connection.retransmits++;
  connection.schedule.counters.retransmits++;
}

/** Bytes that may still be put into flight: the smaller of the peer's window and cwnd. */
function roomFor(connection: TcpConnection, flight: u32): u32 {
  const sender = connection.sender;
  const allowance = connection.congestion.allowance(sender.segmentSize);
  const limit = sender.window < allowance ? sender.window : allowance;
  return limit > flight ? limit - flight : 0;
}

/**
 * Whether a segment shorter than a full one goes out now: the sender's side of silly-window
 * avoidance (RFC 9293 section 3.8.6.2.1) with Nagle as Minshall made it, and Linux has it: only
 * a short segment in flight holds back another, so that full ones do not delay the last of a write.
 */
function worthSending(connection: TcpConnection, length: u32, unsent: u32): bool {
  const sender = connection.sender;
  if (before(sender.next, sender.maximum)) return true;
  const free = connection.noDelay || !before(sender.unacknowledged, sender.shortEnd);
  if (length == unsent && (free || sender.closing)) return true;
  return free && length >= sender.largestWindow >>> 1;
}

/**
 * The window allows nothing worth sending and nothing is in flight: the persist timer runs, and
 * when it has run out, as much as fits goes out after all, or one byte that does not.
 */
function transmitProbe(connection: TcpConnection, sink: PacketSink, room: u32, now: i64): bool {
  const sender = connection.sender;
  if (!connection.probeDue) {
    if (!connection.persisting) {
      connection.progressAt = now;
      armPersist(connection, now);
    }
    return true;
  }
  if (room > 0) {
    const unsent = sender.unsent;
    return transmitPiece(connection, sink, room < unsent ? room : unsent, now);
  }
  if (!sendSegment(connection, sink, sender.next, 1, FLAG_ACK, now)) return false;
  // SND.NXT stays: if the byte was not taken, it goes out again with those behind it.
  const end = sender.next + 1;
  if (before(sender.maximum, end)) sender.maximum = end;
  connection.rtt.retransmitted();
  connection.probeDue = false;
  connection.persistBackoffs++;
  armPersist(connection, now);
  return true;
}

/** Fast retransmit and partial ACKs: the first segment not acknowledged, SND.NXT unmoved. */
function retransmitFirst(connection: TcpConnection, sink: PacketSink, now: i64): bool {
  const sender = connection.sender;
  const una = sender.unacknowledged;
  const end = sender.end;
  const data = before(una, end) ? end - una : 0;
  const sent = sender.maximum - una;
  let length = data < sender.segmentSize ? data : sender.segmentSize;
  if (sent < length) length = sent;
  const fin = sender.closing && una + length == end && sent > length;
  if (length == 0 && !fin) {
    connection.retransmitDue = false;
    return true;
  }
  const flags = FLAG_ACK | (fin ? FLAG_FIN : 0);
  if (!sendSegment(connection, sink, una, length, flags, now)) return false;
  connection.retransmitDue = false;
  countRetransmit(connection);
  return true;
}

/** A window from before a pause proves nothing any more (RFC 5681 section 4.1). */
function restartAfterIdle(connection: TcpConnection, now: i64): void {
  const sender = connection.sender;
  if (sender.maximum != sender.unacknowledged) return;
  if (now - connection.sentAt > connection.rtt.timeout()) {
    connection.congestion.idle(sender.segmentSize);
  }
}
