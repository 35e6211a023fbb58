/**
 * What happens when a timer of a connection expires: retransmission (RFC 6298 section 5), RACK and
 * tail loss probes (RFC 8985), the persist timer, the delayed ACK, pacing, keep-alive, FIN-WAIT-2,
 * and giving up (RFC 9293 section 3.8.3).
 */
import { SocketError } from "../error";
import { ControlBlock, TimerUse } from "./control-block";
import { TcpCounter } from "./counters";
import { NO_FIN_WAIT } from "./socket-options";
import { TcpState } from "./state";
import {
  ACK_DELAY_WORST,
  GIVE_UP_DATA,
  GIVE_UP_SYN,
  HALF_CLOSED_IDLE,
  ORPHAN_CLOSED_WINDOW,
  PROBE_INITIAL,
  PROBE_SLACK,
} from "./timing";

/**
 * Restarts the retransmission timer: as RACK's reordering timer if that is due before the timeout
 * (RFC 8985 section 8), else for a tail loss probe if one is allowed (section 7.2), else for the
 * timeout. Like all functions here, never sets it later than `giveUpAt`.
 */
export function armRetransmit(block: ControlBlock, now: i64): void {
  const recovery = block.recovery;
  const timeout = now + block.roundTrip.timeout();
  block.setTimeoutAt(timeout);
  if (recovery.reorderingAt < timeout) {
    block.setTimerUse(TimerUse.Reordering);
    armBy(block, recovery.reorderingAt, now);
  } else if (recovery.mayProbe) {
    armProbe(block, now);
  } else {
    block.setTimerUse(TimerUse.Timeout);
    armBy(block, timeout, now);
  }
}

/**
 * Restarts the retransmission timer for a tail loss probe, without moving the timeout. If the
 * timeout is due first, the probe is sent then, in its place (RFC 8985 section 7.2).
 */
export function armProbe(block: ControlBlock, now: i64): void {
  const probeAt = now + probeInterval(block);
  const timeoutAt = block.timeoutAt;
  block.setTimerUse(TimerUse.Probe);
  armBy(block, probeAt < timeoutAt ? probeAt : timeoutAt, now);
}

/** Restarts the retransmission timer for the timeout, not for a probe. */
export function armTimeout(block: ControlBlock, now: i64): void {
  const timeout = now + block.roundTrip.timeout();
  block.setTimeoutAt(timeout);
  block.setTimerUse(TimerUse.Timeout);
  armBy(block, timeout, now);
}

/** Starts the persist timer; when it expires, a closed window is probed (RFC 9293, 3.8.6.1). */
export function armPersist(block: ControlBlock, now: i64): void {
  block.setTimerUse(TimerUse.Timeout);
  armBy(block, now + block.persist.start(block.roundTrip.timeout()), now);
}

/**
 * Bounds FIN-WAIT-2, so that a peer that never sends its FIN cannot hold the connection forever; or
 * ends it, if TCP_LINGER2 says so.
 */
export function armFinWait2(block: ControlBlock): void {
  if (block.orphaned && block.finTimeout == NO_FIN_WAIT) {
    block.schedule.counters.add(TcpCounter.AbortOnLinger);
    block.reset();
  } else {
    block.setIdle(finWait2End(block));
  }
}

/** Handles every timer of the connection that has expired; each is restarted or stopped. */
export function expire(block: ControlBlock, now: i64): void {
  if (block.acknowledgeAt <= now) {
    block.stopAcknowledge();
    if (block.acknowledgments.expired(block)) block.schedule.counters.add(TcpCounter.DelayedACKs);
  }
  if (block.paceAt <= now) {
    block.stopPace();
    block.wake();
  }
  if (block.retransmitAt <= now) {
    block.stopRetransmit();
    expireRetransmit(block, now);
  }
  if (block.idleAt <= now) {
    block.stopIdle();
    expireIdle(block, now);
  }
}

/**
 * Returns the probe timeout (PTO): two round trips plus, for a lone segment, the delay its ACK may
 * have, else PROBE_SLACK. Before the first measurement it is PROBE_INITIAL.
 */
function probeInterval(block: ControlBlock): i64 {
  const smoothed = block.roundTrip.smoothed;
  if (smoothed == 0) return PROBE_INITIAL;
  const lone = block.sender.segments.count == 1;
  return 2 * smoothed + (lone ? ACK_DELAY_WORST : PROBE_SLACK);
}

function armBy(block: ControlBlock, at: i64, now: i64): void {
  const end = giveUpAt(block);
  const earliest = end < at ? end : at;
  block.setRetransmit(earliest > now ? earliest : now + 1);
}

/** Returns when the connection fails if nothing more is acknowledged. */
function giveUpAt(block: ControlBlock): i64 {
  const liveness = block.liveness;
  const progressAt = liveness.progressAt;
  if (block.userTimeout > 0) return progressAt + block.userTimeout;
  if (block.state < TcpState.Established) return progressAt + GIVE_UP_SYN;
  // A connection is kept while its peer answers probes of a closed window (MUST-37), but not
  // forever once its user has released it.
  const heard = block.sender.window == 0 && liveness.heardAt > progressAt;
  if (!heard) return progressAt + GIVE_UP_DATA;
  const end = liveness.heardAt + GIVE_UP_DATA;
  const orphanEnd = progressAt + ORPHAN_CLOSED_WINDOW;
  return block.orphaned && orphanEnd < end ? orphanEnd : end;
}

/**
 * Reports whether the limit of consecutive retransmissions is reached: R2 as a count (RFC 9293
 * section 3.8.3). If there is a user timeout, no limit applies.
 */
function retriesUsedUp(block: ControlBlock): bool {
  if (block.userTimeout > 0) return false;
  const settings = block.schedule.settings;
  const count = block.roundTrip.backoffs;
  if (block.state == TcpState.SynSent) {
    const own = block.synRetries;
    return count >= (own != 0 ? own : settings.synRetries);
  }
  if (block.state == TcpState.SynReceived) return count >= settings.synAckRetries;
  const most = block.orphaned ? settings.orphanRetries : settings.dataRetries;
  return block.sender.flight != 0 && count >= most;
}

function finWait2End(block: ControlBlock): i64 {
  if (!block.orphaned) return block.liveness.activityAt + HALF_CLOSED_IDLE;
  const usual = block.schedule.settings.finTimeout;
  const own = block.finTimeout;
  return block.liveness.activityAt + (own > 0 && own < usual ? own : usual);
}

/**
 * Looks for a network that drops connections with Fast Open: as in Linux, the third timeout in a
 * row, or giving up before it, is a sign of one (RFC 7413 section 4.1.3.1).
 */
function lookForBlackHole(block: ControlBlock, over: bool, now: i64): void {
  const timeouts = block.roundTrip.backoffs;
  if (timeouts == 2 || (timeouts < 2 && over)) block.schedule.blackHole.detected(now);
}

function expireRetransmit(block: ControlBlock, now: i64): void {
  const over = now >= giveUpAt(block) || retriesUsedUp(block);
  if (block.fastOpen.tried) lookForBlackHole(block, over, now);
  if (over) {
    const soft = block.softError;
    block.end(soft == SocketError.None ? SocketError.TimedOut : soft);
    block.schedule.counters.add(TcpCounter.AbortOnTimeout);
    return;
  }
  const sender = block.sender;
  const recovery = block.recovery;
  if (block.state < TcpState.Established) {
    // TCP_DEFER_ACCEPT: the peer has acknowledged the SYN,ACK. Wait for its data; send nothing.
    if (block.deferredUntil > now) {
      armBy(block, block.deferredUntil, now);
      return;
    }
    sender.rewind();
    block.roundTrip.backOff();
  } else if (sender.flight == 0) {
    block.persist.expired();
  } else if (block.timer == TimerUse.Probe) {
    recovery.requestProbe(true);
    armTimeout(block, now);
  } else if (block.timer == TimerUse.Reordering) {
    recovery.reorderingExpired(block.roundTrip.smoothed, now);
    armRetransmit(block, now);
  } else {
    recovery.timedOut();
    block.roundTrip.backOff();
    sender.timedOut(block.schedule.settings.mtuProbing ? block.roundTrip.backoffs : 0);
    armTimeout(block, now);
    block.schedule.counters.add(TcpCounter.Timeouts);
  }
  block.wake();
}

function expireIdle(block: ControlBlock, now: i64): void {
  if (block.state == TcpState.FinWait2) {
    if (finWait2End(block) > now) armFinWait2(block);
    else block.end(SocketError.TimedOut);
  } else if (block.liveness.keepAliveIdle > 0) {
    expireKeepAlive(block, now);
  }
}

function expireKeepAlive(block: ControlBlock, now: i64): void {
  const next = block.liveness.keepAliveExpired(now);
  if (next == 0) {
    block.end(SocketError.TimedOut);
    block.schedule.counters.add(TcpCounter.AbortOnTimeout);
    return;
  }
  if (block.liveness.probeDue) block.wake();
  block.setIdle(next);
}
