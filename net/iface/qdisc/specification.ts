/**
 * The options of a discipline or a class, from `tc` or anonymos.conf. The defaults are Linux's,
 * except that a queue has at most EGRESS_FRAMES packets, and fq_codel EGRESS_FLOWS flows.
 */
import { EGRESS_FLOWS, EGRESS_FRAMES } from "../../../core/limits";
import { Random } from "../../../core/random";
import { MILLISECOND, MINUTE, SECOND } from "../../../core/time";
import { FramePool } from "../../phy/pool";
import { ETHERNET_LONGEST } from "../../wire/ethernet";
import { CodelSettings } from "./codel";
import { Fifo } from "./fifo";
import { FlowShares, FqCodel } from "./fq-codel";
import { Htb } from "./htb";
import { HtbClass } from "./htb-class";
import { PRIO_BANDS_DEFAULT, PRIOMAP_DEFAULT, Prio } from "./prio";
import { Qdisc } from "./qdisc";
import { TurnTime } from "./scheduler";
import { Sfq } from "./sfq";
import { Tbf } from "./tbf";
import { TokenBucket } from "./token-bucket";

/** The highest rate, in bits per second. */
export const HIGHEST_RATE: i64 = 100_000_000_000;
/** The largest size, in bytes, and the longest time, in microseconds, of any option. */
export const LARGEST_SIZE: i64 = 1 << 30;
export const LONGEST_TIME: i64 = 60 * MINUTE;
/**
 * The bounds of an sfq's quantum, in bytes. With less than the shortest Ethernet frame, dequeue
 * would take many rounds; the upper bound is Linux's (SHRT_MAX units of 8 bytes).
 */
export const QUANTUM_MINIMUM: i64 = 64;
export const QUANTUM_MAXIMUM: i64 = 32767 * 8;
/**
 * The default quantum of an htb class is its rate in bytes per second, divided by R2Q (Linux: r2q),
 * within these bounds.
 */
export const R2Q: u64 = 10;
const SHARE_MINIMUM: u64 = 1000;
const SHARE_MAXIMUM: u64 = 200_000;
/** A default burst holds what the rate sends in 1/250 s, and one packet. */
const BURSTS_PER_SECOND: u64 = 250;
const PACKET: u64 = 1600;

export class QdiscSpecification {
  /** pfifo, fq_codel: packets; bfifo, tbf: bytes. -1 if not given. */
  limit: i64 = -1;
  /** tbf: bytes per second and bytes; 0 if not given. */
  rate: u64 = 0;
  burst: u32 = 0;
  /** sfq, fq_codel: bytes, 0 for the default. sfq: microseconds. */
  quantum: u32 = 0;
  perturb: i64 = 0;
  /** prio. */
  bands: i32 = PRIO_BANDS_DEFAULT;
  map: StaticArray<u8> = PRIOMAP_DEFAULT;
  /** fq_codel: the number of flows; microseconds; whether to mark packets, not drop them. */
  flows: u32 = EGRESS_FLOWS;
  target: i64 = 5 * MILLISECOND;
  interval: i64 = 100 * MILLISECOND;
  ecn: bool = true;
  /** htb: the minor number of the default class. */
  defaultMinor: u32 = 0;

  constructor(readonly kind: string) {}

  /** tbf: returns the limit, in bytes, at which a packet waits for `latency` microseconds. */
  limitFor(latency: i64): i64 {
    const most: i64 = u32.MAX_VALUE;
    const rate = this.rate as i64;
    if (latency > (most * SECOND) / rate) return most;
    return min((rate * latency) / SECOND + this.burst, most);
  }

  /** Makes the discipline for an interface; returns null if there is no such kind. */
  make(random: Random, time: TurnTime, pool: FramePool): Qdisc | null {
    if (this.kind == "pfifo") return new Fifo(this.frames());
    if (this.kind == "bfifo") return new Fifo(EGRESS_FRAMES, this.bytes());
    if (this.kind == "prio") return new Prio(this.bands, this.map);
    if (this.kind == "htb") return new Htb(this.defaultMinor);
    if (this.kind == "tbf") return new Tbf(new TokenBucket(this.rate, this.burst), this.bytes());
    const quantum = this.quantum == 0 ? ETHERNET_LONGEST : this.quantum;
    if (this.kind == "sfq") return new Sfq(random, quantum, this.perturb);
    if (this.kind != "fq_codel") return null;
    const codel = new CodelSettings(this.target, this.interval, this.ecn);
    const flows = new FlowShares(this.frames(), this.flows, quantum);
    return new FqCodel(random, time, pool, codel, flows);
  }

  private frames(): u32 {
    const most = EGRESS_FRAMES as i64;
    return (this.limit < 0 || this.limit > most ? most : this.limit) as u32;
  }
  private bytes(): u32 {
    if (this.limit < 0) return EGRESS_FRAMES * ETHERNET_LONGEST;
    return min<i64>(this.limit, u32.MAX_VALUE) as u32;
  }
}

export class ClassSpecification {
  /** Bytes per second. `rate` is required; 0 for `ceil` means `rate`. */
  rate: u64 = 0;
  ceil: u64 = 0;
  /** Bytes; 0 if not given. */
  burst: u32 = 0;
  ceilBurst: u32 = 0;
  quantum: u32 = 0;
  /** 0 to 7. */
  priority: u32 = 0;

  /** `id` is the number of the class, `MAJOR:MINOR`. */
  constructor(readonly id: u32) {}

  copyFrom(other: ClassSpecification): void {
    this.rate = other.rate;
    this.ceil = other.ceil;
    this.burst = other.burst;
    this.ceilBurst = other.ceilBurst;
    this.quantum = other.quantum;
    this.priority = other.priority;
  }

  /** Makes the class, below another or, if that is null, directly below the discipline. */
  make(above: HtbClass | null): HtbClass {
    const made = new HtbClass(this.id & 0xffff, above, this.rateBucket(), this.ceilBucket());
    this.apply(made);
    return made;
  }

  /** Applies the options to a class. */
  apply(to: HtbClass): void {
    to.rate = this.rateBucket();
    to.ceil = this.ceilBucket();
    to.priority = this.priority;
    const share = max(SHARE_MINIMUM, min(SHARE_MAXIMUM, this.rate / R2Q)) as u32;
    to.quantum = this.quantum == 0 ? share : this.quantum;
  }

  private rateBucket(): TokenBucket {
    return new TokenBucket(this.rate, burstOf(this.rate, this.burst));
  }
  private ceilBucket(): TokenBucket {
    const ceil = this.ceil == 0 ? this.rate : this.ceil;
    return new TokenBucket(ceil, burstOf(ceil, this.ceilBurst));
  }
}

function burstOf(rate: u64, burst: u32): u32 {
  return burst == 0 ? ((rate / BURSTS_PER_SECOND + PACKET) as u32) : burst;
}
