/**
 * Sends what a connection has to send in its turn: a SYN, retransmissions, data as far as both
 * windows allow, a FIN after the last byte, probes, and ACKs (RFC 9293 sections 3.8.6, 3.10).
 */
import { ECN_CAPABLE } from "../../../wire/ipv4";
import { FLAG_ACK, FLAG_FIN, FLAG_PSH, FLAG_RST } from "../../../wire/tcp";
import { PacketSink } from "../../sink";
import { ControlBlock } from "../control-block";
import { TcpCounter } from "../counters";
import { armPersist, armProbe, armTimeout } from "../deadlines";
import { RecoveryPhase } from "../loss/recovery-phase";
import { Sender } from "../send/sender";
import { before } from "../sequence";
import { sendsData, TcpState } from "../state";
import { Activity } from "../statistics";
import { sendBare, sendSegment } from "./emit";
import { paceTurn, waitForPace } from "./pace";
import { retransmitLast, retransmitLost } from "./retransmit";
import { noteSent } from "./sent";
import { transmitSyn } from "./syn";

/** Full-sized segments that must follow a probe of the path MTU. */
const FOLLOWERS: u32 = 3;

/** Sends everything that is due. Returns false if the sink is busy and there is more to send. */
export function transmit(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const state = block.state;
  if (state == TcpState.Closed) return !block.resetDue || transmitReset(block, sink, now);
  if (state < TcpState.Established) {
    if (!transmitSyn(block, sink, now)) return false;
    if (block.fastOpen.early && !transmitEarly(block, sink, now)) return false;
  } else if (sendsData(state)) {
    paceTurn(block, now);
    if (block.sender.segments.lost > 0 && !retransmitLost(block, sink, now)) return false;
    if (!transmitData(block, sink, now)) return false;
  }
  if (block.liveness.probeDue && !transmitKeepAlive(block, sink, now)) return false;
  const acknowledgments = block.acknowledgments;
  while (acknowledgments.due > 0) {
    if (!sendSegment(block, sink, block.sender.bareSequence, 0, FLAG_ACK, now)) return false;
  }
  return true;
}

/** Sends the RST of an abort (RFC 9293 section 3.10.5). */
function transmitReset(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const bare = block.schedule.bare;
  const timestamps = block.timestamps;
  bare.set(FLAG_RST | FLAG_ACK, block.sender.bareSequence, block.receiver.next, 0);
  if (block.negotiated.timestamps) bare.stamp(timestamps.at(now), timestamps.recent);
  if (!sendBare(sink, block.path, block.endpoints, bare)) return false;
  block.clearReset();
  block.schedule.counters.add(TcpCounter.OutSegs);
  block.schedule.counters.add(TcpCounter.OutRsts);
  return true;
}

/** Sends a keep-alive probe: an ACK numbered SND.UNA - 1 (RFC 9293 section 3.8.4). */
function transmitKeepAlive(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const sequence = block.sender.unacknowledged - 1;
  if (!sendSegment(block, sink, sequence, 0, FLAG_ACK, now)) return false;
  block.liveness.probeSent();
  block.schedule.counters.add(TcpCounter.KeepAlive);
  return true;
}

/**
 * Sends data and FIN from SND.NXT on as far as both windows and Nagle allow, then a tail loss probe
 * if one is due and nothing new could be sent.
 */
function transmitData(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const recovery = block.recovery;
  const next = block.sender.next;
  const done = transmitNew(block, sink, now);
  // What was sent puts the probe off (RFC 8985 section 7.2).
  if (block.sender.next != next && recovery.mayProbe) armProbe(block, now);
  noteActivity(block, now);
  return done && (!recovery.probeDue || retransmitLast(block, sink, now));
}

/**
 * Sends data and FIN although the handshake is not over (RFC 7413 section 4.2.2), but only once:
 * what may have been lost is sent again after the handshake.
 */
function transmitEarly(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const sender = block.sender;
  if (sender.next != sender.maximum) return true;
  paceTurn(block, now);
  const done = transmitNew(block, sink, now);
  noteActivity(block, now);
  return done;
}

/** Notes what the connection waits for. */
function noteActivity(block: ControlBlock, now: i64): void {
  const sender = block.sender;
  const unsent = sender.unsent;
  const flight = sender.flight;
  const size = sender.segmentSize;
  let activity = flight == 0 && unsent == 0 ? Activity.Idle : Activity.Busy;
  if (unsent > 0) {
    const open = sender.window > flight ? sender.window - flight : 0;
    if (open < min(size, unsent) && block.recovery.room >= size) activity = Activity.PeerLimited;
  } else if (sender.ring.free == 0) {
    activity = Activity.BufferLimited;
  }
  block.statistics.note(activity, unsent == 0, now);
}

/** Sends data and FIN. Returns false if the sink is busy. */
function transmitNew(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const sender = block.sender;
  const recovery = block.recovery;
  const pacing = block.pacing;
  const size = sender.segmentSize;
  if (sender.unsent == 0 && !sender.finDue) return true;
  restartAfterIdle(block, now);
  if (sender.pathMtu.searching && !probeSize(block, sink, now)) return false;
  let room = recovery.room;
  // The SYN,ACK in flight leaves room for as many segments as the window has.
  if (block.state == TcpState.SynReceived) room++;
  while (!sender.segments.full || sender.growRecord()) {
    const probe = recovery.probeDue;
    const unsent = sender.unsent;
    if (unsent == 0) {
      if (!sender.finDue) return true;
      if (!transmitPiece(block, sink, 0, now)) return false;
      if (probe) recovery.probed(false);
      return true;
    }
    const most = windowRoom(sender, probe ? max(room, size) : room);
    let length = unsent < size ? unsent : size;
    if (most < length) length = most;
    if (length == 0 || (length < size && !worthSending(block, length, unsent))) {
      return sender.flight != 0 || transmitProbe(block, sink, most, now);
    }
    if (pacing.spent && !probe) {
      waitForPace(block);
      return true;
    }
    if (!transmitPiece(block, sink, length, now)) return false;
    if (probe) recovery.probed(false);
    room = room > length ? room - length : 0;
  }
  return true;
}

/**
 * Sends a segment larger than others as a probe of the path MTU, if one is due and enough follows
 * for its loss to be noticed (RFC 4821 section 7.4). Returns false if the sink is busy.
 */
function probeSize(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const sender = block.sender;
  const recovery = block.recovery;
  const repeats = sender.next != sender.maximum;
  if (repeats || recovery.phase != RecoveryPhase.Open) return true;
  const packet = sender.sizeToProbe;
  if (packet == 0) return true;
  const size = sender.segmentSize;
  const length = size + packet - sender.packetSize;
  const least = length + FOLLOWERS * size;
  if (sender.unsent < least || windowRoom(sender, recovery.room) < length) return true;
  if (packet > block.path.mtu) {
    sender.pathMtu.stop();
    return true;
  }
  const start = sender.next;
  if (!transmitPiece(block, sink, length, now)) return false;
  sender.pathMtu.sent(packet, start, start + length);
  return true;
}

/** Sends one segment at SND.NXT, with the FIN if it reaches that far. */
function transmitPiece(block: ControlBlock, sink: PacketSink, length: u32, now: i64): bool {
  const sender = block.sender;
  const next = sender.next;
  const last = next + length == sender.end;
  const fin = last && sender.closing;
  const flags = FLAG_ACK | (last && length > 0 ? FLAG_PSH : 0) | (fin ? FLAG_FIN : 0);
  const resting = sender.flight == 0;
  const allAcknowledged = sender.maximum == sender.unacknowledged;
  const markable = block.ecn.agreed && length > 0 && next == sender.maximum;
  const sent = markable
    ? sendMarkable(block, sink, length, flags, now)
    : sendSegment(block, sink, next, length, flags, now);
  if (!sent) return false;
  if (allAcknowledged) block.liveness.progressed(now);
  noteSent(block, length + (fin ? 1 : 0), length, now);
  block.persist.stop();
  if (resting) armTimeout(block, now);
  return true;
}

/**
 * Sends new data in a packet that routers may mark; others must not be marked (RFC 3168 sections
 * 6.1.4 to 6.1.6). Returns false if the sink is busy.
 */
function sendMarkable(
  block: ControlBlock,
  sink: PacketSink,
  length: u32,
  flags: u32,
  now: i64,
): bool {
  const path = block.path;
  const ecn = block.ecn;
  path.setEcn(ECN_CAPABLE);
  const sent = sendSegment(block, sink, block.sender.next, length, flags | ecn.answer, now);
  path.setEcn(0);
  if (sent) ecn.answerSent();
  return sent;
}

/** Returns how many bytes both windows allow to be sent; cwnd allows `room`. */
function windowRoom(sender: Sender, room: u32): u32 {
  const flight = sender.flight;
  const window = sender.window > flight ? sender.window - flight : 0;
  return window < room ? window : room;
}

/**
 * Reports whether a segment shorter than a full-sized one is sent now: silly-window avoidance (RFC
 * 9293 section 3.8.6.2.1) with Nagle's algorithm as modified by Minshall and used by Linux. The
 * end of the data waits only while another short segment is in flight, and not before a FIN, so
 * full-sized segments in flight do not delay the end of a write. A segment cut short by the windows
 * must also fill half of the largest window. Data that was sent before does not wait.
 */
function worthSending(block: ControlBlock, length: u32, unsent: u32): bool {
  const sender = block.sender;
  if (before(sender.next, sender.maximum)) return true;
  const free = block.noDelay || !before(sender.unacknowledged, sender.shortEnd);
  if (length == unsent && (free || sender.closing)) return true;
  return free && length >= sender.largestWindow >>> 1;
}

/**
 * Runs the persist timer, because the window allows nothing worth sending and nothing is in flight.
 * Once the timer has expired, sends as much as fits or, if nothing fits, one byte.
 */
function transmitProbe(block: ControlBlock, sink: PacketSink, room: u32, now: i64): bool {
  const sender = block.sender;
  const persist = block.persist;
  if (!persist.probeDue) {
    if (!persist.running) {
      block.liveness.progressed(now);
      armPersist(block, now);
    }
    return true;
  }
  block.schedule.counters.add(TcpCounter.WinProbe);
  if (room > 0) {
    const unsent = sender.unsent;
    return transmitPiece(block, sink, room < unsent ? room : unsent, now);
  }
  if (!sendSegment(block, sink, sender.next, 1, FLAG_ACK, now)) return false;
  sender.probed();
  persist.probed();
  armPersist(block, now);
  return true;
}

/** Reduces cwnd if no data was sent for long; bare ACKs do not count (RFC 5681 section 4.1). */
function restartAfterIdle(block: ControlBlock, now: i64): void {
  const sender = block.sender;
  if (sender.maximum != sender.unacknowledged) return;
  if (!block.schedule.settings.restartsAfterIdle) return;
  const idle = now - block.liveness.sentAt;
  const timeout = block.roundTrip.timeout();
  if (idle <= timeout) return;
  block.congestion.restartedAfterIdle(sender.segmentSize, (idle / timeout) as u32);
}
