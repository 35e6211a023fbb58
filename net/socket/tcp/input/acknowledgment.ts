/** Handles the ACK field of a segment (RFC 9293 section 3.10.7.4, fifth). */
import { Drop } from "../../../wire/drop";
import { FLAG_ECE, FLAG_FIN } from "../../../wire/tcp";
import { SocketError } from "../../error";
import { ControlBlock } from "../control-block";
import { TcpCounter } from "../counters";
import { armFinWait2, armRetransmit } from "../deadlines";
import { AckEvent } from "../loss/ack-event";
import { isNewAck, isPlausibleAck } from "../receive/acceptance";
import { TcpSegment } from "../segment";
import { NO_SAMPLE } from "../send/sent-segments";
import { before } from "../sequence";
import { TcpEvent, TcpState } from "../state";
import { Activity } from "../statistics";
import { establish, measureByEcho } from "./handshake";

/** Handles the ACK field of a segment that is acceptable, probes a closed window, or is the SYN,ACK
 * of a simultaneous open. */
export function receiveAcknowledgment(block: ControlBlock, segment: TcpSegment, now: i64): Drop {
  const sender = block.sender;
  const acknowledgment = segment.acknowledgment;
  const unacknowledged = sender.unacknowledged;
  const isNew = isNewAck(acknowledgment, unacknowledged, sender.maximum);
  if (block.state == TcpState.SynReceived) {
    if (!isNew) {
      segment.refuse();
      return Drop.TcpUnacceptable;
    }
    establish(block, segment, now);
    return block.fastOpen.early ? receiveAckOfEarlyData(block, segment, now) : Drop.None;
  }
  const largest = sender.largestWindow;
  if (!isPlausibleAck(acknowledgment, unacknowledged, sender.maximum, largest)) {
    block.challenge(now);
    return Drop.TcpUnacceptable;
  }
  const window = segment.window << sender.shift;
  const old = sender.window;
  const bare = segment.length == 0 && !segment.has(FLAG_FIN);
  const same = acknowledgment == unacknowledged && window == old && window > 0;
  const ack = block.schedule.ack;
  const advance = isNew ? acknowledgment - unacknowledged : 0;
  ack.begin(advance, sender.flight, same && bare && sender.flight > 0);
  sender.segments.beginAck();
  if (isNew) sender.acknowledge(acknowledgment, now);
  const sacks = segment.hasOptions && segment.options.sackBlocks > 0 && block.negotiated.selective;
  if (sacks) markSacked(block, segment, ack, now);
  if (isNew || ack.duplicate || sacks) applyAck(block, segment, ack, now);
  if (((acknowledgment - unacknowledged) as i32) >= 0) {
    sender.updateWindow(segment.sequence, acknowledgment, window);
    if (sender.window > old) block.wake();
  }
  return Drop.None;
}

/**
 * Handles what the ACK that has ended the handshake says about data sent before (RFC 7413 section
 * 4.2.2).
 */
function receiveAckOfEarlyData(block: ControlBlock, segment: TcpSegment, now: i64): Drop {
  const sender = block.sender;
  if (sender.flight > 0) armRetransmit(block, now);
  const more = segment.acknowledgment != sender.unacknowledged;
  const sacks = segment.hasOptions && segment.options.sackBlocks > 0;
  return more || sacks ? receiveAcknowledgment(block, segment, now) : Drop.None;
}

/** Handles an acknowledgment of something new, without SACK blocks. */
export function acknowledged(block: ControlBlock, segment: TcpSegment, now: i64): void {
  const sender = block.sender;
  const acknowledgment = segment.acknowledgment;
  const ack = block.schedule.ack;
  ack.begin(acknowledgment - sender.unacknowledged, sender.flight, false);
  sender.segments.beginAck();
  sender.acknowledge(acknowledgment, now);
  applyAck(block, segment, ack, now);
}

/** Acts on an ACK that `SentSegments` already reflects. */
function applyAck(block: ControlBlock, segment: TcpSegment, ack: AckEvent, now: i64): void {
  const sender = block.sender;
  const segments = sender.segments;
  const recovery = block.recovery;
  const roundTrip = block.roundTrip;
  if (segments.sample != NO_SAMPLE) {
    roundTrip.sample(segments.sample);
    block.congestion.measured(segments.sample, roundTrip.smoothed);
  } else if (ack.advance > 0) {
    measureByEcho(block, segment, now);
  }
  let original: bool = false;
  if (segment.timestamped && block.negotiated.timestamps) {
    original = echoesOriginal(block, segment, ack, now);
  }
  if (segment.has(FLAG_ECE) && block.ecn.agreed) ack.noteCongested();
  recovery.rack.update(segments, original, now);
  const smoothed = roundTrip.smoothed;
  block.statistics.acknowledged(ack.advance, segments.delivered, segments.reordered, smoothed, now);
  const reorderingAt = recovery.reorderingAt;
  const restarts = recovery.acknowledged(ack, smoothed, now);
  if (ack.advance > 0) {
    block.liveness.progressed(now);
    if (sender.pathMtu.searching) endSizeProbe(block, now);
    sender.tune(block.congestion.window());
    block.persist.acknowledged(sender.unacknowledged == sender.maximum);
  }
  if (sender.unacknowledged == sender.maximum) {
    // Without progress, the running timer is the persist timer: leave it.
    if (ack.advance > 0) block.stopRetransmit();
    if (sender.unsent == 0) block.statistics.note(Activity.Idle, true, now);
  } else if (restarts || recovery.reorderingAt < reorderingAt) {
    armRetransmit(block, now);
  }
  if (sender.unsent > 0 || sender.finDue || segments.lost > 0 || recovery.probeDue) block.wake();
  if (ack.advance > 0 && sender.finAcknowledged) finAcknowledged(block, now);
}

/**
 * Reports whether the echoed timestamp proves that the ACK answers an earlier transmission of the
 * newest segment acknowledged, not its retransmission (RFC 8985 section 6.2, step 2). Notes in
 * `ack` if it proves the same of the first segment that this recovery retransmitted: the recovery
 * was needless (the Eifel algorithm, RFC 3522). The echo is the timestamp of the segment at the old
 * SND.UNA, so it proves nothing about later ones.
 */
function echoesOriginal(block: ControlBlock, segment: TcpSegment, ack: AckEvent, now: i64): bool {
  const resentAt = block.recovery.undoing.resentAt;
  const sender = block.sender;
  const segments = sender.segments;
  if (ack.advance == 0 || (resentAt == 0 && !segments.newestRetransmitted)) return false;
  const timestamps = block.timestamps;
  const echo = segment.echo;
  if (timestamps.since(echo, now) == NO_SAMPLE) return false;
  if (resentAt > 0 && timestamps.echoesBefore(echo, resentAt)) ack.noteNeedless();
  const start = sender.unacknowledged - ack.advance;
  const first = segments.newestEnd - start <= sender.segmentSize;
  return first && segments.newestRetransmitted && timestamps.echoesBefore(echo, segments.newestAt);
}

/**
 * Marks what the SACK option of a segment covers; ignores impossible blocks. Notes in `ack` if the
 * first block is a D-SACK: below the segment's own acknowledgment, which may be older than SND.UNA,
 * or inside the second block (RFC 2883 section 4).
 */
function markSacked(block: ControlBlock, segment: TcpSegment, ack: AckEvent, now: i64): void {
  const sender = block.sender;
  const options = segment.options;
  const una = sender.unacknowledged;
  const counters = block.schedule.counters;
  for (let i: u32 = 0; i < options.sackBlocks; i++) {
    const from = options.sackFrom(i);
    const to = options.sackTo(i);
    if (!before(from, to) || before(sender.maximum, to)) {
      counters.add(TcpCounter.SACKDiscard);
      continue;
    }
    if (i == 0) {
      const second = options.sackBlocks > 1;
      if (
        before(from, segment.acknowledgment)
          ? !before(from, una - sender.largestWindow)
          : second && !before(from, options.sackFrom(1)) && !before(options.sackTo(1), to)
      ) {
        const old = before(from, segment.acknowledgment);
        counters.add(old ? TcpCounter.DSACKRecv : TcpCounter.DSACKOfoRecv);
        block.statistics.duplicated();
        ack.noteDuplicate(from, to);
      }
    }
    if (!before(from, una)) sender.segments.sack(from, to, now);
  }
}

/**
 * If a probe of the path MTU has arrived, makes this connection's segments larger, and those of
 * later connections to the destination.
 */
function endSizeProbe(block: ControlBlock, now: i64): void {
  const sender = block.sender;
  if (!sender.raise()) return;
  const schedule = block.schedule;
  schedule.counters.add(TcpCounter.MTUPSuccess);
  if (!sender.pathMtu.confirmed) return;
  schedule.pathMtus.learn(block.endpoints.remote, sender.packetSize, now);
}

function finAcknowledged(block: ControlBlock, now: i64): void {
  const state = block.state;
  block.move(TcpEvent.AckOfFin);
  if (state == TcpState.FinWait1) {
    block.liveness.acted(now);
    armFinWait2(block);
  } else if (state == TcpState.LastAck) {
    block.end(SocketError.None);
  }
}
