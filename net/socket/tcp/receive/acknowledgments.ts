/**
 * The ACKs that a connection owes (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2): for every
 * second full-sized segment, at once for a segment out of order, otherwise after ACK_DELAY. ACKs
 * go out in `dispatch`, after the whole batch, so one ACK answers all that one poll brought in.
 */
import { randomBelow } from "../../../../core/random";
import { NEVER } from "../../../../core/time";
import { Scheduled } from "../time/schedule";
import { ACK_DELAY, CHALLENGE_PERIOD, CHALLENGES } from "../timing";

@unmanaged
export class Acknowledgments {
  /** ACKs that go out with the next `dispatch`; more than one after segments out of order. */
  due: u32;
  /** Bytes received since the last ACK was sent. */
  private bytes: u32;
  /** Challenge ACKs left in the period that began at `challengedAt` (RFC 5961 section 7). */
  private challengesLeft: u32;
  private challengedAt: i64;

  /** Places a new one in zeroed memory. */
  static at(memory: usize): Acknowledgments {
    const acknowledgments = changetype<Acknowledgments>(memory);
    acknowledgments.challengedAt = -1;
    return acknowledgments;
  }

  /** Owes an ACK of `connection`, whose ACKs these are, to be sent with the next `dispatch`. */
  owe(connection: Scheduled): void {
    if (this.due == 0) this.due = 1;
    connection.wake();
  }

  /** RCV.NXT advanced by `moved`; a full-sized segment has `fullSize` bytes of data. */
  receivedInOrder(connection: Scheduled, moved: u32, fullSize: u32, now: i64): void {
    const bytes = this.bytes + moved;
    this.bytes = bytes;
    if (this.due > 0) {
      // This one supersedes the duplicate ACKs that were due.
      this.due = 1;
    } else if (bytes >= 2 * fullSize) {
      this.owe(connection);
    } else if (connection.acknowledgeAt == NEVER) {
      connection.setAcknowledge(now + ACK_DELAY);
    }
  }

  /** Owes a duplicate ACK: fast retransmit at the peer counts them. */
  receivedOutOfOrder(connection: Scheduled): void {
    if (this.bytes > 0 && this.due == 0) this.due = 1;
    this.due++;
    connection.wake();
  }

  /** A segment went out that carries an ACK. */
  sent(connection: Scheduled): void {
    if (this.due > 0) this.due--;
    connection.stopAcknowledge();
    this.bytes = 0;
  }

  /**
   * Owes a challenge ACK (RFC 5961) unless the connection had its share. The limit is per
   * connection and drawn anew each second, so that it reveals nothing about other connections
   * (section 7, CVE-2016-5696).
   */
  challenge(connection: Scheduled, now: i64): void {
    const schedule = connection.schedule;
    if (this.challengedAt < 0 || now - this.challengedAt >= CHALLENGE_PERIOD) {
      this.challengedAt = now;
      this.challengesLeft = CHALLENGES + randomBelow(schedule.random, CHALLENGES + 1);
    }
    if (this.challengesLeft == 0) return;
    this.challengesLeft--;
    schedule.counters.challengeAcks++;
    this.owe(connection);
  }
}
