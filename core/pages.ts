/**
 * Pages: the memory that rings are made of. A page is taken when the first byte for it arrives and
 * given back when its last byte has been consumed, so a ring costs no more than what it holds, and
 * no memory is lost to blocks of many sizes.
 */
import { allocateBlock, freeRing, freeSpareRings, reuseRing, spareBytes } from "./block";
import { HEAP_RESERVE } from "./limits";
import { MemoryGauge } from "./memory-gauge";

/** Bytes of a page, a power of two. */
export const PAGE: u32 = 16 * 1024;
export const PAGE_SHIFT: u32 = 14;
/** An optional use is allowed only if this multiple of its memory is free. */
const AFFORDABLE: u32 = 8;

export class Pages {
  /** Pages taken and not given back. */
  used: u32 = 0;
  /** Asked before memory is allocated; null if memory is not limited. */
  private gauge: MemoryGauge | null = null;

  setGauge(gauge: MemoryGauge): void {
    this.gauge = gauge;
  }

  /**
   * Returns the address of a page whose bytes are undefined, or 0 if only the reserve and `spared`
   * bytes are left.
   */
  take(spared: u32): usize {
    let page = reuseRing(PAGE);
    if (page == 0) {
      if (!this.allows(PAGE + spared)) return 0;
      page = allocateBlock(PAGE);
    }
    this.used++;
    return page;
  }

  /** Takes back a page. */
  give(page: usize): void {
    this.used--;
    freeRing(page, PAGE);
  }

  /**
   * Reports whether memory is plentiful enough for a use of up to `bytes` that can be done without:
   * AFFORDABLE times as much is free. Many such uses thus cannot take what others need.
   */
  affords(bytes: u32): bool {
    return this.allows(AFFORDABLE * max(bytes, PAGE));
  }

  /** Reports whether `bytes` more can be allocated without touching the reserve of the heap. */
  allows(bytes: u32): bool {
    const gauge = this.gauge;
    const wanted = HEAP_RESERVE + bytes;
    if (gauge == null || gauge.freeBytes() >= wanted) return true;
    if (spareBytes() == 0) return false;
    freeSpareRings();
    return gauge.freeBytes() >= wanted;
  }
}
