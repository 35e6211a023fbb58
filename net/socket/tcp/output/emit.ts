/** Segments out: one of a connection, and those that answer without any connection. */
import { copyAndSum, sum } from "../../../wire/checksum";
import { PROTOCOL_TCP } from "../../../wire/ipv4";
import { emitTcp, FLAG_ACK, FLAG_RST, FLAG_SYN, sealTcp, TCP_HEADER } from "../../../wire/tcp";
import {
  emitSegmentSize,
  emitSynOptions,
  SYN_OPTIONS,
  SYN_OPTIONS_UNSCALED,
} from "../../../wire/tcp-options";
import { PacketSink, SendResult } from "../../sink";
import { acknowledgmentSent } from "../acknowledge";
import { TcpConnection } from "../connection";
import { TcpSegment } from "../segment";

/**
 * Sends one segment of a connection with `length` bytes of its ring from `sequence` on. False:
 * the sink was busy and nothing has changed.
 */
export function sendSegment(
  connection: TcpConnection,
  sink: PacketSink,
  sequence: u32,
  length: u32,
  flags: u32,
  now: i64,
): bool {
  const remote = connection.remoteAddress;
  const frame = sink.allocate(remote);
  if (frame == null) return false;
  const payloadSum =
    length > 0 ? copyPayload(connection, frame.append(length), sequence, length) : 0;
  const headerLength = (flags & FLAG_SYN) != 0 ? synHeader(connection) : TCP_HEADER;
  const header = frame.push(headerLength);
  const acknowledges = (flags & FLAG_ACK) != 0;
  const receiver = connection.receiver;
  let window = receiver.offer();
  if ((flags & FLAG_SYN) != 0) {
    emitOptions(connection, header + TCP_HEADER);
    window = receiver.window < 65535 ? receiver.window : 65535;
  }
  const local = connection.localAddress;
  emitTcp(
    header,
    headerLength,
    connection.localPort,
    connection.remotePort,
    sequence,
    acknowledges ? receiver.next : 0,
    flags,
    window,
  );
  sealTcp(header, headerLength, headerLength + length, local, remote, payloadSum);
  const result = sink.send(frame, local, remote, PROTOCOL_TCP);
  if (result == SendResult.Busy) return false;
  // The interface's MTU was lowered: lost, too, and sent again in pieces that fit.
  if (result == SendResult.TooLong) connection.sender.fit(sink.mtu(remote));
  // Without a route the segment is as good as lost: it is sent again until R2.
  if (acknowledges) acknowledgmentSent(connection);
  connection.sentAt = now;
  connection.schedule.counters.segmentsOut++;
  return true;
}

/** Sends a segment without data for no connection; dropped when the sink is busy. */
export function sendBare(
  sink: PacketSink,
  localAddress: u32,
  localPort: u32,
  remoteAddress: u32,
  remotePort: u32,
  sequence: u32,
  acknowledgment: u32,
  flags: u32,
  windowField: u32,
): bool {
  const frame = sink.allocate(remoteAddress);
  if (frame == null) return false;
  const header = frame.push(TCP_HEADER);
  emitTcp(header, TCP_HEADER, localPort, remotePort, sequence, acknowledgment, flags, windowField);
  sealTcp(header, TCP_HEADER, TCP_HEADER, localAddress, remoteAddress, 0);
  return sink.send(frame, localAddress, remoteAddress, PROTOCOL_TCP) != SendResult.Busy;
}

/**
 * The RST that answers a segment for which there is no connection (RFC 9293 section 3.10.7.1).
 * A RST is never answered. True: one was sent.
 */
export function sendReset(sink: PacketSink, segment: TcpSegment): bool {
  if (segment.has(FLAG_RST)) return false;
  const answers = segment.has(FLAG_ACK);
  return sendBare(
    sink,
    segment.destination,
    segment.destinationPort,
    segment.source,
    segment.sourcePort,
    answers ? segment.acknowledgment : 0,
    answers ? 0 : segment.sequence + segment.span,
    answers ? FLAG_RST : FLAG_RST | FLAG_ACK,
    0,
  );
}

/** Copies from the send ring and sums on the way; a piece that wraps is summed afterwards. */
function copyPayload(connection: TcpConnection, to: usize, sequence: u32, length: u32): u64 {
  const ring = connection.sender.ring;
  const offset = connection.sender.offsetOf(sequence);
  if (ring.contiguous(offset) >= length) {
    return copyAndSum(to, ring.pointerAt(offset), length, 0);
  }
  ring.copyOut(offset, to, length);
  return sum(to, length);
}

function synHeader(connection: TcpConnection): u32 {
  return TCP_HEADER + (connection.offersScale ? SYN_OPTIONS : SYN_OPTIONS_UNSCALED);
}

function emitOptions(connection: TcpConnection, at: usize): void {
  const size = connection.ownSegmentSize;
  if (connection.offersScale) emitSynOptions(at, size, connection.receiver.wantedShift());
  else emitSegmentSize(at, size);
}
