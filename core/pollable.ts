/**
 * The kernel's only form of concurrency: anything that takes time is an object that the event loop
 * polls. `poll` never waits; it does what can be done now and returns.
 */
import { earlier, NEVER } from "./time";

export abstract class Pollable {
  /**
   * True if the object has no work and nothing that arrives can give it any. Set at the end of
   * `poll`; cleared by the method that gives it work. The list does not poll a dormant member.
   */
  dormant: bool = false;
  /** The next member of its list. Used by PollableList only. */
  listNext: Pollable | null = null;

  /** Does what can be done at `now`. Returns true to be polled again at once. */
  abstract poll(now: i64): bool;
  /** Returns when to poll next if nothing arrives first; NEVER if only an arrival gives it work. */
  abstract pollAt(now: i64): i64;
}

/** Polls its members in the order in which they were added. */
export class PollableList {
  private first: Pollable | null = null;
  private last: Pollable | null = null;

  /** Adds a member, which may be in one list only. */
  add(member: Pollable): void {
    const last = this.last;
    assert(member.listNext == null && member !== last, "a pollable must be in one list only");
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
