/**
 * The receiving half of a connection (RFC 9293 section 3.3.1): RCV.NXT, the window that the peer
 * was told, and the ring that data waits in.
 *
 *     read by the user │ unread │ gap and pieces out of order │ not yet allowed
 *                      └────────┴─────────────────────────────┤
 *                            RCV.NXT                        edge = RCV.NXT + RCV.WND
 */
import { Ring } from "../../../../core/ring";
import { before } from "../sequence";
import { SEGMENT_SIZE_DEFAULT } from "../timing";
import { Reassembly } from "./reassembly";

/** The largest window without scaling. */
const WINDOW_UNSCALED: u32 = 65535;

export class ReceiveWindow {
  /** IRS */
  initial: u32 = 0;
  /** RCV.NXT */
  next: u32 = 0;
  /** The right edge that the peer was told: it never moves left (RFC 9293 SHLD-14). */
  edge: u32 = 0;
  /** Windows are shifted by this on the wire, once both sides agreed. */
  shift: u32 = 0;
  /** The largest segment that the peer sent so far: a full one, as far as is known. */
  segmentSize: u32 = SEGMENT_SIZE_DEFAULT;
  /** The peer's FIN was reached: nothing comes any more. */
  finished: bool = false;
  readonly ring: Ring;
  readonly reassembly: Reassembly = new Reassembly();
  private finKnown: bool = false;
  private finSequence: u32 = 0;

  constructor(capacity: u32) {
    this.ring = new Ring(capacity);
  }

  /** The peer's SYN had this sequence number. */
  start(initial: u32): void {
    this.initial = initial;
    this.next = initial + 1;
    this.edge = this.next;
  }

  /** The shift that lets a window reach the ring's capacity (RFC 7323 section 2.3). */
  wantedShift(): u32 {
    let shift: u32 = 0;
    while (this.ring.capacity >>> shift > WINDOW_UNSCALED + 1) shift++;
    return shift;
  }

  /** RCV.WND: bytes that the peer may send. */
  get window(): u32 {
    return this.edge - this.next;
  }

  /**
   * Moves the right edge as far as buffer and silly-window avoidance allow (RFC 9293 section
   * 3.8.6.2.2), and answers the window field of the segment that is about to tell it.
   */
  offer(): u32 {
    const room = this.offerable();
    if (this.worthOffering(room)) this.edge = this.next + room;
    return this.window >>> this.shift;
  }

  /** True when the peer may be waiting for the room that the user has made by reading. */
  updateDue(): bool {
    const room = this.offerable();
    return room >= 2 * this.window && room > this.window && this.worthOffering(room);
  }

  /** True when bytes at RCV.NXT can be queued by `append`: nothing is out of order. */
  get plain(): bool {
    return this.reassembly.count == 0 && !this.finKnown && this.ring.allocated;
  }

  /** Queues bytes at RCV.NXT that fit the window. */
  append(pointer: usize, length: u32): void {
    this.ring.place(0, pointer, length);
    this.ring.extend(length);
    this.next += length;
  }

  /**
   * Takes what lies in the window of `length` bytes from `sequence` on, and notes the FIN behind
   * them. Answers how far RCV.NXT moved, the FIN included: 0 = out of order or dropped.
   */
  accept(sequence: u32, pointer: usize, length: u32, fin: bool): u32 {
    let from = sequence;
    let end = sequence + length;
    if (fin) this.noteFin(end);
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

  /** Gives the memory back; nothing can be read any more. */
  release(): void {
    this.ring.release();
    this.reassembly.clear();
  }

  /** Queues bytes at RCV.NXT, or keeps them for later. */
  private take(sequence: u32, pointer: usize, length: u32): void {
    const ring = this.ring;
    ring.allocate();
    if (sequence == this.next && this.reassembly.count == 0) {
      this.append(pointer, length);
    } else if (this.reassembly.insert(ring, this.next, sequence, pointer, length)) {
      this.next = this.reassembly.advance(ring, this.next);
    }
  }

  /** A FIN counts where it came first, if nothing lies behind it and it is in the window. */
  private noteFin(sequence: u32): void {
    if (this.finKnown || before(sequence, this.next) || before(this.edge, sequence)) return;
    if (this.reassembly.count > 0 && before(sequence, this.reassembly.end)) return;
    this.finKnown = true;
    this.finSequence = sequence;
  }

  /** The window that the buffer allows now, in steps that the wire can tell. */
  private offerable(): u32 {
    const free = this.ring.free;
    const most = WINDOW_UNSCALED << this.shift;
    const room = free < most ? free : most;
    return (room >>> this.shift) << this.shift;
  }

  /** RFC 9293 section 3.8.6.2.2: buffer - unread - window >= min(buffer / 2, segment). */
  private worthOffering(room: u32): bool {
    const window = this.edge - this.next;
    if (room <= window) return false;
    const half = this.ring.capacity >>> 1;
    const step = this.segmentSize < half ? this.segmentSize : half;
    return this.ring.free - window >= step;
  }
}
