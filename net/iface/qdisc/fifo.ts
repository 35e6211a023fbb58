/** First in, first out, with a limit: `pfifo` counts packets, `bfifo` bytes. */
import { EGRESS_FRAMES, EGRESS_QUEUE } from "../../../core/limits";
import { NEVER } from "../../../core/time";
import { FrameQueue } from "../../phy/frame-queue";
import { ETHERNET_LONGEST } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import { Qdisc } from "./qdisc";

export class Fifo extends Qdisc {
  private readonly queue: FrameQueue;

  /** A bfifo if `limitBytes` is not 0. */
  constructor(
    readonly limit: u32 = EGRESS_FRAMES,
    readonly limitBytes: u32 = 0,
  ) {
    super();
    // Counts as full one packet below the limit, so that a sender that waited finds room.
    const room = limitBytes > ETHERNET_LONGEST ? limitBytes - ETHERNET_LONGEST + 1 : 1;
    this.queue = new FrameQueue(min(limit, EGRESS_QUEUE), limitBytes == 0 ? u32.MAX_VALUE : room);
  }

  kind(): string {
    return this.limitBytes == 0 ? "pfifo" : "bfifo";
  }

  enqueue(frame: Frame): FrameQueue | null {
    const queue = this.queue;
    const tooLong = this.limitBytes != 0 && queue.bytes + frame.length > this.limitBytes;
    if (queue.count >= this.limit || tooLong) {
      this.counters.dropped++;
      return null;
    }
    queue.push(frame);
    this.counters.noteQueued(frame);
    return queue;
  }

  dequeue(_now: i64): Frame | null {
    const frame = this.queue.pop();
    if (frame != null) this.counters.noteSent(frame);
    return frame;
  }

  readyAt(now: i64): i64 {
    return this.queue.count > 0 ? now : NEVER;
  }

  shed(): Frame | null {
    const frame = this.queue.pop();
    if (frame != null) this.counters.noteShed(frame);
    return frame;
  }
}
