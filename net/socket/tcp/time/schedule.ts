/**
 * Which connections need attention, and when. Those with something to send are on the active list;
 * those that wait for a deadline are in a binary heap. In a turn, all others cost nothing.
 */
import { TCP_CONNECTIONS_FIRST } from "../../../../core/limits";
import { Pages } from "../../../../core/pages";
import { Random } from "../../../../core/random";
import { NEVER } from "../../../../core/time";
import { Timed, TimerQueue } from "../../../../core/timer-queue";
import { BareSegment } from "../bare-segment";
import { TcpCounters } from "../counters";
import { BlackHole } from "../fast-open/black-hole";
import { FastOpenPeers } from "../fast-open/peers";
import { AckEvent } from "../loss/ack-event";
import { PathMtus } from "../send/path-mtus";
import { TcpSettings } from "../settings";
import { SynOptions } from "../syn-options";

/**
 * What all connections of a host share: time, randomness, counters, settings, the active list and
 * timers.
 */
export class Schedule {
  /** The time of the current or last `process` or `dispatch`, which calls of the user use too. */
  now: i64 = 0;
  /** Connections on the active list. */
  activeCount: u32 = 0;
  /** Connections that their user has released. */
  orphans: u32 = 0;
  readonly timers: TimerQueue = new TimerQueue(TCP_CONNECTIONS_FIRST);
  readonly counters: TcpCounters;
  /** The memory of all buffers. */
  readonly pages: Pages = new Pages();
  readonly settings: TcpSettings;
  /** The ACK that is being handled. */
  readonly ack: AckEvent = new AckEvent();
  /** The segment without a connection that is being sent. */
  readonly bare: BareSegment = new BareSegment();
  /** The options of the SYN that is being sent. */
  readonly synOptions: SynOptions = new SynOptions();
  readonly pathMtus: PathMtus = new PathMtus();
  /** Where and whether this host connects with Fast Open. */
  readonly fastOpenPeers: FastOpenPeers = new FastOpenPeers();
  readonly blackHole: BlackHole;
  private first: Scheduled | null = null;
  private last: Scheduled | null = null;

  constructor(readonly random: Random) {
    const counters = new TcpCounters();
    const settings = new TcpSettings();
    this.counters = counters;
    this.settings = settings;
    this.blackHole = new BlackHole(settings.fastOpen, counters);
  }

  /** Sets the time; every call of `Tcp` that is given the time starts with this. */
  setNow(now: i64): void {
    this.now = now;
  }

  /** A user has released a connection. */
  orphaned(): void {
    this.orphans++;
  }
  /** Such a connection is over. */
  orphanEnded(): void {
    this.orphans--;
  }

  /** Appends a connection to the active list, unless it is already there or is not attached. */
  wake(connection: Scheduled): void {
    if (connection.active || !connection.attached) return;
    connection.active = true;
    connection.activeNext = null;
    const last = this.last;
    if (last == null) this.first = connection;
    else last.activeNext = connection;
    this.last = connection;
    this.activeCount++;
  }

  /** Removes the first connection from the active list and returns it, or null. */
  take(): Scheduled | null {
    const first = this.first;
    if (first == null) return null;
    this.first = first.activeNext;
    if (this.first == null) this.last = null;
    first.activeNext = null;
    first.active = false;
    this.activeCount--;
    return first;
  }
}

/**
 * A connection as the schedule sees it. Times are microseconds since boot, NEVER if not running.
 */
export class Scheduled extends Timed {
  /** Whether the schedule serves the connection; if not, wake-ups and timers have no effect. */
  attached: bool = false;
  /** The timer of retransmission, probes and RACK (see TimerUse), and of the closed window. */
  retransmitAt: i64 = NEVER;
  /** The delayed-ACK timer. */
  acknowledgeAt: i64 = NEVER;
  /** The timer of keep-alive and of FIN-WAIT-2. */
  idleAt: i64 = NEVER;
  /** When a paced connection sends its next burst (send/pacing.ts). */
  paceAt: i64 = NEVER;
  /** Whether the connection is on the active list, and the next connection there. */
  active: bool = false;
  activeNext: Scheduled | null = null;

  constructor(readonly schedule: Schedule) {
    super();
  }

  attach(): void {
    this.attached = true;
  }

  /** Removes the connection from the heap; the active list drops it at its turn. */
  detach(): void {
    this.schedule.timers.remove(this);
    this.attached = false;
  }

  /** Makes the next `dispatch` look at the connection. */
  wake(): void {
    this.schedule.wake(this);
  }

  setRetransmit(at: i64): void {
    this.retransmitAt = at;
    this.expireBy(at);
  }
  setAcknowledge(at: i64): void {
    this.acknowledgeAt = at;
    this.expireBy(at);
  }
  setIdle(at: i64): void {
    this.idleAt = at;
    this.expireBy(at);
  }
  setPace(at: i64): void {
    this.paceAt = at;
    this.expireBy(at);
  }

  // Stopping a timer does not change the heap's key; `TimerQueue` corrects the key at the top.
  stopRetransmit(): void {
    this.retransmitAt = NEVER;
  }
  stopAcknowledge(): void {
    this.acknowledgeAt = NEVER;
  }
  stopIdle(): void {
    this.idleAt = NEVER;
  }
  stopPace(): void {
    this.paceAt = NEVER;
  }
  stopTimers(): void {
    this.paceAt = NEVER;
    this.retransmitAt = NEVER;
    this.acknowledgeAt = NEVER;
    this.idleAt = NEVER;
  }

  private expireBy(at: i64): void {
    if (at < this.timerKey && this.attached) this.schedule.timers.lower(this, at);
  }

  /** Returns the earliest deadline. */
  deadline(): i64 {
    let at = this.retransmitAt;
    if (this.acknowledgeAt < at) at = this.acknowledgeAt;
    if (this.paceAt < at) at = this.paceAt;
    return this.idleAt < at ? this.idleAt : at;
  }
}
