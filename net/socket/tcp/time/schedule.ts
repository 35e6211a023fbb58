/**
 * Which connections need attention, and when. Those with something to send are on the active list;
 * those that wait for a deadline are in a binary heap. In a turn, all others cost nothing.
 */
import { TCP_CONNECTIONS_FIRST } from "../../../../core/limits";
import { Pages } from "../../../../core/pages";
import { Random } from "../../../../core/random";
import { NEVER } from "../../../../core/time";
import { BareSegment } from "../bare-segment";
import { TcpCounters } from "../counters";
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
  readonly timers: TimerQueue = new TimerQueue();
  readonly counters: TcpCounters = new TcpCounters();
  /** The memory of all buffers. */
  readonly pages: Pages = new Pages();
  readonly settings: TcpSettings = new TcpSettings();
  /** The ACK that is being handled. */
  readonly ack: AckEvent = new AckEvent();
  /** The segment without a connection that is being sent. */
  readonly bare: BareSegment = new BareSegment();
  /** The options of the SYN that is being sent. */
  readonly synOptions: SynOptions = new SynOptions();
  readonly pathMtus: PathMtus = new PathMtus();
  private first: Scheduled | null = null;
  private last: Scheduled | null = null;

  constructor(readonly random: Random) {}

  /** Sets the time; every call of `Tcp` that is given the time starts with this. */
  setNow(now: i64): void {
    this.now = now;
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
export class Scheduled {
  /** Whether the schedule serves the connection; if not, wake-ups and timers have no effect. */
  attached: bool = false;
  /** The timer of retransmission, probes and RACK (see TimerUse), and of the closed window. */
  retransmitAt: i64 = NEVER;
  /** The delayed-ACK timer. */
  acknowledgeAt: i64 = NEVER;
  /** The timer of keep-alive and of FIN-WAIT-2. */
  idleAt: i64 = NEVER;
  /** Whether the connection is on the active list, and the next connection there. */
  active: bool = false;
  activeNext: Scheduled | null = null;
  /** The key and the index in the heap; -1 if the connection is not there. */
  timerKey: i64 = NEVER;
  timerIndex: i32 = -1;

  constructor(readonly schedule: Schedule) {}

  attach(): void {
    this.attached = true;
  }

  /** Removes the connection from the heap; the active list drops it at its turn. */
  detach(): void {
    this.schedule.timers.remove(this);
    this.attached = false;
  }

  /** Has the next `dispatch` look at the connection. */
  wake(): void {
    this.schedule.wake(this);
  }

  setRetransmit(at: i64): void {
    this.retransmitAt = at;
    if (at < this.timerKey) this.schedule.timers.lower(this, at);
  }
  setAcknowledge(at: i64): void {
    this.acknowledgeAt = at;
    if (at < this.timerKey) this.schedule.timers.lower(this, at);
  }
  setIdle(at: i64): void {
    this.idleAt = at;
    if (at < this.timerKey) this.schedule.timers.lower(this, at);
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
  stopTimers(): void {
    this.retransmitAt = NEVER;
    this.acknowledgeAt = NEVER;
    this.idleAt = NEVER;
  }

  /** Returns the earliest deadline. */
  deadline(): i64 {
    let at = this.retransmitAt;
    if (this.acknowledgeAt < at) at = this.acknowledgeAt;
    return this.idleAt < at ? this.idleAt : at;
  }
}

/**
 * A binary heap of connections by `timerKey`, which is never later than the connection's deadline.
 * A deadline can thus be moved to a later time, as each ACK does, without touching the heap: the
 * key is corrected when the connection reaches the top.
 */
class TimerQueue {
  private count: i32 = 0;
  private items: StaticArray<Scheduled | null> = new StaticArray<Scheduled | null>(
    TCP_CONNECTIONS_FIRST as i32,
  );

  /** Makes room for `capacity` connections. */
  enlarge(capacity: i32): void {
    const items = new StaticArray<Scheduled | null>(capacity);
    for (let i = 0; i < this.count; i++) items[i] = this.items[i];
    this.items = items;
  }

  /** Returns the earliest deadline of all, or NEVER. */
  nextAt(): i64 {
    while (this.count > 0) {
      const top = this.items[0]!;
      const deadline = top.deadline();
      if (deadline <= top.timerKey) return top.timerKey;
      this.correct(top, deadline);
    }
    return NEVER;
  }

  /** Returns a connection whose deadline has passed, or null. The caller must move the deadline. */
  expired(now: i64): Scheduled | null {
    while (this.count > 0) {
      const top = this.items[0]!;
      if (top.timerKey > now) return null;
      const deadline = top.deadline();
      if (deadline <= now) return top;
      this.correct(top, deadline);
    }
    return null;
  }

  /** Inserts an attached connection, or makes its key earlier. */
  lower(connection: Scheduled, key: i64): void {
    if (!connection.attached) return;
    connection.timerKey = key;
    if (connection.timerIndex < 0) connection.timerIndex = this.count++;
    this.rise(connection, connection.timerIndex);
  }

  remove(connection: Scheduled): void {
    const index = connection.timerIndex;
    if (index < 0) return;
    connection.timerIndex = -1;
    connection.timerKey = NEVER;
    const moved = this.items[--this.count]!;
    this.items[this.count] = null;
    if (moved === connection) return;
    this.rise(moved, index);
    this.sink(moved, moved.timerIndex);
  }

  private correct(top: Scheduled, deadline: i64): void {
    if (deadline == NEVER) {
      this.remove(top);
    } else {
      top.timerKey = deadline;
      this.sink(top, top.timerIndex);
    }
  }

  private rise(connection: Scheduled, from: i32): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.items[parent]!;
      if (above.timerKey <= connection.timerKey) break;
      this.put(above, index);
      index = parent;
    }
    this.put(connection, index);
  }

  private sink(connection: Scheduled, from: i32): void {
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.count) break;
      let below = this.items[child]!;
      if (child + 1 < this.count) {
        const other = this.items[child + 1]!;
        if (other.timerKey < below.timerKey) {
          below = other;
          child++;
        }
      }
      if (below.timerKey >= connection.timerKey) break;
      this.put(below, index);
      index = child;
    }
    this.put(connection, index);
  }

  private put(connection: Scheduled, index: i32): void {
    this.items[index] = connection;
    connection.timerIndex = index;
  }
}
