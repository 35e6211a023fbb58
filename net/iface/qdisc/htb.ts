/**
 * The hierarchical token bucket (Devera 2002): each class is guaranteed its `rate`, and may borrow
 * what the classes above it have left, up to its `ceil`. Among classes that may send, those within
 * their own rate come first, then those with a smaller `prio`; peers share by `quantum`.
 */
import { EGRESS_CLASSES } from "../../../core/limits";
import { NEVER } from "../../../core/time";
import { FrameQueue } from "../../phy/frame-queue";
import { Frame } from "../../wire/frame";
import { Fifo } from "./fifo";
import { HtbClass, THROTTLED } from "./htb-class";
import { Qdisc } from "./qdisc";

export class Htb extends Qdisc {
  readonly classes: Array<HtbClass> = [];
  /** Packets without a class, whose rate is not limited. */
  private readonly direct: Fifo = new Fifo();

  /** `defaultMinor` is the class of packets that no filter matches; 0 for none. */
  constructor(readonly defaultMinor: u32) {
    super();
  }

  kind(): string {
    return "htb";
  }

  get directSent(): u64 {
    return this.direct.counters.sentPackets;
  }
  get directQueued(): u32 {
    return this.direct.counters.backlog;
  }

  /** Adds a class. Returns false if there are EGRESS_CLASSES already. */
  add(added: HtbClass): bool {
    if (this.classes.length >= (EGRESS_CLASSES as i32)) return false;
    const above = added.above;
    if (above != null) {
      above.children++;
      above.child = null;
    }
    this.classes.push(added);
    return true;
  }

  /** Removes a class without children. */
  remove(index: i32): void {
    const above = this.classes[index].above;
    if (above != null && --above.children == 0) above.child = new Fifo();
    this.classes.splice(index, 1);
  }

  enqueue(frame: Frame): FrameQueue | null {
    const chosen = this.classOf(frame);
    const child = chosen == null ? this.direct : chosen.child!;
    if (chosen != null && chosen.counters.backlog == 0) this.activate(chosen);
    const queue = child.enqueue(frame);
    if (queue == null) {
      this.counters.dropped++;
      if (chosen != null) chosen.counters.dropped++;
      return null;
    }
    this.counters.noteQueued(frame);
    if (chosen != null) {
      chosen.counters.noteQueued(frame);
      this.noteLostBy(chosen, child);
    }
    return queue;
  }

  /** Returns the class that queues the frame; null sends it directly (Linux: htb_classify). */
  private classOf(frame: Frame): HtbClass | null {
    const minor = this.classify(frame);
    const chosen: HtbClass | null = minor == 0 ? null : this.leaf(minor);
    return chosen != null ? chosen : this.leaf(this.defaultMinor);
  }

  /** Returns a class by its minor number; null if there is none or it has children. */
  private leaf(minor: u32): HtbClass | null {
    const classes = this.classes;
    for (let i = 0, count = classes.length; i < count; i++) {
      const one = unchecked(classes[i]);
      if (one.minor == minor) return one.child != null ? one : null;
    }
    return null;
  }

  /** Moves a class that was idle up to its peers, so that it gets no credit for the past. */
  private activate(idle: HtbClass): void {
    const classes = this.classes;
    let own: u64 = u64.MAX_VALUE;
    let borrowed: u64 = u64.MAX_VALUE;
    for (let i = 0, count = classes.length; i < count; i++) {
      const other = unchecked(classes[i]);
      const equal = other.child != null && other.priority == idle.priority;
      if (!equal || other.counters.backlog == 0) continue;
      own = min(own, other.ownShares);
      borrowed = min(borrowed, other.borrowedShares);
    }
    if (own == u64.MAX_VALUE) return;
    idle.ownShares = max(idle.ownShares, own);
    idle.borrowedShares = max(idle.borrowedShares, borrowed);
  }

  dequeue(now: i64): Frame | null {
    if (this.counters.backlog == 0) return null;
    const direct = this.direct.dequeue(now);
    if (direct != null) {
      this.counters.noteSent(direct);
      return direct;
    }
    const classes = this.classes;
    let best: HtbClass | null = null;
    let bestLevel = THROTTLED;
    for (let i = 0, count = classes.length; i < count; i++) {
      const one = unchecked(classes[i]);
      const child = one.child;
      if (child == null || child.counters.backlog == 0) continue;
      const level = one.level(now);
      if (level == THROTTLED) one.counters.overlimits++;
      else if (child.readyAt(now) > now) continue;
      else if (best == null || precedes(one, level, best, bestLevel)) {
        best = one;
        bestLevel = level;
      }
    }
    if (best == null) {
      this.counters.overlimits++;
      return null;
    }
    const chosen = best.child!;
    const frame = chosen.dequeue(now)!;
    this.noteLostBy(best, chosen);
    best.take(bestLevel, frame.length);
    best.counters.backlog--;
    best.counters.backlogBytes -= frame.length;
    this.counters.noteSent(frame);
    return frame;
  }

  private noteLostBy(one: HtbClass, child: Qdisc): void {
    one.counters.noteLostBy(child.counters);
    this.counters.noteLostBy(one.counters);
  }

  readyAt(now: i64): i64 {
    if (this.direct.counters.backlog > 0) return now;
    let at = NEVER;
    for (let i = 0; i < this.classes.length; i++) {
      const one = this.classes[i];
      const child = one.child;
      if (child == null || child.counters.backlog == 0) continue;
      const rate = one.level(now) == THROTTLED ? one.readyAt() : now;
      at = min(at, max(rate, child.readyAt(now)));
    }
    return at;
  }

  shed(): Frame | null {
    let longest: HtbClass | null = null;
    for (let i = 0; i < this.classes.length; i++) {
      const one = this.classes[i];
      if (longest == null || one.counters.backlog > longest.counters.backlog) longest = one;
    }
    let frame: Frame | null = null;
    if (longest == null || this.direct.counters.backlog > longest.counters.backlog) {
      frame = this.direct.shed();
    } else if (longest.child != null) {
      frame = longest.child!.shed();
      if (frame != null) longest.counters.noteShed(frame);
    }
    if (frame != null) this.counters.noteShed(frame);
    return frame;
  }

  classCount(): i32 {
    return this.classes.length;
  }
  minorAt(index: i32): u32 {
    return this.classes[index].minor;
  }
  childAt(index: i32): Qdisc | null {
    return this.classes[index].child;
  }
  graft(index: i32, child: Qdisc): void {
    this.classes[index].child = child;
  }
}

/** Reports whether class `a`, which may send with tokens of level `aLevel`, precedes `b`. */
function precedes(a: HtbClass, aLevel: u32, b: HtbClass, bLevel: u32): bool {
  if (aLevel != bLevel) return aLevel < bLevel;
  if (a.priority != b.priority) return a.priority < b.priority;
  return aLevel == 0 ? a.ownShares < b.ownShares : a.borrowedShares < b.borrowedShares;
}
