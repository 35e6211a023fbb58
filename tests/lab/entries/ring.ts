/** The byte ring. */
import { Ring } from "../../../core/ring";

export { block } from "./text";

export function create(capacity: u32): Ring {
  return new Ring(capacity);
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
export function place(ring: Ring, ahead: u32, source: usize, count: u32): void {
  ring.allocate();
  ring.place(ahead, source, count);
}
export function extend(ring: Ring, count: u32): void {
  ring.extend(count);
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
export function allocated(ring: Ring): bool {
  return ring.allocated;
}
export function release(ring: Ring): void {
  ring.release();
}
