/**
 * Strict priority: a band sends only while all bands before it have nothing to send. A filter
 * selects the band; otherwise the TOS bits of the DS field do, through Linux's priorities.
 */
import { NEVER } from "../../../core/time";
import { FrameQueue } from "../../phy/frame-queue";
import { ETHERNET_HEADER } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import { Fifo } from "./fifo";
import { Qdisc } from "./qdisc";

export const PRIO_BANDS_DEFAULT: i32 = 3;
/** Linux's priorities, which a priomap maps to bands. */
export const PRIORITIES: i32 = 16;
/** The default bands of priorities 0 to 15 (Linux: prio2band). */
export const PRIOMAP_DEFAULT: StaticArray<u8> = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1];
/** The priority for each value of the four TOS bits (Linux: ip_tos2prio). */
const PRIORITY_OF_TOS: StaticArray<u8> = [0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4];

export class Prio extends Qdisc {
  private readonly bands: Array<Qdisc> = [];

  /** `map` has PRIORITIES entries, each less than `bands`. */
  constructor(
    bands: i32 = PRIO_BANDS_DEFAULT,
    readonly map: StaticArray<u8> = PRIOMAP_DEFAULT,
  ) {
    super();
    for (let i = 0; i < bands; i++) this.bands.push(new Fifo());
  }

  kind(): string {
    return "prio";
  }

  enqueue(frame: Frame): FrameQueue | null {
    const minor = this.classify(frame);
    const band = unchecked(this.bands[minor == 0 ? this.bandOf(frame) : minor - 1]);
    const queue = band.enqueue(frame);
    if (queue == null) this.counters.dropped++;
    else this.counters.noteQueued(frame);
    this.counters.noteLostBy(band.counters);
    return queue;
  }

  private bandOf(frame: Frame): i32 {
    const field = load<u8>(frame.start + ETHERNET_HEADER, 1);
    return this.map[PRIORITY_OF_TOS[(field >>> 1) & 15]];
  }

  dequeue(now: i64): Frame | null {
    if (this.counters.backlog == 0) return null;
    const bands = this.bands;
    for (let i = 0, count = bands.length; i < count; i++) {
      const band = unchecked(bands[i]);
      const frame = band.dequeue(now);
      this.counters.noteLostBy(band.counters);
      if (frame == null) continue;
      this.counters.noteSent(frame);
      return frame;
    }
    return null;
  }

  readyAt(now: i64): i64 {
    let at = NEVER;
    for (let i = 0; i < this.bands.length; i++) at = min(at, this.bands[i].readyAt(now));
    return at;
  }

  shed(): Frame | null {
    let longest = this.bands[0];
    for (let i = 1; i < this.bands.length; i++) {
      const band = this.bands[i];
      if (band.counters.backlog >= longest.counters.backlog) longest = band;
    }
    const frame = longest.shed();
    if (frame != null) this.counters.noteShed(frame);
    return frame;
  }

  classCount(): i32 {
    return this.bands.length;
  }
  minorAt(index: i32): u32 {
    return index + 1;
  }
  childAt(index: i32): Qdisc | null {
    return this.bands[index];
  }
  graft(index: i32, child: Qdisc): void {
    this.bands[index] = child;
  }
}
