/**
 * The sending half of a connection (RFC 9293 section 3.3.1): SND.UNA, SND.NXT, the peer's window,
 * and the ring that holds what is not acknowledged yet.
 *
 *     acknowledged │ in flight │ may be sent now │ must wait │
 *               SND.UNA     SND.NXT     SND.UNA + SND.WND   end of the ring
 */
import { Pages } from "../../../../core/pages";
import { Ring } from "../../../../core/ring";
import { IPV4_HEADER } from "../../../wire/ipv4";
import { TCP_HEADER } from "../../../wire/tcp";
import { before, earlierOf, later } from "../sequence";
import { TcpSettings } from "../settings";
import { SEGMENT_SIZE_DEFAULT } from "../timing";
import { PathMtu } from "./path-mtu";
import { SentSegments } from "./sent-segments";

export class Sender {
  /** ISS */
  initial: u32 = 0;
  /** SND.UNA */
  unacknowledged: u32 = 0;
  /** SND.NXT: the next number to send. Only `rewind` sets it back. */
  next: u32 = 0;
  /** SND.MAX: the end of everything ever sent. */
  maximum: u32 = 0;
  /** SND.WND in bytes, and the largest it ever was. */
  window: u32 = 0;
  largestWindow: u32 = 0;
  /** The most bytes in flight in a round trip, and those that end it once they are acknowledged. */
  mostInFlight: u32 = 0;
  private roundLeft: u32 = 0;
  /** SND.WL1 and SND.WL2. */
  windowSequence: u32 = 0;
  windowAcknowledgment: u32 = 0;
  /** The shift of the peer's windows on the wire. */
  shift: u32 = 0;
  /** The largest payload (Eff.snd.MSS) that both ends and the path allow, less the options. */
  segmentSize: u32 = SEGMENT_SIZE_DEFAULT;
  /** The end of the last segment sent that was not full-sized; at least SND.UNA. */
  shortEnd: u32 = 0;
  /** Whether the user has closed: a FIN follows the last byte. */
  closing: bool = false;
  readonly ring: Ring;
  /** Bytes of IPv4 and TCP headers of a segment with data. */
  private headers: u32 = IPV4_HEADER + TCP_HEADER;
  /** The most bytes to which the buffer grows. */
  private most: u32;
  /** The sequence number of the ring's first byte. */
  private base: u32 = 0;

  constructor(
    private readonly pages: Pages,
    readonly segments: SentSegments,
    readonly pathMtu: PathMtu,
    settings: TcpSettings,
  ) {
    this.ring = new Ring(pages, settings.sendBytes);
    this.most = settings.sendMaximum;
  }

  /** Fixes the size of the buffer, a power of two. A buffer that has memory is only enlarged. */
  fixBuffer(capacity: u32): void {
    this.most = capacity;
    const ring = this.ring;
    if (!ring.allocated) ring.resize(capacity);
    else if (capacity > ring.capacity && this.pages.affords(capacity)) ring.grow(capacity);
  }

  /** Sets the sequence number of the SYN to come. */
  start(initial: u32): void {
    this.initial = initial;
    this.unacknowledged = initial;
    this.next = initial;
    this.maximum = initial;
    this.shortEnd = initial;
    this.base = initial + 1;
    this.segments.begin(initial);
  }

  /** Restores the state after the SYN,ACK, which was sent with a cookie. */
  restore(): void {
    this.next = this.initial + 1;
    this.maximum = this.next;
  }

  /**
   * Limits segments to `size` bytes of options and payload, as the SYNs settled (RFC 6691); every
   * segment has `options` bytes of options.
   */
  limit(size: u32, options: u32): void {
    this.segmentSize = size - options;
    this.headers = IPV4_HEADER + TCP_HEADER + options;
  }

  /** Both sides sent a window scale option: the peer's windows are shifted by `shift`. */
  scale(shift: u32): void {
    this.shift = shift;
  }

  /** Notes that the user has closed. */
  finish(): void {
    this.closing = true;
  }

  /** Queues up to `length` bytes. Returns how many fit. */
  write(source: usize, length: u32): u32 {
    const count = this.ring.write(source, length);
    if (count > 0) this.segments.allocate();
    return count;
  }

  /** Makes room to record more segments in flight. Returns false if there cannot be more. */
  growRecord(): bool {
    return this.segments.grow(this.pages);
  }

  /**
   * Enlarges the buffer to twice cwnd: one half waits to be acknowledged while the user fills the
   * other.
   */
  tune(window: u32): void {
    const ring = this.ring;
    if (window <= ring.capacity >>> 1 || ring.capacity >= this.most) return;
    if (this.pages.affords(2 * ring.capacity)) ring.grow(2 * ring.capacity);
  }

  /** The sequence number after the last byte written: that of the FIN. */
  get end(): u32 {
    return this.base + this.ring.length;
  }

  /** Bytes written that have not been sent, or will be sent again. */
  get unsent(): u32 {
    const end = this.base + this.ring.length;
    return before(this.next, end) ? end - this.next : 0;
  }

  /** Sequence numbers between SND.UNA and SND.NXT. */
  get flight(): u32 {
    return this.next - this.unacknowledged;
  }

  /**
   * Reports whether data before `point` is in flight, and there is new data that the peer's window
   * lets follow it. If not, F-RTO does not apply (RFC 5682 section 2.1, step 2b).
   */
  extends(point: u32): bool {
    return before(this.unacknowledged, point) && this.unsent > 0 && this.window > this.flight;
  }

  /** Whether the FIN was sent and acknowledged. */
  get finAcknowledged(): bool {
    return this.closing && before(this.end, this.unacknowledged);
  }

  /** Whether the FIN is next to be sent. */
  get finDue(): bool {
    return this.closing && this.next == this.end;
  }

  /**
   * The sequence number for a segment without data. It is always acceptable to the peer, whereas
   * SND.NXT would be outside its window after a timeout, SND.MAX after a probe of a closed window.
   */
  get bareSequence(): u32 {
    return earlierOf(this.maximum, this.unacknowledged + this.window);
  }

  /** Bytes of the IPv4 packet with a full-sized segment. */
  get packetSize(): u32 {
    return this.segmentSize + this.headers;
  }

  /** Returns where in the ring the byte with this sequence number is. */
  offsetOf(sequence: u32): u32 {
    return sequence - this.base;
  }

  /**
   * `count` sequence numbers from SND.NXT on were sent, with `length` bytes of data. Reports
   * whether that was a retransmission.
   */
  sent(count: u32, length: u32, now: i64): bool {
    const to = this.next + count;
    const again = this.next != this.maximum;
    this.segments.sent(to, again, now);
    this.next = to;
    this.maximum = later(this.maximum, to);
    if (length < this.segmentSize && !again) this.shortEnd = to;
    if (again) this.segments.countRetransmission();
    return again;
  }

  /** The SYN was sent. The little data in it is no reason to hold back a short segment after it. */
  sentSyn(): void {
    this.shortEnd = this.unacknowledged;
  }

  /**
   * The byte at SND.NXT was sent to probe a closed window. SND.NXT stays: if the peer does not
   * accept the byte, it is sent again with those after it.
   */
  probed(): void {
    this.maximum = later(this.maximum, this.next + 1);
  }

  /** Advances SND.UNA to `acknowledgment`, and drops the bytes before it. */
  acknowledge(acknowledgment: u32, now: i64): void {
    this.measureFlight(acknowledgment - this.unacknowledged);
    const data = earlierOf(acknowledgment, this.end);
    if (before(this.base, data)) {
      this.ring.consume(data - this.base);
      this.base = data;
      if (this.ring.length == 0) this.ring.trim();
    }
    this.pathMtu.acknowledged(acknowledgment);
    this.unacknowledged = acknowledgment;
    if (before(this.shortEnd, acknowledgment)) this.shortEnd = acknowledgment;
    if (before(this.next, acknowledgment)) this.next = acknowledgment;
    this.segments.acknowledge(acknowledgment, now);
    if (this.segments.largest >= this.segmentSize) this.pathMtu.arrived(this.packetSize);
  }

  /** Notes what is in flight, as `count` bytes of it are acknowledged. */
  private measureFlight(count: u32): void {
    const flight = this.flight;
    if (flight >= this.mostInFlight || count >= this.roundLeft) {
      this.mostInFlight = flight;
      this.roundLeft = flight;
    } else {
      this.roundLeft -= count;
    }
  }

  /**
   * Takes the window of an acceptable segment unless it is outdated (RFC 9293 section 3.10.7.4).
   */
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

  /** Notes that a newer segment has confirmed the current window. */
  confirmWindow(sequence: u32, acknowledgment: u32): void {
    this.windowSequence = sequence;
    this.windowAcknowledgment = acknowledgment;
  }

  /** Sets SND.NXT back to SND.UNA: everything unacknowledged will be segmented and sent again. */
  rewind(): void {
    this.next = this.unacknowledged;
    this.segments.forget();
    this.pathMtu.abandon();
  }

  /** Makes segments small enough for packets of `mtu` bytes, the largest that the path carries. */
  fit(mtu: u32): void {
    const room = mtu - this.headers;
    if (this.segmentSize > room) this.segmentSize = room;
    this.pathMtu.lowered(mtu);
  }

  /**
   * The segment at SND.UNA timed out, `timeouts` times in a row: believes a claimed MTU, which may
   * be the reason, or falls back to smaller segments if it is a full-sized one.
   */
  timedOut(timeouts: u32): void {
    const segments = this.segments;
    const claim = this.pathMtu.claim;
    if (claim != 0) {
      this.fit(claim);
      return;
    }
    if (segments.count == 0 || segments.endOf(0) - segments.start < this.segmentSize) return;
    const size = this.packetSize;
    const mtu = this.pathMtu.timedOut(size, timeouts, this.maximum);
    if (mtu < size) this.segmentSize = mtu - this.headers;
  }

  /** Returns the size of the packet to probe the path with now, or 0 (RFC 4821 section 7.4). */
  get sizeToProbe(): u32 {
    return this.pathMtu.due(this.packetSize, this.unacknowledged);
  }

  /** Makes segments larger if a probe has arrived. Reports whether one has. */
  raise(): bool {
    const size = this.pathMtu.arrivedAt(this.unacknowledged);
    if (size == 0) return false;
    this.segmentSize = size - this.headers;
    this.pathMtu.arrived(size);
    return true;
  }

  /** Frees the memory. */
  release(): void {
    this.ring.release();
    this.segments.release();
  }
}
