/**
 * Who must be looked at, and when: the connections that have something to send in a list, those
 * that wait for a time in a binary heap. A turn costs nothing for all the others.
 */
import { TCP_CONNECTIONS } from "../../../../core/limits";
import { Random } from "../../../../core/random";
import { NEVER } from "../../../../core/time";
import { TcpConnection } from "../connection";
import { TcpCounters } from "../counters";

export class TcpSchedule {
  /** The time of the last `process` or `dispatch`: what calls of the user go by. */
  now: i64 = 0;
  /** Connections on the active list. */
  activeCount: u32 = 0;
  readonly timers: TimerQueue = new TimerQueue();
  readonly counters: TcpCounters = new TcpCounters();
  private first: TcpConnection | null = null;
  private last: TcpConnection | null = null;

  constructor(readonly random: Random) {}

  /** Puts a connection at the end of the active list, if it is not on it. */
  wake(connection: TcpConnection): void {
    if (connection.active || !connection.attached) return;
    connection.active = true;
    connection.activeNext = null;
    const last = this.last;
    if (last == null) this.first = connection;
    else last.activeNext = connection;
    this.last = connection;
    this.activeCount++;
  }

  /** Takes the first connection off the active list. */
  take(): TcpConnection | null {
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
 * A binary heap of connections by `timerKey`, which is never later than the connection's real
 * deadline. A deadline that moves back (an RTO restarted by each ACK) costs nothing; the key
 * is put right when the connection comes to the top.
 */
export class TimerQueue {
  count: i32 = 0;
  private readonly items: StaticArray<TcpConnection | null> = new StaticArray<TcpConnection | null>(
    TCP_CONNECTIONS as i32,
  );

  /** The earliest deadline of all, or NEVER. */
  nextAt(): i64 {
    while (this.count > 0) {
      const top = this.items[0]!;
      const deadline = top.deadline();
      if (deadline <= top.timerKey) return top.timerKey;
      this.correct(top, deadline);
    }
    return NEVER;
  }

  /** A connection whose deadline has come, or null. Its handler must move that deadline. */
  expired(now: i64): TcpConnection | null {
    while (this.count > 0) {
      const top = this.items[0]!;
      if (top.timerKey > now) return null;
      const deadline = top.deadline();
      if (deadline <= now) return top;
      this.correct(top, deadline);
    }
    return null;
  }

  /** Makes a connection's key earlier, or adds it. */
  lower(connection: TcpConnection, key: i64): void {
    if (!connection.attached) return;
    connection.timerKey = key;
    if (connection.timerIndex < 0) connection.timerIndex = this.count++;
    this.rise(connection, connection.timerIndex);
  }

  remove(connection: TcpConnection): void {
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

  private correct(top: TcpConnection, deadline: i64): void {
    if (deadline == NEVER) {
      this.remove(top);
    } else {
      top.timerKey = deadline;
      this.sink(top, top.timerIndex);
    }
  }

  private rise(connection: TcpConnection, from: i32): void {
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

  private sink(connection: TcpConnection, from: i32): void {
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

  private put(connection: TcpConnection, index: i32): void {
    this.items[index] = connection;
    connection.timerIndex = index;
  }
}
