/** A list of pollables, each of which does a given number of steps. */
import { Pollable, PollableList } from "../../../core/pollable";
import { NEVER } from "../../../core/time";

class Steps extends Pollable {
  private left: u32 = 0;
  polls: u32 = 0;

  start(steps: u32): void {
    this.left = steps;
    this.dormant = false;
  }

  poll(_now: i64): bool {
    this.polls++;
    if (this.left > 0) this.left--;
    this.dormant = this.left == 0;
    return this.left > 0;
  }

  pollAt(now: i64): i64 {
    return this.left > 0 ? now + this.left : NEVER;
  }
}

const list = new PollableList();

export function add(): Steps {
  const member = new Steps();
  list.add(member);
  return member;
}
export function start(member: Steps, steps: u32): void {
  member.start(steps);
}
export function polls(member: Steps): u32 {
  return member.polls;
}
export function poll(now: i64): bool {
  return list.poll(now);
}
export function pollAt(now: i64): i64 {
  return list.pollAt(now);
}
