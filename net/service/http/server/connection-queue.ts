/**
 * Queues of the server's connections, oldest first: those to be polled, and those between requests.
 * They are lists through the connections, so nothing is allocated.
 */
import { Timed } from "../../../../core/timer-queue";

/** A connection that can be in both queues. */
export abstract class Queued extends Timed {
  /** Whether it is to be polled, and the next one after it. */
  awake: bool = false;
  awakeNext: Queued | null = null;
  /** Whether it waits for another request, and its neighbors. */
  waits: bool = false;
  waitsBefore: Queued | null = null;
  waitsAfter: Queued | null = null;
  /** Its index among all connections. */
  index: i32 = 0;
}

/** Connections to be polled. */
export class AwakeQueue {
  length: u32 = 0;
  private first: Queued | null = null;
  private last: Queued | null = null;

  /** Appends a connection, unless it is there. */
  push(connection: Queued): void {
    if (connection.awake) return;
    connection.awake = true;
    const last = this.last;
    if (last == null) this.first = connection;
    else last.awakeNext = connection;
    this.last = connection;
    this.length++;
  }

  /** Removes and returns the first connection; there must be one. */
  take(): Queued {
    const first = this.first!;
    this.first = first.awakeNext;
    if (this.first == null) this.last = null;
    first.awakeNext = null;
    first.awake = false;
    this.length--;
    return first;
  }
}

/** Connections between requests, which may be closed to make room. */
export class WaitingQueue {
  first: Queued | null = null;
  private last: Queued | null = null;

  /** Adds a connection, or removes it. */
  set(connection: Queued, waits: bool): void {
    if (waits == connection.waits) return;
    connection.waits = waits;
    if (waits) this.push(connection);
    else this.remove(connection);
  }

  private push(connection: Queued): void {
    const last = this.last;
    connection.waitsBefore = last;
    if (last == null) this.first = connection;
    else last.waitsAfter = connection;
    this.last = connection;
  }

  private remove(connection: Queued): void {
    const before = connection.waitsBefore;
    const after = connection.waitsAfter;
    if (before == null) this.first = after;
    else before.waitsAfter = after;
    if (after == null) this.last = before;
    else after.waitsBefore = before;
    connection.waitsBefore = null;
    connection.waitsAfter = null;
  }
}
