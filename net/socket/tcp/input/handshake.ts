/** Opens connections: SYN-SENT (RFC 9293 section 3.10.7.3), the options of a SYN, ESTABLISHED. */
import { Drop } from "../../../wire/drop";
import { FLAG_ACK, FLAG_RST, FLAG_SYN } from "../../../wire/tcp";
import { SocketError } from "../../error";
import { ControlBlock } from "../control-block";
import { TcpSegment } from "../segment";
import { NO_SAMPLE } from "../send/sent-segments";
import { TcpEvent, TcpState } from "../state";

/**
 * Handles a segment in SYN-SENT. If it leads to ESTABLISHED, the caller must handle the data after
 * its SYN.
 */
export function receiveInSynSent(block: ControlBlock, segment: TcpSegment, now: i64): Drop {
  const sender = block.sender;
  const acknowledges = segment.has(FLAG_ACK);
  // Only the SYN can be in flight, so only ISS + 1 is a valid ACK, once the SYN was sent.
  const valid = acknowledges && segment.acknowledgment == sender.initial + 1;
  if (acknowledges && (!valid || sender.maximum == sender.initial)) {
    if (!segment.has(FLAG_RST)) segment.refuse();
    return Drop.TcpUnacceptable;
  }
  if (segment.has(FLAG_RST)) {
    if (!acknowledges) return Drop.TcpUnacceptable;
    block.end(SocketError.Refused);
    return Drop.None;
  }
  if (!segment.has(FLAG_SYN)) return Drop.TcpUnacceptable;
  takeSyn(block, segment);
  block.liveness.heard(now);
  if (acknowledges) {
    establish(block, segment, now);
    block.acknowledge();
    return Drop.None;
  }
  // A simultaneous open: send the SYN again, with an ACK. Data after the peer's SYN is dropped;
  // because it is not acknowledged, the peer sends it again.
  block.move(TcpEvent.Syn);
  sender.rewind();
  block.wake();
  return Drop.None;
}

/** Takes the peer's SYN: its sequence number and options. */
export function takeSyn(block: ControlBlock, segment: TcpSegment): void {
  const receiver = block.receiver;
  const sender = block.sender;
  const negotiated = block.negotiated;
  receiver.start(segment.sequence);
  receiver.offer();
  const options = segment.synOptions();
  sender.limit(negotiated.settle(options), negotiated.optionBytes);
  if (negotiated.scaling) {
    sender.scale(options.windowShift);
    receiver.scale();
  }
  // The window of a SYN is never scaled (RFC 7323 section 2.2).
  sender.setWindow(segment.sequence, segment.acknowledgment, segment.window);
}

/** Enters ESTABLISHED, because `segment` acknowledges this host's SYN. */
export function establish(block: ControlBlock, segment: TcpSegment, now: i64): void {
  const sender = block.sender;
  const roundTrip = block.roundTrip;
  const lostSyn = roundTrip.backoffs > 0;
  const acknowledgment = segment.acknowledgment;
  const segments = sender.segments;
  segments.beginAck();
  sender.acknowledge(acknowledgment, now);
  if (segments.sample != NO_SAMPLE) roundTrip.sample(segments.sample);
  block.recovery.rack.update(segments, now);
  if (lostSyn) roundTrip.afterLostSyn();
  const shift = segment.has(FLAG_SYN) ? 0 : sender.shift;
  sender.setWindow(segment.sequence, acknowledgment, segment.window << shift);
  block.congestion.start(sender.segmentSize, lostSyn);
  block.recovery.start(sender.initial, block.negotiated.selective);
  const opening = block.state == TcpState.SynSent;
  block.move(opening ? TcpEvent.SynAcknowledged : TcpEvent.AckOfSyn);
  block.stopRetransmit();
  block.established(now);
  if (sender.closing) block.move(TcpEvent.Close);
  if (sender.closing || sender.ring.length > 0) block.wake();
}
