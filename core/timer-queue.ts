/**
 * A priority queue of deadlines, as a binary heap. A key in the heap may be earlier than its
 * deadline, but never later. Deadlines mostly move to later times, which thus costs nothing: the
 * key is corrected when it reaches the top.
 */
import { NEVER } from "./time";

/** Something with a deadline; it can be in one `TimerQueue` at a time. */
export abstract class Timed {
  /** Its key, and its index in the heap or -1. Only the queue writes them. */
  timerKey: i64 = NEVER;
  timerIndex: i32 = -1;

  /** Returns when it is due, in microseconds since boot, or NEVER. */
  abstract deadline(): i64;
}

export class TimerQueue {
  private count: i32 = 0;
  private items: StaticArray<Timed | null>;

  /** Creates a queue with room for `capacity` members. */
  constructor(capacity: i32) {
    this.items = new StaticArray<Timed | null>(capacity);
  }

  /** Makes room for `capacity` members; must not be less than before. */
  enlarge(capacity: i32): void {
    const items = new StaticArray<Timed | null>(capacity);
    for (let i = 0; i < this.count; i++) items[i] = this.items[i];
    this.items = items;
  }

  /** Returns the earliest deadline, or NEVER. */
  nextAt(): i64 {
    while (this.count > 0) {
      const top = this.items[0]!;
      const deadline = top.deadline();
      if (deadline <= top.timerKey) return top.timerKey;
      this.correct(top, deadline);
    }
    return NEVER;
  }

  /** Returns a member whose deadline has passed, or null. The caller must move the deadline. */
  expired(now: i64): Timed | null {
    while (this.count > 0) {
      const top = this.items[0]!;
      if (top.timerKey > now) return null;
      const deadline = top.deadline();
      if (deadline <= now) return top;
      this.correct(top, deadline);
    }
    return null;
  }

  /**
   * Tells the queue that the deadline of `member` is now `key`, earlier than before; inserts it if
   * necessary. There must be room. Later deadlines need no call.
   */
  lower(member: Timed, key: i64): void {
    member.timerKey = key;
    if (member.timerIndex < 0) member.timerIndex = this.count++;
    this.rise(member, member.timerIndex);
  }

  /** Removes a member, if it is in the queue. */
  remove(member: Timed): void {
    const index = member.timerIndex;
    if (index < 0) return;
    member.timerIndex = -1;
    member.timerKey = NEVER;
    const moved = this.items[--this.count]!;
    this.items[this.count] = null;
    if (moved === member) return;
    this.rise(moved, index);
    this.sink(moved, moved.timerIndex);
  }

  private correct(top: Timed, deadline: i64): void {
    if (deadline == NEVER) {
      this.remove(top);
    } else {
      top.timerKey = deadline;
      this.sink(top, top.timerIndex);
    }
  }

  private rise(member: Timed, from: i32): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.items[parent]!;
      if (above.timerKey <= member.timerKey) break;
      this.put(above, index);
      index = parent;
    }
    this.put(member, index);
  }

  private sink(member: Timed, from: i32): void {
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
      if (below.timerKey >= member.timerKey) break;
      this.put(below, index);
      index = child;
    }
    this.put(member, index);
  }

  private put(member: Timed, index: i32): void {
    this.items[index] = member;
    member.timerIndex = index;
  }
}
