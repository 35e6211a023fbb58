/**
 * When an ACK is owed (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2): for every second full
 * segment, at once for what is out of order, after ACK_DELAY for the rest. What one poll found is
 * answered by one ACK, for ACKs go out in `dispatch`, after the whole batch.
 */
import { randomBelow } from "../../../core/random";
import { NEVER } from "../../../core/time";
import { TcpConnection } from "./connection";
import { ACK_DELAY, CHALLENGE_PERIOD, CHALLENGES } from "./timing";

/** An ACK goes out with the next `dispatch`. */
export function acknowledgeNow(connection: TcpConnection): void {
  if (connection.acknowledgmentsDue == 0) connection.acknowledgmentsDue = 1;
  connection.wake();
}

/** RCV.NXT moved by `moved`, through a segment with `length` bytes of data. */
export function receivedInOrder(
  connection: TcpConnection,
  moved: u32,
  length: u32,
  now: i64,
): void {
  const receiver = connection.receiver;
  connection.activityAt = now;
  if (length > receiver.segmentSize) {
    const most = connection.ownSegmentSize;
    receiver.segmentSize = length < most ? length : most;
  }
  connection.receivedUnacknowledged += moved;
  if (connection.acknowledgmentsDue > 0) {
    // Duplicate ACKs that were due are overtaken by this one.
    connection.acknowledgmentsDue = 1;
  } else if (connection.receivedUnacknowledged >= 2 * receiver.segmentSize) {
    acknowledgeNow(connection);
  } else if (connection.acknowledgeAt == NEVER) {
    connection.setAcknowledge(now + ACK_DELAY);
  }
}

/** Each segment out of order is a duplicate ACK, which fast retransmit counts. */
export function receivedOutOfOrder(connection: TcpConnection): void {
  if (connection.receivedUnacknowledged > 0 && connection.acknowledgmentsDue == 0) {
    connection.acknowledgmentsDue = 1;
  }
  connection.acknowledgmentsDue++;
  connection.wake();
}

/** A segment went out that carries an ACK. */
export function acknowledgmentSent(connection: TcpConnection): void {
  if (connection.acknowledgmentsDue > 0) connection.acknowledgmentsDue--;
  connection.acknowledgeAt = NEVER;
  connection.receivedUnacknowledged = 0;
}

/**
 * A challenge ACK (RFC 5961). The limit belongs to the connection and is drawn anew each second,
 * so that it tells nobody anything about another connection (section 7, CVE-2016-5696).
 */
export function challenge(connection: TcpConnection, now: i64): void {
  const schedule = connection.schedule;
  if (connection.challengedAt < 0 || now - connection.challengedAt >= CHALLENGE_PERIOD) {
    connection.challengedAt = now;
    connection.challengesLeft = CHALLENGES + randomBelow(schedule.random, CHALLENGES + 1);
  }
  if (connection.challengesLeft == 0) return;
  connection.challengesLeft--;
  schedule.counters.challengeAcks++;
  acknowledgeNow(connection);
}
