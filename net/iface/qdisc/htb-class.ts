/** A class of the hierarchical token bucket. */
import { NEVER } from "../../../core/time";
import { Fifo } from "./fifo";
import { Qdisc, QueueCounters } from "./qdisc";
import { TokenBucket } from "./token-bucket";

/** The `level` of a class that may not send now. */
export const THROTTLED: u32 = 0xffff_ffff;

export class HtbClass {
  readonly counters: QueueCounters = new QueueCounters();
  /** Packets sent with tokens of this class, and with those of a class above it. */
  lent: u64 = 0;
  borrowed: u64 = 0;
  /** The discipline of a class without children. */
  child: Qdisc | null = new Fifo();
  /** 0 to 7; 0 is served first. */
  priority: u32 = 0;
  /** Bytes that the class sends before its peers have their turn; not 0. */
  quantum: u32 = 1;
  /** Number of classes directly below. */
  children: u32 = 0;
  /**
   * How much the class has sent with its own and with borrowed tokens, in 1/65536 of its quantum.
   * Of peers, the one that has sent least is next.
   */
  ownShares: u64 = 0;
  borrowedShares: u64 = 0;

  constructor(
    readonly minor: u32,
    readonly above: HtbClass | null,
    /** What the class is entitled to, and what it may send with borrowed tokens. */
    public rate: TokenBucket,
    public ceil: TokenBucket,
  ) {}

  /**
   * Returns whose tokens the class may send with at `now`: 0 for its own, 1 for those of the class
   * above, and so on; THROTTLED if there are none.
   */
  level(now: i64): u32 {
    let level: u32 = 0;
    for (let lender: HtbClass | null = this; lender != null; lender = lender.above) {
      if (!lender.ceil.allows(now)) return THROTTLED;
      if (lender.rate.allows(now)) return level;
      level++;
    }
    return THROTTLED;
  }

  /** Charges a packet that was sent with the tokens of `level`. */
  take(level: u32, length: u32): void {
    let at: u32 = 0;
    for (let lender: HtbClass | null = this; lender != null; lender = lender.above) {
      lender.ceil.take(length);
      if (at >= level) lender.rate.take(length);
      if (at == level) lender.lent++;
      else if (at < level) lender.borrowed++;
      lender.counters.sentPackets++;
      lender.counters.sentBytes += length;
      at++;
    }
    const shares = ((length as u64) << 16) / this.quantum;
    if (level == 0) this.ownShares += shares;
    else this.borrowedShares += shares;
  }

  /** Returns when the class may send, after `level` has returned THROTTLED. */
  readyAt(): i64 {
    let earliest = NEVER;
    let ceils: i64 = 0;
    for (let lender: HtbClass | null = this; lender != null; lender = lender.above) {
      ceils = max(ceils, lender.ceil.readyAt());
      earliest = min(earliest, max(ceils, lender.rate.readyAt()));
    }
    return earliest;
  }
}
