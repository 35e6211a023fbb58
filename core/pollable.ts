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
  /** Goes on as far as it can at `now`; returns true to be polled again at once. */
  abstract poll(now: i64): bool;
  /** When it next has something to do if nothing arrives first; NEVER if only an arrival counts. */
  abstract pollAt(now: i64): i64;
}

/** Polls its members in the order in which they were added. */
export class PollableList {
  private readonly members: Array<Pollable> = [];

  add(member: Pollable): void {
    this.members.push(member);
  }

  /** Returns true if a member is to be polled again at once. */
  poll(now: i64): bool {
    const members = this.members;
    let more = false;
    for (let i = 0, count = members.length; i < count; i++) {
      const member = unchecked(members[i]);
      if (!member.dormant && member.poll(now)) more = true;
    }
    return more;
  }

  /** Returns the earliest time at which a member has something to do. */
  pollAt(now: i64): i64 {
    const members = this.members;
    let at = NEVER;
    for (let i = 0, count = members.length; i < count; i++) {
      const member = unchecked(members[i]);
      if (!member.dormant) at = earlier(at, member.pollAt(now));
    }
    return at;
  }
}
