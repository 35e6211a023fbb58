/**
 * The ACKs that a connection owes (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2): for every
 * second full-sized segment, at once for a FIN or while there is a gap, otherwise after ACK_DELAY.
 * ACKs are sent in `dispatch`, after the whole batch, so one covers all in-order data of a poll.
 */
import { randomBelow } from "../../../../core/random";
import { NEVER } from "../../../../core/time";
import { TcpCounter } from "../counters";
import { Scheduled } from "../time/schedule";
import { ACK_DELAY, CHALLENGE_PERIOD, CHALLENGES } from "../timing";

@unmanaged
export class Acknowledgments {
  /** ACKs to send in the next `dispatch`; several after segments out of order. */
  due: u32;
  /** Bytes received in order since the last ACK was sent. */
  private bytes: u32;
  /** TCP_QUICKACK: whether ACKs are not delayed. */
  private quick: bool;
  /** Challenge ACKs left in the period that began at `challengedAt` (RFC 5961 section 7). */
  private challengesLeft: u32;
  private challengedAt: i64;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Acknowledgments {
    const acknowledgments = changetype<Acknowledgments>(memory);
    acknowledgments.challengedAt = -1;
    return acknowledgments;
  }

  /** Has an ACK sent in the next `dispatch`. `connection` is the one that owns this object. */
  owe(connection: Scheduled): void {
    if (this.due == 0) this.due = 1;
    connection.wake();
  }

  /** Sets TCP_QUICKACK, which also has a delayed ACK sent. */
  setQuick(connection: Scheduled, on: bool): void {
    this.quick = on;
    if (on && connection.acknowledgeAt != NEVER) this.owe(connection);
  }

  /** RCV.NXT advanced by `moved`; a full-sized segment has `fullSize` bytes of data. */
  receivedInOrder(connection: Scheduled, moved: u32, fullSize: u32, now: i64): void {
    const bytes = this.bytes + moved;
    this.bytes = bytes;
    if (this.due > 0) {
      // The ACK for this advance supersedes the duplicate ACKs that were due.
      this.due = 1;
    } else if (bytes >= 2 * fullSize || this.quick) {
      this.owe(connection);
    } else if (connection.acknowledgeAt == NEVER) {
      connection.setAcknowledge(now + ACK_DELAY);
    }
  }

  /** Has one more duplicate ACK sent, because the peer's fast retransmit counts them. */
  receivedOutOfOrder(connection: Scheduled): void {
    if (this.bytes > 0 && this.due == 0) this.due = 1;
    this.due++;
    connection.wake();
  }

  /** Notes that a segment with an ACK was sent. */
  sent(connection: Scheduled): void {
    if (this.due > 0) this.due--;
    connection.stopAcknowledge();
    this.bytes = 0;
  }

  /**
   * Has a challenge ACK sent (RFC 5961), unless the connection has reached its limit. Each
   * connection has its own limit, drawn at random every second, so that it reveals nothing about
   * other connections (section 7, CVE-2016-5696).
   */
  challenge(connection: Scheduled, now: i64): void {
    const schedule = connection.schedule;
    if (this.challengedAt < 0 || now - this.challengedAt >= CHALLENGE_PERIOD) {
      this.challengedAt = now;
      this.challengesLeft = CHALLENGES + randomBelow(schedule.random, CHALLENGES + 1);
    }
    if (this.challengesLeft == 0) {
      schedule.counters.add(TcpCounter.ACKSkippedChallenge);
      return;
    }
    this.challengesLeft--;
    schedule.counters.add(TcpCounter.ChallengeACK);
    this.owe(connection);
  }
}
