/**
 * What happens when a timer of a connection expires: retransmission (RFC 6298 section 5), the
 * persist timer, the delayed ACK, keep-alive, FIN-WAIT-2, and giving up (RFC 9293 section 3.8.3).
 */
import { SocketError } from "../error";
import { ControlBlock } from "./control-block";
import { TcpState } from "./state";
import {
  GIVE_UP_DATA,
  GIVE_UP_SYN,
  HALF_CLOSED_IDLE,
  ORPHAN_CLOSED_WINDOW,
  ORPHAN_IDLE,
} from "./timing";

/** Restarts the retransmission timer. It expires at the latest when the connection is given up. */
export function armRetransmit(block: ControlBlock, now: i64): void {
  armBy(block, now + block.roundTrip.timeout(), now);
}

/** Starts the persist timer, which has a closed window probed (RFC 9293 section 3.8.6.1). */
export function armPersist(block: ControlBlock, now: i64): void {
  armBy(block, now + block.persist.start(block.roundTrip.timeout()), now);
}

/**
 * Bounds FIN-WAIT-2, so that a peer that never sends its FIN cannot hold the connection forever.
 */
export function armFinWait2(block: ControlBlock): void {
  block.setIdle(finWait2End(block));
}

/** Handles every timer of the connection that has expired; each is restarted or stopped. */
export function expire(block: ControlBlock, now: i64): void {
  if (block.acknowledgeAt <= now) {
    block.stopAcknowledge();
    block.acknowledge();
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
  // A connection is kept while its peer answers probes of a closed window (MUST-37); if its user
  // has released it, not forever.
  const heard = block.sender.window == 0 && liveness.heardAt > progressAt;
  if (!heard) return progressAt + GIVE_UP_DATA;
  const end = liveness.heardAt + GIVE_UP_DATA;
  const orphanEnd = progressAt + ORPHAN_CLOSED_WINDOW;
  return block.orphaned && orphanEnd < end ? orphanEnd : end;
}

function finWait2End(block: ControlBlock): i64 {
  return block.liveness.activityAt + (block.orphaned ? ORPHAN_IDLE : HALF_CLOSED_IDLE);
}

function expireRetransmit(block: ControlBlock, now: i64): void {
  if (now >= giveUpAt(block)) {
    const soft = block.softError;
    block.end(soft == SocketError.None ? SocketError.TimedOut : soft);
    return;
  }
  const sender = block.sender;
  if (block.state < TcpState.Established) {
    sender.rewind();
    backOff(block);
  } else if (sender.flight > 0) {
    block.recovery.timedOut(sender.unacknowledged, sender.maximum, sender.segmentSize);
    backOff(block);
    sender.believeClaim();
    sender.rewind();
    block.schedule.counters.timeouts++;
  } else {
    block.persist.expired();
  }
  block.wake();
}

/** Doubles RTO after a timeout, and no longer times what is in flight (RFC 6298 section 5.5). */
function backOff(block: ControlBlock): void {
  block.roundTrip.backOff();
  block.sender.segments.stopTiming();
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
    return;
  }
  if (block.liveness.probeDue) block.wake();
  block.setIdle(next);
}
