/**
 * Flow queueing with controlled delay (FQ-CoDel, RFC 8290): flows take turns of `quantum` bytes,
 * new ones first, and each is kept short by CoDel. Linux's default discipline.
 *
 * A socket whose queue is full waits (see scheduler.ts), so fewer packets are dropped than on
 * Linux: a socket queues at most EGRESS_QUEUE packets here.
 */
import { EGRESS_QUEUE } from "../../../core/limits";
import { Random } from "../../../core/random";
import { NEVER } from "../../../core/time";
import { FrameQueue } from "../../phy/frame-queue";
import { FramePool } from "../../phy/pool";
import { Frame } from "../../wire/frame";
import { Codel, CodelSettings } from "./codel";
import { markCongestion } from "./ds-field";
import { flowHash } from "./flow-hash";
import { Qdisc } from "./qdisc";
import { TurnTime } from "./scheduler";

export class FlowShares {
  constructor(
    /** Packets that may be queued, and the number of flows. */
    readonly limit: u32,
    readonly flows: u32,
    /** Bytes that a flow sends in its turn. */
    readonly quantum: u32,
  ) {}
}

class Flow extends FrameQueue {
  readonly codel: Codel;
  /** Bytes that the flow may still send in this turn. */
  deficit: i32 = 0;
  /** Whether the flow is in a list, and the flow after it there. */
  listed: bool = false;
  after: Flow | null = null;

  constructor(settings: CodelSettings) {
    super(EGRESS_QUEUE);
    this.codel = new Codel(settings);
  }
}

class FlowList {
  first: Flow | null = null;
  length: u32 = 0;
  private last: Flow | null = null;

  push(flow: Flow): void {
    flow.after = null;
    const last = this.last;
    if (last == null) this.first = flow;
    else last.after = flow;
    this.last = flow;
    this.length++;
  }

  /** Removes the first flow. */
  shift(): void {
    this.first = this.first!.after;
    if (this.first == null) this.last = null;
    this.length--;
  }
}

export class FqCodel extends Qdisc {
  readonly newFlows: FlowList = new FlowList();
  readonly oldFlows: FlowList = new FlowList();
  /** What `tc -s` prints besides `counters`. */
  newFlowCount: u64 = 0;
  marked: u64 = 0;
  overLimit: u64 = 0;
  longestPacket: u32 = 0;
  private readonly flows: StaticArray<Flow>;
  private readonly key: u64;

  constructor(
    random: Random,
    private readonly time: TurnTime,
    private readonly pool: FramePool,
    readonly codel: CodelSettings,
    readonly shares: FlowShares,
  ) {
    super();
    const count = shares.flows;
    const flows = new StaticArray<Flow>(count);
    for (let i: u32 = 0; i < count; i++) flows[i] = new Flow(codel);
    this.flows = flows;
    this.key = ((random.next32() as u64) << 32) | (random.next32() as u64);
  }

  kind(): string {
    return "fq_codel";
  }

  enqueue(frame: Frame): FrameQueue | null {
    const hash = flowHash(frame, this.key) as u64;
    const flow = unchecked(this.flows[((hash * this.shares.flows) >> 32) as i32]);
    frame.queuedAt = this.time.now;
    this.longestPacket = max(this.longestPacket, frame.length);
    flow.push(frame);
    this.counters.noteQueued(frame);
    if (!flow.listed) {
      flow.listed = true;
      flow.deficit = this.shares.quantum;
      this.newFlows.push(flow);
      this.newFlowCount++;
    }
    if (this.counters.backlog > this.shares.limit) this.lose(this.shed()!);
    return flow;
  }

  dequeue(now: i64): Frame | null {
    for (;;) {
      const fresh = this.newFlows.first != null;
      const list = fresh ? this.newFlows : this.oldFlows;
      const flow = list.first;
      if (flow == null) break;
      if (flow.deficit <= 0) {
        flow.deficit += this.shares.quantum;
        list.shift();
        this.oldFlows.push(flow);
        continue;
      }
      const frame = this.next(flow, now);
      if (frame != null) {
        flow.deficit -= frame.length;
        this.counters.noteSent(frame);
        return frame;
      }
      // A new flow joins the old ones first, so that it cannot return at once as a new one.
      list.shift();
      if (fresh && this.oldFlows.first != null) this.oldFlows.push(flow);
      else flow.listed = false;
    }
    return null;
  }

  /** Removes and returns the first packet of the flow that CoDel lets pass; null if it is empty. */
  private next(flow: Flow, now: i64): Frame | null {
    for (;;) {
      const frame = flow.pop();
      if (frame == null) break;
      const others = this.counters.backlogBytes - frame.length;
      if (!flow.codel.condemns(frame, others, now)) return frame;
      if (this.codel.ecn && markCongestion(frame)) {
        this.marked++;
        return frame;
      }
      this.counters.noteShed(frame);
      this.lose(frame);
    }
    flow.codel.idle();
    return null;
  }

  /** Releases a packet that was dropped, and notes it for the parent. */
  private lose(frame: Frame): void {
    this.counters.noteLost(frame);
    this.pool.release(frame);
  }

  readyAt(now: i64): i64 {
    return this.counters.backlog > 0 ? now : NEVER;
  }

  shed(): Frame | null {
    const flows = this.flows;
    let longest = flows[0];
    for (let i = 1, count = flows.length; i < count; i++) {
      const flow = unchecked(flows[i]);
      if (flow.bytes > longest.bytes) longest = flow;
    }
    const frame = longest.pop();
    if (frame == null) return null;
    this.overLimit++;
    this.counters.noteShed(frame);
    return frame;
  }
}
