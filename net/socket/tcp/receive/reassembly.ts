/**
 * Data that arrived out of order. The bytes are already in the receive ring, at their places
 * beyond its end; this class holds the bounds of the pieces: sorted, disjoint and not touching.
 * Where a new piece overlaps older ones, the bytes that arrived first stay.
 */

import { storeNet32 } from "../../../../core/bytes";
import { TCP_REASSEMBLY_PIECES } from "../../../../core/limits";
import { Ring } from "../../../../core/ring";
import { SACK_BLOCK, SACK_BLOCKS } from "../../../wire/tcp-options";
import { before, later } from "../sequence";

/** Bytes of the two bounds of a piece. */
const PIECE: u32 = 8;
/** Bytes of all bounds: one piece more than is kept, for the one that closes the gap at RCV.NXT. */
const PIECES_BYTES: u32 = (TCP_REASSEMBLY_PIECES + 1) * PIECE;

@unmanaged
export class Reassembly {
  count: u32;
  // A sequence number in each of the SACK_BLOCKS pieces touched last, the latest first.
  recent: u32;
  recentSecond: u32;
  recentThird: u32;
  recentFourth: u32;

  /** Initializes an object in REASSEMBLY_BYTES of zeroed memory. */
  static at(memory: usize): Reassembly {
    assert(TCP_REASSEMBLY_PIECES <= 32, "pieces must fit the bits of a word");
    return changetype<Reassembly>(memory);
  }

  clear(): void {
    this.count = 0;
  }

  /** The end of the last piece; there must be one. */
  get end(): u32 {
    return this.endOf(this.count - 1);
  }

  /**
   * Puts `length` bytes with sequence number `start` (RCV.NXT or later, inside the window) into
   * `ring`, whose end is at `next`. Returns false if there are too many pieces.
   */
  insert(ring: Ring, next: u32, start: u32, pointer: usize, length: u32): bool {
    const end = start + length;
    let first: u32 = 0;
    while (first < this.count && before(this.endOf(first), start)) first++;
    let last = first;
    while (last < this.count && !before(end, this.startOf(last))) last++;
    if (first == last && this.count >= TCP_REASSEMBLY_PIECES && start != next) return false;
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
    let done: u32 = 0;
    for (let i: u32 = 0; i < SACK_BLOCKS + this.count && written < most; i++) {
      const index =
        i < SACK_BLOCKS ? this.pieceWith(this.recentAt(i)) : this.count - 1 - (i - SACK_BLOCKS);
      if (index >= this.count || (done & (1 << index)) != 0) continue;
      done |= 1 << index;
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
    this.count--;
    for (let i: u32 = 0; i < this.count; i++) {
      this.setStart(i, this.startOf(i + 1));
      this.setEnd(i, this.endOf(i + 1));
    }
    return end;
  }

  /** Merges the pieces from `first` up to `last` (excluded) and the new piece into one. */
  private merge(first: u32, last: u32, start: u32, end: u32): void {
    if (first == last) {
      for (let i = this.count; i > first; i--) {
        this.setStart(i, this.startOf(i - 1));
        this.setEnd(i, this.endOf(i - 1));
      }
      this.setStart(first, start);
      this.setEnd(first, end);
      this.count++;
      return;
    }
    if (before(start, this.startOf(first))) this.setStart(first, start);
    this.setEnd(first, later(end, this.endOf(last - 1)));
    const gone = last - first - 1;
    if (gone == 0) return;
    for (let i = last; i < this.count; i++) {
      this.setStart(i - gone, this.startOf(i));
      this.setEnd(i - gone, this.endOf(i));
    }
    this.count -= gone;
  }

  /** Returns the index of the piece with this sequence number, or `count`. */
  private pieceWith(sequence: u32): u32 {
    let index: u32 = 0;
    while (index < this.count && !before(sequence, this.endOf(index))) index++;
    if (index < this.count && before(sequence, this.startOf(index))) return this.count;
    return index;
  }

  private recentAt(index: u32): u32 {
    return load<u32>(changetype<usize>(this) + offsetof<Reassembly>("recent") + index * 4);
  }

  private startOf(index: u32): u32 {
    return load<u32>(this.bounds(index));
  }
  private endOf(index: u32): u32 {
    return load<u32>(this.bounds(index), 4);
  }
  private setStart(index: u32, sequence: u32): void {
    store<u32>(this.bounds(index), sequence);
  }
  private setEnd(index: u32, sequence: u32): void {
    store<u32>(this.bounds(index), sequence, 4);
  }

  /** Returns the address of the bounds of a piece; they follow the fields. */
  private bounds(index: u32): usize {
    return changetype<usize>(this) + offsetof<Reassembly>() + index * PIECE;
  }
}

/** Bytes of a Reassembly. */
export const REASSEMBLY_BYTES: usize = offsetof<Reassembly>() + PIECES_BYTES;
