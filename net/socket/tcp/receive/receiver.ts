/**
 * The receiving half of a connection (RFC 9293 section 3.3.1): RCV.NXT, the window offered to the
 * peer, and the ring in which data waits to be read.
 *
 *     read by the user │ unread │ gap and pieces out of order │ not yet allowed
 *                      └────────┴─────────────────────────────┤
 *                            RCV.NXT                        edge = RCV.NXT + RCV.WND
 */
import { storeNet32 } from "../../../../core/bytes";
import { TCP_RECEIVE_BYTES } from "../../../../core/limits";
import { Pages } from "../../../../core/pages";
import { Ring } from "../../../../core/ring";
import { SACK_BLOCK } from "../../../wire/tcp-options";
import { TcpCounter, TcpCounters } from "../counters";
import { before, earlierOf, later } from "../sequence";
import { TcpSettings } from "../settings";
import { SEGMENT_SIZE_DEFAULT } from "../timing";
import { Reassembly } from "./reassembly";

/** The largest window without scaling. */
const WINDOW_UNSCALED: u32 = 65535;
/** The window field of a SYN, which is never scaled (RFC 7323 section 2.2). */
export const SYN_WINDOW: u32 = min(TCP_RECEIVE_BYTES, WINDOW_UNSCALED);

/** Returns the shift that lets a window cover a buffer of `most` bytes (RFC 7323 section 2.3). */
export function windowShift(most: u32): u32 {
  return most <= WINDOW_UNSCALED ? 0 : 15 - clz(most);
}

export class Receiver {
  /** IRS */
  initial: u32 = 0;
  /** RCV.NXT */
  next: u32 = 0;
  /** The right edge of the window offered; it never moves left (RFC 9293 SHLD-14). */
  edge: u32 = 0;
  /** The shift that this host's SYN offers. */
  readonly wantedShift: u32;
  /** The shift of windows offered on the wire; 0 until both sides agreed to scale. */
  shift: u32 = 0;
  /**
   * Whether the handshake is over. Until then no window is larger than a SYN,ACK can offer, which
   * may have to be sent again.
   */
  private opened: bool = false;
  /** The largest segment received: the best estimate of the peer's full-sized segment. */
  segmentSize: u32 = SEGMENT_SIZE_DEFAULT;
  /** Whether the peer's FIN was reached: no more data will arrive. */
  finished: bool = false;
  /** RCV.UP: the end of the peer's urgent data. */
  private urgentEnd: u32 = 0;
  readonly ring: Ring;
  /** Sequence numbers that arrived twice, to be reported (D-SACK, RFC 2883); empty if none. */
  private duplicateFrom: u32 = 0;
  private duplicateTo: u32 = 0;
  private finKnown: bool = false;
  private finSequence: u32 = 0;
  /** Whether the window last offered was 0. */
  private closed: bool = false;

  /** The most bytes to which the buffer grows. */
  private most: u32;
  /** How far the user had read when the current round trip began, and when that was. */
  private roundFrom: u32 = 0;
  /** Bytes that the user read in the last round trip. */
  readInRound: u32 = 0;
  private roundAt: i64 = 0;

  constructor(
    private readonly pages: Pages,
    readonly reassembly: Reassembly,
    private readonly counters: TcpCounters,
    settings: TcpSettings,
  ) {
    this.ring = new Ring(pages, settings.receiveBytes);
    this.most = settings.receiveMaximum;
    this.wantedShift = windowShift(settings.receiveMaximum);
  }

  /**
   * Sets the size of the buffer, at least TCP_RECEIVE_MINIMUM_BYTES and a power of two, which then
   * does not change. Once a window was offered, it may only be enlarged.
   */
  fixBuffer(capacity: u32): void {
    this.most = capacity;
    const ring = this.ring;
    if (!ring.allocated && this.edge == 0) ring.resize(capacity);
    else if (capacity > ring.capacity && this.pages.affords(capacity)) ring.grow(capacity);
  }

  /** Takes the sequence number of the peer's SYN. */
  start(initial: u32): void {
    this.initial = initial;
    this.next = initial + 1;
    this.edge = this.next;
    this.urgentEnd = this.next;
    this.roundFrom = this.next;
  }

  /** Notes that the peer's urgent data ends at `sequence` (RFC 9293 section 3.10.7.4, sixth). */
  noteUrgent(sequence: u32): void {
    this.urgentEnd = later(this.urgentEnd, sequence);
  }

  /** Bytes from the oldest unread one to the end of urgent data; 0 if there is none. */
  get urgent(): u32 {
    const read = this.next - this.ring.length;
    return before(read, this.urgentEnd) ? this.urgentEnd - read : 0;
  }

  /** Both sides sent a window scale option: windows are scaled from now on. */
  scale(): void {
    this.shift = this.wantedShift;
  }

  /** The handshake is over. */
  open(): void {
    this.opened = true;
  }

  /** Records an in-order segment of `length` bytes; `most` bounds `segmentSize`. */
  sawSegment(length: u32, most: u32): void {
    if (length > this.segmentSize) this.segmentSize = length < most ? length : most;
  }

  /** RCV.WND: bytes the peer may send. */
  get window(): u32 {
    return this.edge - this.next;
  }

  /**
   * Moves the right edge as far as the buffer and silly-window avoidance allow (RFC 9293 section
   * 3.8.6.2.2). Returns the window field for the segment that is about to announce it.
   */
  offer(): u32 {
    const room = this.offerable();
    if (this.worthOffering(room)) this.edge = this.next + room;
    const field = this.window >>> this.shift;
    if ((field == 0) != this.closed) this.noteClosed(field == 0);
    return field;
  }

  /** The window field of a SYN, which is never scaled (RFC 7323 section 2.2). */
  get synWindow(): u32 {
    const window = this.window;
    return window < WINDOW_UNSCALED ? window : WINDOW_UNSCALED;
  }

  /** Reports whether the peer may be waiting for the room that reading has just made. */
  updateDue(): bool {
    const room = this.offerable();
    return room >= 2 * this.window && room > this.window && this.worthOffering(room);
  }

  /**
   * Enlarges the buffer if the user read a third of it in a round trip: a peer in slow start sends
   * twice as much in the next one, while that waits to be acknowledged (dynamic right-sizing, Fisk
   * and Feng 2001). Called after the user has read; `roundTrip` in microseconds.
   */
  tune(roundTrip: i64, now: i64): void {
    if (now - this.roundAt < roundTrip) return;
    const ring = this.ring;
    const read = this.next - ring.length;
    this.readInRound = read - this.roundFrom;
    const wanted: u32 = 3 * this.readInRound;
    this.roundAt = now;
    this.roundFrom = read;
    let capacity = ring.capacity;
    while (capacity < wanted && capacity < this.most) capacity <<= 1;
    if (capacity > ring.capacity && this.pages.affords(capacity)) ring.grow(capacity);
  }

  /** Frees the memory of an empty buffer. */
  trim(): void {
    if (this.ring.length == 0 && this.reassembly.count == 0) this.ring.trim();
  }

  /**
   * Allocates memory for the part of a segment that lies in the window, for `accept`. Returns false
   * if no memory is left, or too little for bytes beyond a gap.
   */
  reserve(sequence: u32, length: u32): bool {
    const from = later(sequence, this.next);
    const end = earlierOf(sequence + length, this.edge);
    if (!before(from, end)) return true;
    if (from != this.next && !this.pages.affords(0)) return false;
    return this.ring.reserve(from - this.next, end - from);
  }

  /**
   * Queues bytes at RCV.NXT, which must fit the window. Returns false, and queues none, if a piece
   * or the FIN waits, or no memory is left.
   */
  append(pointer: usize, length: u32): bool {
    if (this.reassembly.count > 0 || this.finKnown || !this.ring.append(pointer, length)) {
      return false;
    }
    this.next += length;
    return true;
  }

  /**
   * Takes the part of a segment that lies in the window: `length` bytes from `sequence` on, for
   * which memory is reserved, then the FIN if there is one. Returns how far RCV.NXT advanced,
   * counting the FIN; 0 if the segment is out of order or has nothing new.
   */
  accept(sequence: u32, pointer: usize, length: u32, fin: bool): u32 {
    let from = sequence;
    let end = sequence + length;
    if (fin) this.noteFin(end);
    if (length > 0 && before(from, this.next)) this.noteDuplicate(from, earlierOf(end, this.next));
    if (before(from, this.next)) from = this.next;
    if (before(this.edge, end)) end = this.edge;
    if (this.finKnown && before(this.finSequence, end)) end = this.finSequence;
    const old = this.next;
    if (before(from, end)) this.take(from, pointer + (from - sequence), end - from);
    if (this.finKnown && this.next == this.finSequence && !this.finished) {
      this.finished = true;
      this.next++;
      if (before(this.edge, this.next)) this.edge = this.next;
    }
    return this.next - old;
  }

  // --- selective acknowledgments ---

  /** Whether the next ACK should have SACK blocks: for data beyond a gap, or that arrived twice. */
  get reportDue(): bool {
    return this.reassembly.count > 0 || this.duplicateFrom != this.duplicateTo;
  }

  /** The number of SACK blocks to report. */
  get blocks(): u32 {
    return this.reassembly.count + (this.duplicateFrom != this.duplicateTo ? 1 : 0);
  }

  /** Writes `count` blocks, at most `blocks`: what arrived twice, then the latest pieces. */
  emitBlocks(pointer: usize, count: u32): void {
    if (this.duplicateFrom == this.duplicateTo) {
      this.reassembly.emitBlocks(pointer, count);
      return;
    }
    storeNet32(pointer, this.duplicateFrom);
    storeNet32(pointer + 4, this.duplicateTo);
    this.reassembly.emitBlocks(pointer + SACK_BLOCK, count - 1);
  }

  /** The D-SACK was sent; it is sent only once. */
  reported(): void {
    if (this.duplicateFrom == this.duplicateTo) return;
    const old = before(this.duplicateFrom, this.next);
    this.counters.add(old ? TcpCounter.DSACKOldSent : TcpCounter.DSACKOfoSent);
    this.duplicateFrom = this.duplicateTo;
  }

  /** Notes that the sequence numbers from `from` to `to` (exclusive) arrived again. */
  noteDuplicate(from: u32, to: u32): void {
    this.duplicateFrom = from;
    this.duplicateTo = to;
  }

  /** Frees the memory; nothing can be read any more. */
  release(): void {
    this.ring.release();
    this.reassembly.clear();
  }

  /** Queues bytes at RCV.NXT, or keeps bytes that lie beyond a gap. */
  private take(sequence: u32, pointer: usize, length: u32): void {
    const ring = this.ring;
    if (sequence == this.next && this.reassembly.count == 0) {
      ring.append(pointer, length);
      this.next += length;
      return;
    }
    if (sequence != this.next) this.counters.add(TcpCounter.OFOQueue);
    if (this.reassembly.holds(sequence, sequence + length)) {
      this.counters.add(TcpCounter.OFOMerge);
      this.noteDuplicate(sequence, sequence + length);
      this.reassembly.touch(sequence);
    } else if (this.reassembly.insert(ring, this.next, sequence, pointer, length)) {
      this.next = this.reassembly.advance(ring, this.next);
    } else {
      this.counters.add(TcpCounter.OFODrop);
    }
  }

  /** Notes the first FIN that is in the window and has no data beyond it. */
  private noteFin(sequence: u32): void {
    if (this.finKnown || before(sequence, this.next) || before(this.edge, sequence)) return;
    if (this.reassembly.count > 0 && before(sequence, this.reassembly.end)) return;
    this.finKnown = true;
    this.finSequence = sequence;
  }

  private noteClosed(closed: bool): void {
    this.closed = closed;
    this.counters.add(closed ? TcpCounter.ToZeroWindowAdv : TcpCounter.FromZeroWindowAdv);
  }

  /** The largest window that the buffer and the window field allow. */
  get largestOffer(): u32 {
    const most = WINDOW_UNSCALED << this.shift;
    return this.ring.capacity < most ? this.ring.capacity : most;
  }

  /** Returns the window that the buffer allows, rounded down to what the field can express. */
  private offerable(): u32 {
    const free = this.ring.free;
    const most = this.opened ? WINDOW_UNSCALED << this.shift : WINDOW_UNSCALED;
    const room = free < most ? free : most;
    return (room >>> this.shift) << this.shift;
  }

  /** Checks buffer - unread - window >= min(buffer / 2, segment) (RFC 9293 section 3.8.6.2.2). */
  private worthOffering(room: u32): bool {
    const window = this.edge - this.next;
    if (room <= window) return false;
    const half = this.ring.capacity >>> 1;
    const step = this.segmentSize < half ? this.segmentSize : half;
    return this.ring.free - window >= step;
  }
}
