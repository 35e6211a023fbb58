/**
 * Data that arrived out of order. The bytes are already in the receive ring, at their places
 * beyond its end; this class holds the bounds of the pieces: sorted, disjoint and not touching.
 * Where a new piece overlaps older ones, the bytes that arrived first stay.
 */

import { allocateRing, freeRing } from "../../../../core/block";
import { loadNet32, storeNet32 } from "../../../../core/bytes";
import { TCP_REASSEMBLY_PIECES } from "../../../../core/limits";
import { Ring } from "../../../../core/ring";
import { SACK_BLOCK, SACK_BLOCKS } from "../../../wire/tcp-options";
import { before, later } from "../sequence";

/** Bytes of the two bounds of a piece. */
const PIECE: u32 = 8;
/** How many pieces the first block of memory holds. */
const FIRST_CAPACITY: u32 = 8;

@unmanaged
export class Reassembly {
  count: u32;
  // A sequence number in each of the SACK_BLOCKS pieces touched last, the latest first.
  recent: u32;
  recentSecond: u32;
  recentThird: u32;
  recentFourth: u32;

  /** The bounds of the pieces, and for how many there is memory: at least one more than `count`. */
  private bounds: usize;
  private capacity: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Reassembly {
    return changetype<Reassembly>(memory);
  }

  /** Forgets all pieces and frees their memory. */
  clear(): void {
    this.count = 0;
    if (this.bounds != 0) freeRing(this.bounds, this.capacity * PIECE);
    this.bounds = 0;
    this.capacity = 0;
  }

  /** The end of the last piece; there must be one. */
  get end(): u32 {
    return this.endOf(this.count - 1);
  }

  /**
   * Puts `length` bytes with sequence number `start` (RCV.NXT or later, inside the window) into
   * `ring`, whose end is at `next` and which has them reserved. Returns false if there are too many
   * pieces.
   */
  insert(ring: Ring, next: u32, start: u32, pointer: usize, length: u32): bool {
    const end = start + length;
    // The first piece that the new one touches, and the first beyond those.
    const first = this.indexAfter(start - 1);
    let last = first;
    while (last < this.count && !before(end, this.startOf(last))) last++;
    if (first == last && start != next) {
      if (this.count >= TCP_REASSEMBLY_PIECES) return false;
      if (this.count + 1 >= this.capacity) this.enlarge();
    }
    let from = start;
    for (let i = first; i < last; i++) {
      const held = this.startOf(i);
      if (before(from, held)) ring.place(from - next, pointer + (from - start), held - from);
      from = later(from, this.endOf(i));
    }
    if (before(from, end)) ring.place(from - next, pointer + (from - start), end - from);
    this.merge(first, last, start, end);
    this.touch(start);
    return true;
  }

  /** Reports whether one piece holds the sequence numbers from `start` to `end` (exclusive). */
  holds(start: u32, end: u32): bool {
    const index = this.pieceWith(start);
    return index < this.count && !before(this.endOf(index), end);
  }

  /** Makes the piece with this sequence number the one touched last. */
  touch(sequence: u32): void {
    const latest = this.pieceWith(this.recent);
    if (latest >= this.count || latest != this.pieceWith(sequence)) {
      this.recentFourth = this.recentThird;
      this.recentThird = this.recentSecond;
      this.recentSecond = this.recent;
    }
    this.recent = sequence;
  }

  /**
   * Writes `most` SACK blocks, at most one for each piece: first those touched last, then the
   * highest (RFC 2018 section 4).
   */
  emitBlocks(pointer: usize, most: u32): void {
    let written: u32 = 0;
    for (let i: u32 = 0; i < SACK_BLOCKS + this.count && written < most; i++) {
      const index =
        i < SACK_BLOCKS ? this.pieceWith(this.recentAt(i)) : this.count - 1 - (i - SACK_BLOCKS);
      if (index >= this.count || contains(pointer, written, this.startOf(index))) continue;
      const at = pointer + written * SACK_BLOCK;
      storeNet32(at, this.startOf(index));
      storeNet32(at + 4, this.endOf(index));
      written++;
    }
  }

  /** Makes the piece that begins at `next` readable, if there is one. Returns the new RCV.NXT. */
  advance(ring: Ring, next: u32): u32 {
    if (this.count == 0 || this.startOf(0) != next) return next;
    const end = this.endOf(0);
    ring.extend(end - next);
    if (this.count == 1) this.clear();
    else this.shift(1, 0);
    return end;
  }

  /** Merges the pieces from `first` up to `last` (excluded) and the new piece into one. */
  private merge(first: u32, last: u32, start: u32, end: u32): void {
    if (first == last) {
      this.shift(first, first + 1);
      this.setStart(first, start);
      this.setEnd(first, end);
      return;
    }
    if (before(start, this.startOf(first))) this.setStart(first, start);
    this.setEnd(first, later(end, this.endOf(last - 1)));
    if (last > first + 1) this.shift(last, first + 1);
  }

  /** Moves the pieces from index `from` on to index `to` on. */
  private shift(from: u32, to: u32): void {
    const bytes = (this.count - from) * PIECE;
    memory.copy(this.bounds + to * PIECE, this.bounds + from * PIECE, bytes);
    this.count += to - from;
  }

  /** Doubles the memory for bounds. This is the only place that allocates. */
  private enlarge(): void {
    const capacity = this.capacity == 0 ? FIRST_CAPACITY : 2 * this.capacity;
    const block = allocateRing(capacity * PIECE);
    if (this.bounds != 0) {
      memory.copy(block, this.bounds, this.count * PIECE);
      freeRing(this.bounds, this.capacity * PIECE);
    }
    this.bounds = block;
    this.capacity = capacity;
  }

  /** Returns the index of the piece with this sequence number, or `count`. */
  private pieceWith(sequence: u32): u32 {
    const index = this.indexAfter(sequence);
    if (index < this.count && before(sequence, this.startOf(index))) return this.count;
    return index;
  }

  /** Returns the index of the first piece that ends after this sequence number, or `count`. */
  private indexAfter(sequence: u32): u32 {
    let low: u32 = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (before(sequence, this.endOf(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private recentAt(index: u32): u32 {
    return load<u32>(changetype<usize>(this) + offsetof<Reassembly>("recent") + index * 4);
  }

  private startOf(index: u32): u32 {
    return load<u32>(this.bounds + index * PIECE);
  }
  private endOf(index: u32): u32 {
    return load<u32>(this.bounds + index * PIECE, 4);
  }
  private setStart(index: u32, sequence: u32): void {
    store<u32>(this.bounds + index * PIECE, sequence);
  }
  private setEnd(index: u32, sequence: u32): void {
    store<u32>(this.bounds + index * PIECE, sequence, 4);
  }
}

/** Reports whether one of the first `count` SACK blocks at `pointer` begins at `start`. */
function contains(pointer: usize, count: u32, start: u32): bool {
  for (let i: u32 = 0; i < count; i++) {
    if (loadNet32(pointer + i * SACK_BLOCK) == start) return true;
  }
  return false;
}
