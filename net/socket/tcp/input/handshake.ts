/** Opening a connection: SYN-SENT (RFC 9293 section 3.10.7.3), a SYN's options, ESTABLISHED. */
import { NEVER } from "../../../../core/time";
import { Drop } from "../../../wire/drop";
import { FLAG_ACK, FLAG_RST, FLAG_SYN } from "../../../wire/tcp";
import { SocketError } from "../../error";
import { acknowledgeNow } from "../acknowledge";
import { TcpConnection } from "../connection";
import { TcpSegment } from "../segment";
import { TcpEvent } from "../state";
import { SEGMENT_SIZE_DEFAULT, SEGMENT_SIZE_MINIMUM } from "../timing";

/** A segment in SYN-SENT. If it leads to ESTABLISHED, the data behind its SYN is still to come. */
export function receiveInSynSent(connection: TcpConnection, segment: TcpSegment, now: i64): Drop {
  const sender = connection.sender;
  const acknowledges = segment.has(FLAG_ACK);
  // Only the SYN is out: the one right ACK is ISS + 1, once the SYN was sent.
  const right = acknowledges && segment.acknowledgment == sender.initial + 1;
  if (acknowledges && (!right || sender.maximum == sender.initial)) {
    segment.refused = !segment.has(FLAG_RST);
    return Drop.TcpUnacceptable;
  }
  if (segment.has(FLAG_RST)) {
    if (!acknowledges) return Drop.TcpUnacceptable;
    connection.end(SocketError.Refused);
    return Drop.None;
  }
  if (!segment.has(FLAG_SYN)) return Drop.TcpUnacceptable;
  takeSyn(connection, segment);
  connection.heardAt = now;
  if (acknowledges) {
    establish(connection, segment, now);
    acknowledgeNow(connection);
    return Drop.None;
  }
  // Both sides opened at once: the SYN goes out again, with an ACK. What came behind the peer's
  // SYN is not acknowledged yet and comes again.
  connection.move(TcpEvent.Syn);
  sender.rewind();
  connection.wake();
  return Drop.None;
}

/** The peer's SYN: its sequence number, segment size and scale. */
export function takeSyn(connection: TcpConnection, segment: TcpSegment): void {
  const receiver = connection.receiver;
  const sender = connection.sender;
  receiver.start(segment.sequence);
  receiver.offer();
  segment.parseOptions();
  const options = segment.options;
  let size = options.segmentSize == 0 ? SEGMENT_SIZE_DEFAULT : options.segmentSize;
  if (size < SEGMENT_SIZE_MINIMUM) size = SEGMENT_SIZE_MINIMUM;
  sender.segmentSize = size < connection.ownSegmentSize ? size : connection.ownSegmentSize;
  if (options.scaled && connection.offersScale) {
    sender.shift = options.windowShift;
    receiver.shift = receiver.wantedShift();
  } else {
    connection.offersScale = false;
  }
  // The window of a SYN itself is never scaled (RFC 7323 section 2.2).
  sender.setWindow(segment.sequence, segment.acknowledgment, segment.window);
}

/** The own SYN is acknowledged by `segment`: into ESTABLISHED. */
export function establish(connection: TcpConnection, segment: TcpSegment, now: i64): void {
  const sender = connection.sender;
  const rtt = connection.rtt;
  const lostSyn = rtt.backoffs > 0;
  const acknowledgment = segment.acknowledgment;
  rtt.acknowledged(acknowledgment, now);
  if (lostSyn) rtt.afterLostSyn();
  sender.acknowledge(acknowledgment);
  const shift = segment.has(FLAG_SYN) ? 0 : sender.shift;
  sender.setWindow(segment.sequence, acknowledgment, segment.window << shift);
  connection.congestion.start(sender.initial, sender.segmentSize, lostSyn);
  connection.move(segment.has(FLAG_SYN) ? TcpEvent.SynAcknowledged : TcpEvent.AckOfSyn);
  connection.wasEstablished = true;
  connection.retransmitAt = NEVER;
  connection.progressAt = now;
  connection.heardAt = now;
  connection.activityAt = now;
  if (connection.keepAliveIdle > 0) connection.setIdle(now + connection.keepAliveIdle);
  if (sender.closing) connection.move(TcpEvent.Close);
  if (sender.closing || sender.ring.length > 0) connection.wake();
}
