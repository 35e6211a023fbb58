/**
 * The ACKs that a connection owes (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2): for every
 * second full-sized segment, at once for a FIN or while there is a gap, otherwise after ACK_DELAY.
 * ACKs are sent in `dispatch`, after the whole batch, so one covers all in-order data of a poll.
 *
 * As in Linux (tcp_enter_quickack_mode), the first ACKs are prompt: a peer in slow start opens its
 * window with each of them. Once the user answers what arrives, ACKs wait for the answers.
 */
import { randomBelow } from "../../../../core/random";
import { NEVER } from "../../../../core/time";
import { TcpCounter } from "../counters";
import { Scheduled } from "../time/schedule";
import {
  ACK_DELAY,
  ACK_PROMPT,
  CHALLENGE_PERIOD,
  CHALLENGES,
  PROMPT_ACKS,
  PROMPT_ACKS_LEAST,
} from "../timing";

/** `receivedAt` before data has arrived: long ago. */
const NO_DATA: i64 = i64.MIN_VALUE / 2;

@unmanaged
export class Acknowledgments {
  /** ACKs to send in the next `dispatch`; several after segments out of order. */
  due: u32;
  /** Bytes received in order since the last ACK was sent. */
  private bytes: u32;
  /** TCP_QUICKACK: whether ACKs are not delayed. */
  private quick: bool;
  /** Whether the running timer is that of a delayed ACK, not of a prompt one. */
  private delayed: bool;
  /** How often the user has answered: data was sent soon after data had arrived. */
  private answers: u32;
  /** Prompt ACKs left. */
  private prompt: u32;
  /** When data last arrived in order. */
  private receivedAt: i64;
  /** Challenge ACKs left in the period that began at `challengedAt` (RFC 5961 section 7). */
  private challengesLeft: u32;
  private challengedAt: i64;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Acknowledgments {
    const acknowledgments = changetype<Acknowledgments>(memory);
    acknowledgments.challengedAt = -1;
    acknowledgments.receivedAt = NO_DATA;
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

  /**
   * Returns the microseconds since data last arrived in order. If they are more than RTO, or if no
   * data has arrived yet, the peer is likely to be in slow start (RFC 5681 section 4.1).
   */
  silence(now: i64): i64 {
    return now - this.receivedAt;
  }

  /**
   * The peer has accepted the connection, and data waited for that: as in Linux, this data counts
   * as an answer. `segments` is as for `hurry`.
   */
  opened(segments: u32, now: i64): void {
    this.receivedAt = now;
    this.hurry(segments);
  }

  /** Sends prompt ACKs for half of the `segments` that the window lets the peer send. */
  hurry(segments: u32): void {
    const half = segments >>> 1;
    const most = half < PROMPT_ACKS ? half : PROMPT_ACKS;
    const count = most > PROMPT_ACKS_LEAST ? most : PROMPT_ACKS_LEAST;
    if (count > this.prompt) this.prompt = count;
  }

  /** RCV.NXT advanced by `moved`; a full-sized segment has `fullSize` bytes of data. */
  receivedInOrder(connection: Scheduled, moved: u32, fullSize: u32, now: i64): void {
    const bytes = this.bytes + moved;
    this.bytes = bytes;
    this.receivedAt = now;
    if (this.due > 0) {
      // The ACK for this advance supersedes the duplicate ACKs that were due.
      this.due = 1;
    } else if (bytes >= 2 * fullSize || this.quick) {
      this.owe(connection);
    } else if (this.prompt > 0 && this.answers < connection.schedule.settings.answersAwaited) {
      this.delayed = false;
      connection.setAcknowledge(now + ACK_PROMPT);
    } else if (connection.acknowledgeAt == NEVER) {
      this.delayed = true;
      connection.setAcknowledge(now + ACK_DELAY);
    }
  }

  /**
   * The timer of an ACK has expired. Reports whether it was delayed in vain: the user does not
   * answer any more.
   */
  expired(connection: Scheduled): bool {
    this.owe(connection);
    if (!this.delayed) return false;
    this.answers = 0;
    return true;
  }

  /** Notes that data was sent. */
  sentData(now: i64): void {
    if (now - this.receivedAt < ACK_DELAY) this.answers++;
  }

  /**
   * Has one more duplicate ACK sent. Without SACK (`selective`), the peer counts duplicates, and an
   * ACK of new data that is due is no duplicate: it is sent too.
   */
  receivedOutOfOrder(connection: Scheduled, selective: bool): void {
    if (this.bytes > 0 && this.due == 0 && !selective) this.due = 1;
    this.due++;
    connection.wake();
  }

  /** Notes that a segment with an ACK was sent. */
  sent(connection: Scheduled): void {
    if (this.due > 0) this.due--;
    if (this.prompt > 0 && this.bytes > 0) this.prompt--;
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
