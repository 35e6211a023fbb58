/**
 * The kernel's one way to share the processor: whatever takes time is an object that the event
 * loop polls. Nothing waits inside `poll`; it does what can be done now and returns.
 */
import { earlier, NEVER } from "./time";

export interface Pollable {
  /** Goes on as far as it can at `now`; returns true to be polled again at once. */
  poll(now: i64): bool;
  /** When it next has something to do if nothing arrives first; NEVER if only an arrival counts. */
  pollAt(now: i64): i64;
}

/** Polls its members in the order in which they were added. */
export class PollableList implements Pollable {
  private readonly members: Array<Pollable> = [];

  add(member: Pollable): void {
    this.members.push(member);
  }

  poll(now: i64): bool {
    let more = false;
    for (let i = 0; i < this.members.length; i++) {
      if (this.members[i].poll(now)) more = true;
    }
    return more;
  }

  pollAt(now: i64): i64 {
    let at = NEVER;
    for (let i = 0; i < this.members.length; i++) at = earlier(at, this.members[i].pollAt(now));
    return at;
  }
}
