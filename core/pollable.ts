/**
 * The kernel's one way to share the processor: whatever takes time is an object that the event
 * loop polls. Nothing waits inside `poll`; it does what can be done now and returns.
 */
import { earlier, NEVER } from "./time";

export abstract class Pollable {
  /**
   * There is nothing to do, whatever arrives, until somebody starts something. Set at the end of
   * `poll`, cleared by the method that starts it. The list does not poll a dormant member.
   */
  dormant: bool = false;
  /** The next member of its list. Used by PollableList only. */
  listNext: Pollable | null = null;

  /** Goes on as far as it can at `now`; returns true to be polled again at once. */
  abstract poll(now: i64): bool;
  /** When it next has something to do if nothing arrives first; NEVER if only an arrival counts. */
  abstract pollAt(now: i64): i64;
}

/** Polls its members in the order in which they were added. */
export class PollableList {
  private first: Pollable | null = null;
  private last: Pollable | null = null;

  /** Adds a member, which may be in one list only. */
  add(member: Pollable): void {
    const last = this.last;
    assert(member.listNext == null && member !== last, "a pollable is in one list, once");
    if (last == null) this.first = member;
    else last.listNext = member;
    this.last = member;
  }

  /** Returns true if a member is to be polled again at once. */
  poll(now: i64): bool {
    let more = false;
    let member = this.first;
    while (member != null) {
      if (!member.dormant && member.poll(now)) more = true;
      member = member.listNext;
    }
    return more;
  }

  /** Returns the earliest time at which a member has something to do. */
  pollAt(now: i64): i64 {
    let at = NEVER;
    let member = this.first;
    while (member != null) {
      if (!member.dormant) at = earlier(at, member.pollAt(now));
      member = member.listNext;
    }
    return at;
  }
}
