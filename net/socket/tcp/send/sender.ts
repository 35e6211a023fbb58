/**
 * The sending half of a connection (RFC 9293 section 3.3.1): SND.UNA, SND.NXT, the peer's window,
 * and the ring that holds what is not acknowledged yet.
 *
 *     acknowledged │ in flight │ may be sent now │ must wait │
 *               SND.UNA     SND.NXT     SND.UNA + SND.WND   end of the ring
 */
import { Ring } from "../../../../core/ring";
import { IPV4_HEADER } from "../../../wire/ipv4";
import { TCP_HEADER } from "../../../wire/tcp";
import { before, earlierOf, later } from "../sequence";
import { SEGMENT_SIZE_DEFAULT } from "../timing";

export class SendWindow {
  /** ISS */
  initial: u32 = 0;
  /** SND.UNA */
  unacknowledged: u32 = 0;
  /** SND.NXT: what is sent next; a time-out sets it back to SND.UNA. */
  next: u32 = 0;
  /** SND.MAX: the end of all that was ever sent. */
  maximum: u32 = 0;
  /** SND.WND in bytes, and the largest it ever was. */
  window: u32 = 0;
  largestWindow: u32 = 0;
  /** SND.WL1 and SND.WL2. */
  windowSequence: u32 = 0;
  windowAcknowledgment: u32 = 0;
  /** Windows of the peer are shifted by this on the wire. */
  shift: u32 = 0;
  /** The largest payload that is sent (Eff.snd.MSS). */
  segmentSize: u32 = SEGMENT_SIZE_DEFAULT;
  /** The end of the last segment sent that was not a full one; at least SND.UNA. */
  shortEnd: u32 = 0;
  /** The user has closed: a FIN goes out behind the last byte. */
  closing: bool = false;
  readonly ring: Ring;
  /** The sequence number of the ring's first byte. */
  private base: u32 = 0;

  constructor(capacity: u32) {
    this.ring = new Ring(capacity);
  }

  /** The own SYN will have this sequence number. */
  start(initial: u32): void {
    this.initial = initial;
    this.unacknowledged = initial;
    this.next = initial;
    this.maximum = initial;
    this.shortEnd = initial;
    this.base = initial + 1;
  }

  /** The sequence number behind the last byte that was written: that of the FIN. */
  get end(): u32 {
    return this.base + this.ring.length;
  }

  /** Bytes written that are not sent (again) yet. */
  get unsent(): u32 {
    const end = this.base + this.ring.length;
    return before(this.next, end) ? end - this.next : 0;
  }

  /** Sequence numbers between SND.UNA and SND.NXT. */
  get flight(): u32 {
    return this.next - this.unacknowledged;
  }

  /** The own FIN was sent, and it is acknowledged. */
  get finAcknowledged(): bool {
    return this.closing && before(this.end, this.unacknowledged);
  }

  /** The FIN is to be sent (again). */
  get finDue(): bool {
    return this.closing && this.next == this.end;
  }

  /**
   * The number of a segment without data that the peer surely accepts. SND.NXT would lie outside
   * its window after a time-out has set it back, SND.MAX after a probe of a closed window.
   */
  get bareSequence(): u32 {
    return earlierOf(this.maximum, this.unacknowledged + this.window);
  }

  /** Where in the ring the byte with this sequence number is. */
  offsetOf(sequence: u32): u32 {
    return sequence - this.base;
  }

  /** `count` sequence numbers from SND.NXT on have gone out. */
  sent(count: u32): void {
    this.next += count;
    this.maximum = later(this.maximum, this.next);
  }

  /** Everything before `acknowledgment`, which is behind SND.UNA, has arrived. */
  acknowledge(acknowledgment: u32): void {
    const data = earlierOf(acknowledgment, this.end);
    if (before(this.base, data)) {
      this.ring.consume(data - this.base);
      this.base = data;
    }
    this.unacknowledged = acknowledgment;
    if (before(this.shortEnd, acknowledgment)) this.shortEnd = acknowledgment;
    if (before(this.next, acknowledgment)) this.next = acknowledgment;
  }

  /** Takes the window of an acceptable segment if it is newer (RFC 9293 section 3.10.7.4). */
  updateWindow(sequence: u32, acknowledgment: u32, window: u32): void {
    const newer = before(this.windowSequence, sequence);
    const same = this.windowSequence == sequence;
    if (!newer && !(same && !before(acknowledgment, this.windowAcknowledgment))) return;
    this.setWindow(sequence, acknowledgment, window);
  }

  setWindow(sequence: u32, acknowledgment: u32, window: u32): void {
    this.window = window;
    if (window > this.largestWindow) this.largestWindow = window;
    this.windowSequence = sequence;
    this.windowAcknowledgment = acknowledgment;
  }

  /** Everything not acknowledged is to be sent again. */
  rewind(): void {
    this.next = this.unacknowledged;
  }

  /** Segments from now on fit into packets of `mtu` bytes. */
  fit(mtu: u32): void {
    const room = mtu - IPV4_HEADER - TCP_HEADER;
    if (this.segmentSize > room) this.segmentSize = room;
  }

  /** Gives the memory back. */
  release(): void {
    this.ring.release();
  }
}
