/**
 * What happens when a time of a connection has come: retransmission (RFC 6298 section 5), the
 * persist timer, the delayed ACK, keep-alive, FIN-WAIT-2, and giving up (RFC 9293 section 3.8.3).
 */
import { NEVER } from "../../../core/time";
import { SocketError } from "../error";
import { acknowledgeNow } from "./acknowledge";
import { TcpConnection } from "./connection";
import { TcpState } from "./state";
import {
  GIVE_UP_DATA,
  GIVE_UP_SYN,
  HALF_CLOSED_IDLE,
  KEEP_ALIVE_INTERVAL,
  KEEP_ALIVE_PROBES,
  ORPHAN_IDLE,
  RTO_MAXIMUM,
} from "./timing";

/** Starts the retransmission timer anew, or lets it end where the connection is given up. */
export function armRetransmit(connection: TcpConnection, now: i64): void {
  armBy(connection, now + connection.rtt.timeout(), now);
}

/** Starts the persist timer: a window that allows nothing is probed (section 3.8.6.1). */
export function armPersist(connection: TcpConnection, now: i64): void {
  const shift: u32 = connection.persistBackoffs < 16 ? connection.persistBackoffs : 16;
  const interval = connection.rtt.timeout() << shift;
  connection.persisting = true;
  armBy(connection, now + (interval < RTO_MAXIMUM ? interval : RTO_MAXIMUM), now);
}

/** Bounds FIN-WAIT-2, so that a peer that never sends its FIN holds nothing for ever. */
export function armFinWait2(connection: TcpConnection): void {
  connection.setIdle(finWait2End(connection));
}

/** Works on every time of the connection that has come; each is moved or cleared. */
export function expire(connection: TcpConnection, now: i64): void {
  if (connection.acknowledgeAt <= now) {
    connection.acknowledgeAt = NEVER;
    acknowledgeNow(connection);
  }
  if (connection.retransmitAt <= now) {
    connection.retransmitAt = NEVER;
    expireRetransmit(connection, now);
  }
  if (connection.idleAt <= now) {
    connection.idleAt = NEVER;
    expireIdle(connection, now);
  }
}

function armBy(connection: TcpConnection, at: i64, now: i64): void {
  const end = giveUpAt(connection);
  const earliest = end < at ? end : at;
  connection.setRetransmit(earliest > now ? earliest : now + 1);
}

/** When the connection fails if nothing more is acknowledged. */
function giveUpAt(connection: TcpConnection): i64 {
  if (connection.timeout > 0) return connection.progressAt + connection.timeout;
  if (connection.state < TcpState.Established) return connection.progressAt + GIVE_UP_SYN;
  // A peer that answers probes of its closed window is kept (MUST-37), but not for a connection
  // that its user has closed already.
  const sender = connection.sender;
  const closedWindow = sender.window == 0 && !sender.closing;
  const heard = closedWindow && connection.heardAt > connection.progressAt;
  return (heard ? connection.heardAt : connection.progressAt) + GIVE_UP_DATA;
}

function finWait2End(connection: TcpConnection): i64 {
  return connection.activityAt + (connection.orphaned ? ORPHAN_IDLE : HALF_CLOSED_IDLE);
}

function expireRetransmit(connection: TcpConnection, now: i64): void {
  if (now >= giveUpAt(connection)) {
    const soft = connection.softError;
    connection.end(soft == SocketError.None ? SocketError.TimedOut : soft);
    return;
  }
  const sender = connection.sender;
  if (connection.state < TcpState.Established) {
    sender.rewind();
    connection.rtt.backOff();
  } else if (sender.flight > 0) {
    const una = sender.unacknowledged;
    const again = connection.timedOutOnce && connection.timedOutAt == una;
    connection.congestion.timedOut(una, sender.maximum, sender.segmentSize, again);
    connection.timedOutOnce = true;
    connection.timedOutAt = una;
    connection.retransmitDue = false;
    connection.rtt.backOff();
    sender.rewind();
    connection.schedule.counters.timeouts++;
  } else {
    connection.probeDue = true;
  }
  connection.wake();
}

function expireIdle(connection: TcpConnection, now: i64): void {
  const state = connection.state;
  if (connection.lingering) {
    connection.receiver.release();
    connection.wake();
  } else if (state == TcpState.FinWait2) {
    if (finWait2End(connection) > now) armFinWait2(connection);
    else connection.end(SocketError.TimedOut);
  } else if (connection.keepAliveIdle > 0) {
    expireKeepAlive(connection, now);
  }
}

function expireKeepAlive(connection: TcpConnection, now: i64): void {
  const due = connection.heardAt + connection.keepAliveIdle;
  if (due > now) {
    connection.probes = 0;
    connection.setIdle(due);
    return;
  }
  if (connection.heardAt > connection.probedAt) connection.probes = 0;
  if (connection.probes >= KEEP_ALIVE_PROBES) {
    connection.end(SocketError.TimedOut);
    return;
  }
  connection.probes++;
  connection.probedAt = now;
  connection.keepAliveDue = true;
  connection.wake();
  connection.setIdle(now + KEEP_ALIVE_INTERVAL);
}
