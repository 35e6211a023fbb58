/** Opens connections: SYN-SENT (RFC 9293 section 3.10.7.3), the options of a SYN, ESTABLISHED. */
import { Drop } from "../../../wire/drop";
import { FLAG_ACK, FLAG_RST, FLAG_SYN } from "../../../wire/tcp";
import { TcpOptions } from "../../../wire/tcp-options";
import { SocketError } from "../../error";
import { ControlBlock } from "../control-block";
import { TcpCounter } from "../counters";
import { isNewAck } from "../receive/acceptance";
import { TcpSegment } from "../segment";
import { NO_SAMPLE } from "../send/sent-segments";
import { before } from "../sequence";
import { TcpEvent, TcpState } from "../state";
import { learnFastOpen } from "./fast-open";

/**
 * Handles a segment in SYN-SENT. If it leads to ESTABLISHED, the caller must handle the data after
 * its SYN.
 */
export function receiveInSynSent(block: ControlBlock, segment: TcpSegment, now: i64): Drop {
  const sender = block.sender;
  const acknowledges = segment.has(FLAG_ACK);
  // A valid ACK covers the SYN and, if that had data, maybe some of it.
  if (acknowledges && !isNewAck(segment.acknowledgment, sender.initial, sender.maximum)) {
    if (!segment.has(FLAG_RST)) segment.refuse();
    return Drop.TcpUnacceptable;
  }
  if (acknowledges && !echoesSyn(block, segment, now)) {
    block.schedule.counters.add(TcpCounter.PAWSActive);
    if (!segment.has(FLAG_RST)) segment.refuse();
    return Drop.TcpTimestamp;
  }
  if (segment.has(FLAG_RST)) {
    if (!acknowledges) return Drop.TcpUnacceptable;
    block.end(SocketError.Refused);
    return Drop.None;
  }
  if (!segment.has(FLAG_SYN)) return Drop.TcpUnacceptable;
  takeSyn(block, segment, now);
  block.liveness.heard(now);
  if (acknowledges) {
    establish(block, segment, now);
    if (block.fastOpen.tried) learnFastOpen(block, segment, now);
    if (before(sender.maximum, sender.end)) {
      const receiver = block.receiver;
      block.acknowledgments.opened(receiver.window / receiver.segmentSize, now);
    }
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

/**
 * Reports whether a segment that acknowledges this host's SYN echoes the timestamp of one of its
 * transmissions, or none: otherwise it is forged, or of an older connection.
 */
export function echoesSyn(block: ControlBlock, segment: TcpSegment, now: i64): bool {
  if (!block.negotiated.timestamps || !segment.timestamped || segment.echo == 0) return true;
  return block.timestamps.isEcho(segment.echo, block.liveness.progressAt, now);
}

/** Takes the peer's SYN: its sequence number and options. */
export function takeSyn(block: ControlBlock, segment: TcpSegment, now: i64): void {
  block.ecn.settle(segment.flags, segment.ecn, block.schedule.settings.ecn);
  takeOptions(block, segment.sequence, segment.synOptions(), segment.timestamped);
  if (block.negotiated.timestamps) block.timestamps.receivedSyn(segment.timestamp, now);
  // The window of a SYN is never scaled (RFC 7323 section 2.2).
  block.sender.setWindow(segment.sequence, segment.acknowledgment, segment.window);
}

/**
 * Restores the state SYN-RECEIVED when an ACK returns a cookie. `options` are those of the peer's
 * SYN, `withEcn` is whether both ends use ECN, and `sentAt` is when the SYN,ACK was sent.
 */
export function restoreSyn(
  block: ControlBlock,
  ack: TcpSegment,
  options: TcpOptions,
  withEcn: bool,
  sentAt: i64,
): void {
  takeOptions(block, ack.sequence - 1, options, ack.timestamped);
  block.sender.restore();
  block.liveness.progressed(sentAt);
  if (withEcn) block.ecn.agree();
  if (!block.negotiated.timestamps) return;
  block.timestamps.receivedSyn(ack.timestamp, block.schedule.now);
  block.timestamps.sent(block.receiver.next);
}

/** Takes the sequence number and the options of the peer's SYN. */
function takeOptions(
  block: ControlBlock,
  initial: u32,
  options: TcpOptions,
  timestamped: bool,
): void {
  const receiver = block.receiver;
  const sender = block.sender;
  const negotiated = block.negotiated;
  receiver.start(initial);
  receiver.offer();
  sender.limit(negotiated.settle(options, timestamped), negotiated.optionBytes);
  const known = block.schedule.pathMtus.of(block.endpoints.remote, block.schedule.now);
  if (known != 0) sender.fit(known);
  if (!negotiated.scaling) return;
  sender.scale(options.windowShift);
  receiver.scale();
}

/**
 * Measures the round-trip time of what was sent more than once by the timestamp that its ACK echoes
 * (RFC 7323 section 4).
 */
export function measureByEcho(block: ControlBlock, segment: TcpSegment, now: i64): void {
  if (!block.negotiated.timestamps || !segment.timestamped) return;
  const sample = block.timestamps.since(segment.echo, now);
  if (sample != NO_SAMPLE) block.roundTrip.sample(sample);
}

/** Enters ESTABLISHED, because `segment` acknowledges this host's SYN. */
export function establish(block: ControlBlock, segment: TcpSegment, now: i64): void {
  const sender = block.sender;
  const roundTrip = block.roundTrip;
  // If data was sent before the end of the handshake, the ACK may cover some: see
  // receiveAckOfEarlyData.
  const acknowledgment = block.fastOpen.early ? sender.initial + 1 : segment.acknowledgment;
  const segments = sender.segments;
  segments.beginAck();
  block.statistics.acknowledged(acknowledgment - sender.unacknowledged, 0, false, 0, now);
  sender.acknowledge(acknowledgment, now);
  const firstAt = block.liveness.progressAt;
  const timestamped = block.negotiated.timestamps && segment.timestamped;
  // If the first SYN is echoed, it was late but not lost (RFC 3522).
  const late = timestamped && segment.echo == block.timestamps.at(firstAt);
  const lostSyn = roundTrip.backoffs > 0 && !late;
  if (late) roundTrip.sample(now - firstAt);
  else if (segments.sample != NO_SAMPLE) roundTrip.sample(segments.sample);
  else measureByEcho(block, segment, now);
  block.recovery.rack.update(segments, false, now);
  if (lostSyn) roundTrip.afterLostSyn();
  const shift = segment.has(FLAG_SYN) ? 0 : sender.shift;
  sender.setWindow(segment.sequence, acknowledgment, segment.window << shift);
  block.receiver.open();
  block.congestion.start(sender.segmentSize, lostSyn);
  block.recovery.start(block.negotiated.selective);
  const opening = block.state == TcpState.SynSent;
  block.move(opening ? TcpEvent.SynAcknowledged : TcpEvent.AckOfSyn);
  block.stopRetransmit();
  block.established(now);
  if (sender.closing) block.move(TcpEvent.Close);
  if (sender.closing || sender.ring.length > 0) block.wake();
}
