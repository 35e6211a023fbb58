/** The byte ring. */
import { blockBytes } from "../../../core/block";
import { HEAP_RESERVE } from "../../../core/limits";
import { MemoryGauge } from "../../../core/memory-gauge";
import { PAGE, Pages } from "../../../core/pages";
import { Ring } from "../../../core/ring";

export { allocateBytes } from "./text";

class PageGauge implements MemoryGauge {
  constructor(private readonly most: u32) {}
  freeBytes(): u32 {
    return HEAP_RESERVE + this.most - blockBytes();
  }
}

const pages = new Pages();

export const pageBytes: u32 = PAGE;

export function create(capacity: u32): Ring {
  return new Ring(pages, capacity);
}
/** Has no more than `bytes` in blocks from now on. */
export function limit(bytes: u32): void {
  pages.setGauge(new PageGauge(bytes));
}
export function held(): u32 {
  return blockBytes();
}
export function pagesUsed(): u32 {
  return pages.used;
}
export function length(ring: Ring): u32 {
  return ring.length;
}
export function write(ring: Ring, source: usize, count: u32): u32 {
  return ring.write(source, count);
}
export function read(ring: Ring, destination: usize, capacity: u32): u32 {
  return ring.read(destination, capacity);
}
export function place(ring: Ring, ahead: u32, source: usize, count: u32): bool {
  if (!ring.reserve(ahead, count)) return false;
  ring.place(ahead, source, count);
  return true;
}
export function extend(ring: Ring, count: u32): void {
  ring.extend(count);
}
export function grow(ring: Ring, capacity: u32): void {
  ring.grow(capacity);
}
export function trim(ring: Ring): void {
  ring.trim();
}
export function copyOut(ring: Ring, offset: u32, destination: usize, count: u32): void {
  ring.copyOut(offset, destination, count);
}
export function pointerAt(ring: Ring, offset: u32): usize {
  return ring.pointerAt(offset);
}
export function contiguous(ring: Ring, offset: u32): u32 {
  return ring.contiguous(offset);
}
export function release(ring: Ring): void {
  ring.release();
}
