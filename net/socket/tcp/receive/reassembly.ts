/**
 * Data that arrived out of order. The bytes are already in the receive ring, at their places
 * beyond its end; this class holds the bounds of the pieces: sorted, disjoint and not touching.
 * Where pieces overlap, the byte that came first stays, whatever the order of arrival.
 */
import { TCP_REASSEMBLY_PIECES } from "../../../../core/limits";
import { Ring } from "../../../../core/ring";
import { before, later } from "../sequence";

export class Reassembly {
  count: u32 = 0;
  /** One more than the limit, for the piece that closes the gap and is queued at once. */
  private readonly starts: StaticArray<u32> = new StaticArray<u32>(
    (TCP_REASSEMBLY_PIECES + 1) as i32,
  );
  private readonly ends: StaticArray<u32> = new StaticArray<u32>(
    (TCP_REASSEMBLY_PIECES + 1) as i32,
  );

  clear(): void {
    this.count = 0;
  }

  /** The end of the last piece; there must be one. */
  get end(): u32 {
    return this.ends[this.count - 1];
  }

  /**
   * Puts `length` bytes with sequence number `start` (RCV.NXT or later, inside the window) into
   * `ring`, whose end is at `next`. Returns false if there are too many pieces.
   */
  insert(ring: Ring, next: u32, start: u32, pointer: usize, length: u32): bool {
    const end = start + length;
    let first: u32 = 0;
    while (first < this.count && before(this.ends[first], start)) first++;
    let last = first;
    while (last < this.count && !before(end, this.starts[last])) last++;
    if (first == last && this.count >= TCP_REASSEMBLY_PIECES && start != next) return false;
    let from = start;
    for (let i = first; i < last; i++) {
      const held = this.starts[i];
      if (before(from, held)) ring.place(from - next, pointer + (from - start), held - from);
      from = later(from, this.ends[i]);
    }
    if (before(from, end)) ring.place(from - next, pointer + (from - start), end - from);
    this.merge(first, last, start, end);
    return true;
  }

  /** Queues the piece that begins at `next`, if there is one. Returns the new RCV.NXT. */
  advance(ring: Ring, next: u32): u32 {
    if (this.count == 0 || this.starts[0] != next) return next;
    const end = this.ends[0];
    ring.extend(end - next);
    this.count--;
    for (let i: u32 = 0; i < this.count; i++) {
      this.starts[i] = this.starts[i + 1];
      this.ends[i] = this.ends[i + 1];
    }
    return end;
  }

  /** Replaces the pieces from `first` up to `last` (excluded) by one with the new bounds too. */
  private merge(first: u32, last: u32, start: u32, end: u32): void {
    if (first == last) {
      for (let i = this.count; i > first; i--) {
        this.starts[i] = this.starts[i - 1];
        this.ends[i] = this.ends[i - 1];
      }
      this.starts[first] = start;
      this.ends[first] = end;
      this.count++;
      return;
    }
    if (before(start, this.starts[first])) this.starts[first] = start;
    this.ends[first] = later(end, this.ends[last - 1]);
    const gone = last - first - 1;
    if (gone == 0) return;
    for (let i = last; i < this.count; i++) {
      this.starts[i - gone] = this.starts[i];
      this.ends[i - gone] = this.ends[i];
    }
    this.count -= gone;
  }
}
