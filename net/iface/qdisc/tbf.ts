/**
 * The token bucket filter: one rate for everything. The discipline of its only class, 1, is a bfifo
 * unless it is replaced. As in Linux, a packet that is longer than the burst is dropped.
 */
import { NEVER } from "../../../core/time";
import { FrameQueue } from "../../phy/frame-queue";
import { Frame } from "../../wire/frame";
import { Fifo } from "./fifo";
import { Qdisc } from "./qdisc";
import { TokenBucket } from "./token-bucket";

export class Tbf extends Qdisc {
  private child: Qdisc;

  /** `limit` is in bytes. */
  constructor(
    readonly bucket: TokenBucket,
    readonly limit: u32,
  ) {
    super();
    this.child = new Fifo(u32.MAX_VALUE, limit);
  }

  kind(): string {
    return "tbf";
  }

  enqueue(frame: Frame): FrameQueue | null {
    const fits = frame.length <= this.bucket.burst;
    const queue: FrameQueue | null = fits ? this.child.enqueue(frame) : null;
    if (queue == null) this.counters.dropped++;
    else this.counters.noteQueued(frame);
    this.counters.noteLostBy(this.child.counters);
    return queue;
  }

  dequeue(now: i64): Frame | null {
    if (this.counters.backlog == 0) return null;
    if (!this.bucket.allows(now)) {
      this.counters.overlimits++;
      return null;
    }
    const frame = this.child.dequeue(now);
    this.counters.noteLostBy(this.child.counters);
    if (frame == null) return null;
    this.bucket.take(frame.length);
    this.counters.noteSent(frame);
    return frame;
  }

  readyAt(now: i64): i64 {
    if (this.counters.backlog == 0) return NEVER;
    return max(this.bucket.readyAt(), this.child.readyAt(now));
  }

  shed(): Frame | null {
    const frame = this.child.shed();
    if (frame != null) this.counters.noteShed(frame);
    return frame;
  }

  classCount(): i32 {
    return 1;
  }
  minorAt(_index: i32): u32 {
    return 1;
  }
  childAt(_index: i32): Qdisc | null {
    return this.child;
  }
  graft(_index: i32, child: Qdisc): void {
    this.child = child;
  }
}
