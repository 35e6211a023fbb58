/** Sends segments: those of a connection, and answers to segments that have no connection. */
import { copyAndSum, sum } from "../../../wire/checksum";
import { PROTOCOL_TCP } from "../../../wire/ipv4";
import {
  emitTcp,
  FLAG_ACK,
  FLAG_ECE,
  FLAG_RST,
  sealTcp,
  TCP_HEADER,
  tcpControl,
} from "../../../wire/tcp";
import { emitTimestamps, TIMESTAMPS_BYTES } from "../../../wire/tcp-options";
import { Endpoints } from "../../endpoints";
import { Path } from "../../path";
import { PacketSink, SendResult } from "../../sink";
import { BareSegment } from "../bare-segment";
import { ControlBlock } from "../control-block";
import { TcpCounter } from "../counters";
import { TcpSegment } from "../segment";
import { Sender } from "../send/sender";
import { SynOptions } from "../syn-options";
import { emitOptions, optionBytes, synOptions } from "./options";

/**
 * Sends a segment other than a SYN, with `length` bytes of the send ring from `sequence` on.
 * Returns false if the sink is busy; then nothing was sent.
 */
export function sendSegment(
  block: ControlBlock,
  sink: PacketSink,
  sequence: u32,
  length: u32,
  flags: u32,
  now: i64,
): bool {
  const path = block.path;
  const frame = sink.allocate(path);
  if (frame == null) return false;
  const sender = block.sender;
  const payloadSum = length > 0 ? copyPayload(sender, frame.append(length), sequence, length) : 0;
  const options = optionBytes(block, length);
  const headerLength = TCP_HEADER + options;
  const header = frame.push(headerLength);
  const acknowledges = (flags & FLAG_ACK) != 0;
  const echo = block.ecn.echoing ? FLAG_ECE : 0;
  const receiver = block.receiver;
  const window = receiver.offer();
  if (options != 0) emitOptions(block, header + TCP_HEADER, options, now);
  const acknowledgment = acknowledges ? receiver.next : 0;
  const control = tcpControl(headerLength, flags | echo, window);
  emitTcp(header, block.endpoints.ports, sequence, acknowledgment, control);
  sealTcp(header, headerLength, headerLength + length, path.addressSum + payloadSum);
  const result = sink.send(frame, path, PROTOCOL_TCP);
  if (result == SendResult.Busy) return false;
  // The interface's MTU was lowered: the segment is lost, and will be sent again in smaller pieces.
  if (result == SendResult.TooLong) sender.fit(path.mtu);
  // Without a route, the segment counts as lost: it is sent again until R2.
  if (acknowledges) noteAcknowledged(block, length, options);
  if (length > 0) {
    block.liveness.sentData(now);
    block.acknowledgments.sentData(now);
  }
  block.statistics.sent(length);
  block.schedule.counters.add(TcpCounter.OutSegs);
  return true;
}

/** As `sendSegment`, for a SYN or SYN,ACK with the first `length` bytes of the send ring. */
export function sendSyn(
  block: ControlBlock,
  sink: PacketSink,
  length: u32,
  flags: u32,
  now: i64,
): bool {
  const path = block.path;
  const frame = sink.allocate(path);
  if (frame == null) return false;
  const sender = block.sender;
  const receiver = block.receiver;
  const first = sender.initial;
  const payloadSum = length > 0 ? copyPayload(sender, frame.append(length), first + 1, length) : 0;
  const options = synOptions(block, now);
  const headerLength = TCP_HEADER + options.bytes;
  const header = frame.push(headerLength);
  options.emit(header + TCP_HEADER);
  const acknowledges = (flags & FLAG_ACK) != 0;
  receiver.offer();
  const control = tcpControl(headerLength, flags, receiver.synWindow);
  emitTcp(header, block.endpoints.ports, first, acknowledges ? receiver.next : 0, control);
  sealTcp(header, headerLength, headerLength + length, path.addressSum + payloadSum);
  const result = sink.send(frame, path, PROTOCOL_TCP);
  if (result == SendResult.Busy) return false;
  if (result == SendResult.TooLong) sender.fit(path.mtu);
  if (acknowledges) {
    block.timestamps.sent(receiver.next);
    block.acknowledgments.sent(block);
  }
  if (length > 0) block.liveness.sentData(now);
  block.statistics.sent(length);
  block.schedule.counters.add(TcpCounter.OutSegs);
  return true;
}

/**
 * Notes that a segment with an ACK was sent. If SACK blocks are due that it had no room for, an ACK
 * is still due.
 */
function noteAcknowledged(block: ControlBlock, length: u32, options: u32): void {
  const negotiated = block.negotiated;
  const receiver = block.receiver;
  block.timestamps.sent(receiver.next);
  const reports = options > negotiated.optionBytes;
  if (reports) receiver.reported();
  else if (length > 0 && negotiated.selective && receiver.reportDue) return;
  block.acknowledgments.sent(block);
}

/**
 * Sends a segment without data between `ends`. `path` leads from the local to the remote end.
 * Returns false if the sink is busy; then nothing was sent.
 */
export function sendBare(sink: PacketSink, path: Path, ends: Endpoints, bare: BareSegment): bool {
  const frame = sink.allocate(path);
  if (frame == null) return false;
  const options = bare.timestamped ? TIMESTAMPS_BYTES : 0;
  const header = frame.push(TCP_HEADER + options);
  if (bare.timestamped) emitTimestamps(header + TCP_HEADER, bare.timestamp, bare.echo);
  emitBare(header, TCP_HEADER + options, ends, bare, path);
  return sink.send(frame, path, PROTOCOL_TCP) != SendResult.Busy;
}

/** As `sendBare`, for a SYN,ACK with `options`. */
export function sendSynAck(
  sink: PacketSink,
  path: Path,
  ends: Endpoints,
  bare: BareSegment,
  options: SynOptions,
): bool {
  const frame = sink.allocate(path);
  if (frame == null) return false;
  const length = TCP_HEADER + options.bytes;
  const header = frame.push(length);
  options.emit(header + TCP_HEADER);
  emitBare(header, length, ends, bare, path);
  return sink.send(frame, path, PROTOCOL_TCP) != SendResult.Busy;
}

function emitBare(
  header: usize,
  length: u32,
  ends: Endpoints,
  bare: BareSegment,
  path: Path,
): void {
  const control = tcpControl(length, bare.flags, bare.window);
  emitTcp(header, ends.ports, bare.sequence, bare.acknowledgment, control);
  sealTcp(header, length, length, path.addressSum);
}

/**
 * Answers a segment that has no connection with a RST (RFC 9293 section 3.10.7.1), unless it is a
 * RST itself. `path` leads back to its sender. Reports whether a RST was sent.
 */
export function sendReset(
  sink: PacketSink,
  path: Path,
  segment: TcpSegment,
  bare: BareSegment,
): bool {
  if (segment.has(FLAG_RST)) return false;
  if (segment.has(FLAG_ACK)) bare.set(FLAG_RST, segment.acknowledgment, 0, 0);
  else bare.set(FLAG_RST | FLAG_ACK, 0, segment.sequence + segment.span, 0);
  return sendBare(sink, path, segment.endpoints, bare);
}

/** Copies from the send ring and returns the sum of the bytes. */
function copyPayload(sender: Sender, to: usize, sequence: u32, length: u32): u64 {
  const ring = sender.ring;
  const offset = sender.offsetOf(sequence);
  const whole = ring.contiguous(offset);
  if (whole >= length) return copyAndSum(to, ring.pointerAt(offset), length, 0);
  if ((whole & 1) == 0) {
    const first = copyAndSum(to, ring.pointerAt(offset), whole, 0);
    return copyAndSum(to + whole, ring.pointerAt(offset + whole), length - whole, first);
  }
  ring.copyOut(offset, to, length);
  return sum(to, length);
}
