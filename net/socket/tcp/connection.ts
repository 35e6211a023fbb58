/**
 * A connection as its user sees it (RFC 9293 section 3.9.1). Calls only record what the user wants;
 * segments are sent in the next `dispatch`. All handles of one connection are equivalent.
 */
import { Ring } from "../../../core/ring";
import { Wakeable } from "../../../core/wakeable";
import { Endpoints } from "../endpoints";
import { SocketError } from "../error";
import { CONGESTION_NAMES, CongestionAlgorithm } from "./congestion/controller";
import { ControlBlock } from "./control-block";
import { TcpCounter } from "./counters";
import { armFinWait2 } from "./deadlines";
import { TcpInfo } from "./info";
import { prepareFastOpen } from "./open/fast-open";
import { Sender } from "./send/sender";
import { SocketOptions } from "./socket-options";
import { isSynchronized, TcpEvent, TcpState } from "./state";

export class TcpConnection {
  private readonly received: Ring;
  private readonly sender: Sender;

  constructor(readonly block: ControlBlock) {
    this.received = block.receiver.ring;
    this.sender = block.sender;
  }

  // --- what it is ---

  get endpoints(): Endpoints {
    return this.block.endpoints;
  }
  get state(): TcpState {
    return this.block.state;
  }
  /** Why the connection is over, once `state` is Closed; None if it ended normally. */
  get error(): SocketError {
    return this.block.error;
  }
  /**
   * Whether ESTABLISHED was reached, or Fast Open lets the user write and read before (RFC 7413),
   * even if the connection is over by now.
   */
  established(): bool {
    return this.block.wasEstablished || this.block.fastOpen.usable;
  }

  // --- options ---

  /** Takes over the options of a socket, except for those that only a SYN can carry. */
  adopt(options: SocketOptions): void {
    this.block.adopt(options);
  }

  /** Whether small segments are sent at once, even while others are in flight (Nagle off). */
  get noDelay(): bool {
    return this.block.noDelay;
  }
  set noDelay(on: bool) {
    this.block.setNoDelay(on);
  }

  /**
   * The octet with the DS field (RFC 2474) of segments sent. Its ECN bits are TCP's, and stay 0.
   */
  get trafficClass(): u32 {
    return this.block.path.trafficClass;
  }
  set trafficClass(octet: u32) {
    this.block.path.trafficClass = octet & 0xfc;
  }

  /**
   * The user timeout in microseconds: the connection fails if what it sends is not acknowledged for
   * that long. 0, the default, means 5 minutes (3 minutes for the SYN).
   */
  get timeout(): i64 {
    return this.block.userTimeout;
  }
  set timeout(micros: i64) {
    this.block.setUserTimeout(micros);
  }

  /** Probes a peer that is silent for `idle` microseconds (RFC 9293, 3.8.4); 0 disables probes. */
  setKeepAlive(idle: i64): void {
    this.block.keepAlive(idle);
  }

  /** Makes the SYN, which must not have been sent yet, use Fast Open (TCP_FASTOPEN_CONNECT). */
  useFastOpen(): void {
    prepareFastOpen(this.block);
  }

  /** Sets who is woken by every segment that arrives, and by the end; null for nobody. */
  subscribe(subscriber: Wakeable | null): void {
    this.block.subscribe(subscriber);
  }

  // --- receiving ---

  /** Bytes that can be read now; after the end of the connection, too, until `release`. */
  readable(): u32 {
    return this.received.length;
  }

  /**
   * Bytes from the oldest unread one to the end of the peer's urgent data, some of which may not
   * have arrived yet; 0 if there is none. Urgent data is read in line with the rest (RFC 6093).
   */
  urgent(): u32 {
    return this.block.receiver.urgent;
  }

  /** Moves up to `capacity` bytes to `destination`. Returns how many. */
  read(destination: usize, capacity: u32): u32 {
    const count = this.received.read(destination, capacity);
    if (count > 0) this.madeRoom();
    return count;
  }

  /** The address of the oldest unread byte, valid for `peekLength` bytes. */
  peekPointer(): usize {
    return this.received.length > 0 ? this.received.pointerAt(0) : 0;
  }
  peekLength(): u32 {
    return this.received.contiguous(0);
  }

  /** Drops `count` bytes that the user has read in place; they must be readable. */
  consume(count: u32): void {
    if (count == 0) return;
    this.received.consume(count);
    this.madeRoom();
  }

  /**
   * Whether nothing more is to be read: the peer has closed its direction or the user has ended
   * reading, and everything that has arrived was read.
   */
  peerFinished(): bool {
    const block = this.block;
    return (block.receiver.finished || block.readEnded) && this.received.length == 0;
  }

  /**
   * Ends reading (SHUT_RD of shutdown(2)): `peerFinished` is true once the bytes that have arrived
   * are read. As in Linux, the peer is not told, and more data is still accepted. If the user has
   * also closed, data that arrives resets the connection.
   */
  endReading(): void {
    this.block.endReading();
    this.block.notify();
  }

  // --- sending ---

  /** Bytes that `write` would take now. */
  writable(): u32 {
    if (!this.canWrite()) return 0;
    const free = this.sender.ring.free;
    const block = this.block;
    const own = block.notSentMaximum;
    const most = own != 0 ? own : block.schedule.settings.notSentMaximum;
    return most == u32.MAX_VALUE ? free : min(free, this.unsentRoom(most));
  }

  /**
   * Queues up to `length` bytes to be sent. Returns how many; 0 if nothing more may be written. If
   * Fast Open lets the SYN wait for data, `length` 0 sends it without.
   */
  write(source: usize, length: u32): u32 {
    const count = this.sender.write(source, min(length, this.writable()));
    const block = this.block;
    const usable = block.state >= TcpState.Established || block.fastOpen.usable;
    if (length == 0) block.fastOpen.release();
    if (usable && (count > 0 || length == 0)) block.wake();
    return count;
  }

  /** Bytes written that are not acknowledged yet. */
  unacknowledged(): u32 {
    return this.sender.ring.length;
  }

  // --- ending ---

  /**
   * Ends writing: what was written is sent, then a FIN. Reading remains possible (half close), but
   * FIN-WAIT-2 ends after HALF_CLOSED_IDLE without progress. In SYN-SENT, a connection to which
   * nothing was written ends at once.
   */
  close(): void {
    const block = this.block;
    const state = block.state;
    if (this.sender.closing || state == TcpState.Closed) return;
    this.sender.finish();
    const establishing = state == TcpState.SynSent || state == TcpState.SynReceived;
    if (state == TcpState.SynSent && this.sender.ring.length == 0) {
      block.end(SocketError.None);
    } else if (!establishing) {
      block.move(TcpEvent.Close);
    }
    block.wake();
  }

  /** Drops the connection and everything queued; see `ControlBlock.abort`. */
  abort(): void {
    const block = this.block;
    if (isSynchronized(block.state)) block.schedule.counters.add(TcpCounter.AbortOnData);
    block.abort();
  }

  /**
   * Releases the connection, as close(2) does. The connection ends normally, but the peer gets a
   * RST if there is unread data, if data arrives later (RFC 2525 section 2.17), or if there are too
   * many connections without a user.
   */
  detach(): void {
    const block = this.block;
    block.orphan();
    if (this.received.length > 0) {
      if (isSynchronized(block.state)) block.schedule.counters.add(TcpCounter.AbortOnClose);
      block.abort();
    } else {
      this.close();
    }
    if (block.state == TcpState.Closed) return;
    const schedule = block.schedule;
    if (schedule.orphans > schedule.settings.orphansMaximum) {
      schedule.counters.add(TcpCounter.AbortOnMemory);
      block.abort();
    }
    // Restart the timer, because an orphan's FIN-WAIT-2 is shorter.
    if (block.state == TcpState.FinWait2) armFinWait2(block);
  }

  // --- for `ss -i` (times in microseconds, sizes in bytes) ---

  /** Returns the state at this moment. */
  info(): TcpInfo {
    return new TcpInfo(this.block, this.block.schedule.now);
  }

  get roundTripTime(): i64 {
    return this.block.roundTrip.smoothed;
  }
  get roundTripVariation(): i64 {
    return this.block.roundTrip.variation;
  }
  get retransmissionTimeout(): i64 {
    return this.block.roundTrip.timeout();
  }
  get segmentSize(): u32 {
    return this.sender.segmentSize;
  }
  get congestionWindow(): u32 {
    return this.block.recovery.window;
  }
  get congestionAlgorithm(): CongestionAlgorithm {
    return this.block.congestion.algorithm();
  }
  get congestionName(): string {
    return CONGESTION_NAMES[this.congestionAlgorithm];
  }
  /** The sizes of the buffers now. */
  get receiveBuffer(): u32 {
    return this.received.capacity;
  }
  get sendBuffer(): u32 {
    return this.sender.ring.capacity;
  }
  get slowStartThreshold(): u32 {
    return this.block.congestion.threshold();
  }
  get sendWindow(): u32 {
    return this.sender.window;
  }
  get receiveWindow(): u32 {
    return this.block.receiver.window;
  }
  /** Sequence numbers sent and not acknowledged. */
  get inFlight(): u32 {
    return this.sender.flight;
  }
  /** Bytes in flight that the peer has SACKed, and those considered lost. */
  get sacked(): u32 {
    return this.sender.segments.sacked;
  }
  get lost(): u32 {
    return this.sender.segments.lost;
  }
  /** The shifts of the peer's windows and of this host's (RFC 7323 section 2); 0 if not scaled. */
  get sendShift(): u32 {
    return this.sender.shift;
  }
  get receiveShift(): u32 {
    return this.block.receiver.shift;
  }
  /** Whether both sides use ECN (RFC 3168), and whether a mark of congestion has arrived. */
  get ecn(): bool {
    return this.block.ecn.agreed;
  }
  get ecnSeen(): bool {
    return this.block.ecn.seen;
  }
  /** Whether both sides use timestamps (RFC 7323). */
  get timestamps(): bool {
    return this.block.negotiated.timestamps;
  }
  /** Whether both sides use SACK (RFC 2018), and whether the path is known to reorder. */
  get selective(): bool {
    return this.block.negotiated.selective;
  }
  get reordering(): bool {
    return this.block.recovery.rack.reordering;
  }
  /** Segments retransmitted since the connection began. */
  get retransmissions(): u32 {
    return this.sender.segments.retransmissions;
  }

  private canWrite(): bool {
    if (this.sender.closing) return false;
    const state = this.block.state;
    if (state == TcpState.Established || state == TcpState.CloseWait) return true;
    return state == TcpState.SynSent || state == TcpState.SynReceived;
  }

  /**
   * Returns how many bytes may be written if `most` may wait beyond those that the windows allow to
   * be sent now.
   */
  private unsentRoom(most: u32): u32 {
    const sender = this.sender;
    const flight = sender.flight;
    const window = sender.window > flight ? sender.window - flight : 0;
    const allowed = (most as u64) + min(window, this.block.recovery.room);
    const unsent: u64 = sender.unsent;
    return unsent < allowed ? (min<u64>(allowed - unsent, u32.MAX_VALUE) as u32) : 0;
  }

  /** Called after reading has made room: updates the peer if it may be waiting for the room. */
  private madeRoom(): void {
    const block = this.block;
    const now = block.schedule.now;
    block.liveness.acted(now);
    block.receiver.tune(block.roundTrip.smoothed, now);
    block.receiver.trim();
    if (block.keptForReading) {
      if (this.received.length == 0) block.wake();
    } else if (isSynchronized(block.state) && block.receiver.updateDue()) {
      block.acknowledge();
    }
  }
}
