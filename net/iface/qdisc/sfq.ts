/**
 * Stochastic fairness queueing (McKenney 1990) with deficit round robin (Shreedhar and Varghese
 * 1995): a hash of addresses and ports assigns a packet to a flow, and flows that have something to
 * send take turns of `quantum` bytes. A new flow waits for at most one turn of each other flow.
 *
 * Unlike fq_codel it has no CoDel (RFC 8289): a flow builds no long queue here, as all but its next
 * EGRESS_QUEUE packets wait in the socket.
 */
import { EGRESS_FLOWS, EGRESS_QUEUE } from "../../../core/limits";
import { Random } from "../../../core/random";
import { NEVER } from "../../../core/time";
import { FrameQueue } from "../../phy/frame-queue";
import { Frame } from "../../wire/frame";
import { flowHash } from "./flow-hash";
import { Qdisc } from "./qdisc";

class Flow extends FrameQueue {
  /** Bytes that the flow may still send in this turn. */
  deficit: i32 = 0;
  /** The flow after it in the round. */
  after: Flow | null = null;
}

export class Sfq extends Qdisc {
  private readonly flows: StaticArray<Flow> = new StaticArray<Flow>(EGRESS_FLOWS as i32);
  /** The round of flows that have something to send. */
  private first: Flow | null = null;
  private last: Flow | null = null;
  private key: u64 = 0;
  /** When the hash gets a new key; NEVER if it keeps its key. */
  private rekeyAt: i64 = NEVER;

  constructor(
    private readonly random: Random,
    /** Bytes that a flow sends in its turn. */
    readonly quantum: u32,
    /** Microseconds until the hash gets a new key, which ends collisions of flows; 0: never. */
    readonly perturb: i64,
  ) {
    super();
    for (let i = 0; i < (EGRESS_FLOWS as i32); i++) this.flows[i] = new Flow(EGRESS_QUEUE);
    this.rekey();
    if (perturb > 0) this.rekeyAt = 0;
  }

  kind(): string {
    return "sfq";
  }

  private rekey(): void {
    this.key = ((this.random.next32() as u64) << 32) | (this.random.next32() as u64);
  }

  enqueue(frame: Frame): FrameQueue | null {
    const flow = unchecked(this.flows[flowHash(frame, this.key) & (EGRESS_FLOWS - 1)]);
    if (flow.count == 0) {
      flow.deficit = this.quantum;
      this.join(flow);
    }
    flow.push(frame);
    this.counters.noteQueued(frame);
    return flow;
  }

  dequeue(now: i64): Frame | null {
    if (now >= this.rekeyAt) {
      this.rekey();
      this.rekeyAt = now + this.perturb;
    }
    let flow = this.first;
    if (flow == null) return null;
    while (flow.deficit <= 0) {
      flow.deficit += this.quantum;
      this.leave();
      this.join(flow);
      flow = this.first!;
    }
    const frame = flow.pop()!;
    flow.deficit -= frame.length;
    if (flow.count == 0) this.leave();
    this.counters.noteSent(frame);
    return frame;
  }

  readyAt(now: i64): i64 {
    return this.first != null ? now : NEVER;
  }

  shed(): Frame | null {
    let longest = this.first;
    if (longest == null) return null;
    let before: Flow | null = null;
    let beforeLongest: Flow | null = null;
    for (let flow: Flow | null = longest; flow != null; flow = flow.after) {
      if (flow.count > longest.count) {
        longest = flow;
        beforeLongest = before;
      }
      before = flow;
    }
    const frame = longest.pop()!;
    if (longest.count == 0) this.remove(longest, beforeLongest);
    this.counters.noteShed(frame);
    return frame;
  }

  /** Adds a flow at the end of the round. */
  private join(flow: Flow): void {
    flow.after = null;
    const last = this.last;
    if (last == null) this.first = flow;
    else last.after = flow;
    this.last = flow;
  }

  /** Removes the first flow from the round. */
  private leave(): void {
    this.remove(this.first!, null);
  }

  private remove(flow: Flow, before: Flow | null): void {
    if (before == null) this.first = flow.after;
    else before.after = flow.after;
    if (this.last === flow) this.last = before;
    flow.after = null;
  }
}
