/**
 * One connection (the TCB of RFC 9293 section 3.3.1): what its user calls, and the state that the
 * files around this one work on. Input, output and deadlines are in input.ts, output.ts and
 * deadlines.ts; calls of the user only note what is wanted, and `dispatch` does it.
 */
import { TCP_RECEIVE_BYTES, TCP_SEND_BYTES } from "../../../core/limits";
import { NEVER } from "../../../core/time";
import { SocketError } from "../error";
import { Congestion } from "./congestion/new-reno";
import { TcpListener } from "./listen/listener";
import { ReceiveWindow } from "./receive/receiver";
import { SendWindow } from "./send/sender";
import { isSynchronized, nextState, TcpEvent, TcpState } from "./state";
import { RttEstimator } from "./time/round-trip-time";
import { TcpSchedule } from "./time/schedule";

export class TcpConnection {
  localAddress: u32 = 0;
  localPort: u32 = 0;
  remoteAddress: u32 = 0;
  remotePort: u32 = 0;
  state: TcpState = TcpState.Closed;
  /** Why the connection is over, once `state` is Closed; None: it ended as it should. */
  error: SocketError = SocketError.None;
  /** Small segments are sent at once, not only when nothing is in flight (Nagle off). */
  noDelay: bool = false;
  /**
   * The user time-out (RFC 9293 section 3.9.1): the connection fails when nothing is acknowledged
   * for so many microseconds. 0: R2 decides.
   */
  timeout: i64 = 0;
  /** Segments sent again. */
  retransmits: u32 = 0;
  readonly receiver: ReceiveWindow = new ReceiveWindow(TCP_RECEIVE_BYTES);
  readonly sender: SendWindow = new SendWindow(TCP_SEND_BYTES);
  readonly rtt: RttEstimator = new RttEstimator();
  readonly congestion: Congestion = new Congestion();

  // --- what is due in the next `dispatch` ---
  /** ACKs to send: more than one where segments came out of order. */
  acknowledgmentsDue: u32 = 0;
  /** A RST ends this connection, which counts as closed already. */
  resetDue: bool = false;
  /** The segment at SND.UNA is sent again at once (fast retransmit). */
  retransmitDue: bool = false;
  /** A probe of a window that allows nothing (persist timer). */
  probeDue: bool = false;
  /** A keep-alive probe. */
  keepAliveDue: bool = false;

  // --- times, NEVER where there is none; see deadlines.ts ---
  /** Retransmission and persist timer. */
  retransmitAt: i64 = NEVER;
  /** The delayed ACK. */
  acknowledgeAt: i64 = NEVER;
  /** Keep-alive, FIN-WAIT-2, or data that lingers. */
  idleAt: i64 = NEVER;
  /** When SND.UNA last moved, or what is in flight was first sent: R2 counts from there. */
  progressAt: i64 = 0;
  /** When the last acceptable segment came. */
  heardAt: i64 = 0;
  /** When data last came in or was read. */
  activityAt: i64 = 0;
  /** When a segment last went out. */
  sentAt: i64 = 0;
  /** When the last keep-alive probe went out, and how many got no answer. */
  probedAt: i64 = 0;
  probes: u32 = 0;
  /** The persist timer runs; its back-offs. */
  persisting: bool = false;
  persistBackoffs: u32 = 0;

  // --- acknowledging ---
  /** Bytes received since the last ACK went out. */
  receivedUnacknowledged: u32 = 0;
  /** Challenge ACKs left in the second that began at `challengedAt` (RFC 5961 section 7). */
  challengesLeft: u32 = 0;
  challengedAt: i64 = -1;

  // --- the rest ---
  /** ESTABLISHED was reached. */
  wasEstablished: bool = false;
  /** The peer began: a SYN-RECEIVED that fails goes back to LISTEN, untold. */
  passive: bool = false;
  /** Nobody will read any more. */
  orphaned: bool = false;
  /** In its table; false once the table has forgotten it. */
  attached: bool = false;
  /** Over, but what had arrived can still be read. */
  lingering: bool = false;
  /** An error that is reported only if the connection fails for good (RFC 9293, MUST-56). */
  softError: SocketError = SocketError.None;
  /** The segment size that the own SYN names. */
  ownSegmentSize: u32 = 0;
  /** The SYN offers window scaling. */
  offersScale: bool = true;
  /** Microseconds of silence before keep-alive probes, or 0. */
  keepAliveIdle: i64 = 0;
  /** SND.UNA at the last time-out: the same segment again does not halve ssthresh twice. */
  timedOutAt: u32 = 0;
  timedOutOnce: bool = false;

  // --- links of the lists that it is in; they belong to those lists ---
  /** The listener that it waits in, half open or ready. */
  listener: TcpListener | null = null;
  queueBefore: TcpConnection | null = null;
  queueAfter: TcpConnection | null = null;
  hashNext: TcpConnection | null = null;
  activeNext: TcpConnection | null = null;
  active: bool = false;
  timerKey: i64 = NEVER;
  timerIndex: i32 = -1;
  tableIndex: u32 = 0;

  constructor(readonly schedule: TcpSchedule) {}

  // --- what the user calls ---

  /** Bytes that can be read now; what arrived before an error stays readable for a while. */
  readable(): u32 {
    return this.receiver.ring.length;
  }

  /** Moves up to `capacity` bytes to `destination`; answers how many. */
  read(destination: usize, capacity: u32): u32 {
    const count = this.receiver.ring.read(destination, capacity);
    if (count > 0) this.wasRead();
    return count;
  }

  /** Where the oldest unread byte is, and how many lie in one piece from there on. */
  peekPointer(): usize {
    return this.receiver.ring.pointerAt(0);
  }
  peekLength(): u32 {
    return this.receiver.ring.contiguous(0);
  }

  /** Drops `count` bytes that were used in place; they must be there. */
  consume(count: u32): void {
    if (count == 0) return;
    this.receiver.ring.consume(count);
    this.wasRead();
  }

  /** Bytes that `write` would take now. */
  writable(): u32 {
    return this.canWrite() ? this.sender.ring.free : 0;
  }

  /** Takes up to `length` bytes to send; answers how many. */
  write(source: usize, length: u32): u32 {
    if (!this.canWrite()) return 0;
    const count = this.sender.ring.write(source, length);
    if (count > 0 && this.state >= TcpState.Established) this.schedule.wake(this);
    return count;
  }

  /** Bytes written that are not sent or not acknowledged. */
  unsent(): u32 {
    return this.sender.ring.length;
  }

  /** True once ESTABLISHED was reached, even if the connection is over by now. */
  established(): bool {
    return this.wasEstablished;
  }

  /** True when the peer has ended its direction and everything that it sent was read. */
  peerFinished(): bool {
    return this.receiver.finished && this.receiver.ring.length == 0;
  }

  /**
   * Nothing more will be written: what was written goes out, then a FIN. Reading stays possible
   * (half close); without any progress in FIN-WAIT-2 the connection ends after HALF_CLOSED_IDLE.
   */
  close(): void {
    const state = this.state;
    if (this.sender.closing || state == TcpState.Closed) return;
    this.sender.closing = true;
    const establishing = state == TcpState.SynSent || state == TcpState.SynReceived;
    if (state == TcpState.SynSent && this.sender.ring.length == 0) {
      this.end(SocketError.None);
    } else if (!establishing) {
      this.move(TcpEvent.Close);
    }
    this.schedule.wake(this);
  }

  /** Drops the connection and all that is queued; the peer gets a RST (RFC 9293, 3.10.5). */
  abort(): void {
    this.receiver.release();
    if (this.state == TcpState.Closed || this.state == TcpState.TimeWait) {
      this.schedule.wake(this);
      return;
    }
    this.resetDue = this.state != TcpState.SynSent;
    this.end(SocketError.None);
  }

  /**
   * The user lets go of it, as close(2) does: it ends cleanly, unless there is data that nobody
   * will read; then, and for data that comes later, the peer gets a RST (RFC 2525 section 2.17).
   */
  detach(): void {
    this.orphaned = true;
    if (this.receiver.ring.length > 0) this.abort();
    else this.close();
    // Looked at anew, for an orphan's FIN-WAIT-2 is shorter.
    if (this.state == TcpState.FinWait2) this.setIdle(this.schedule.now);
  }

  /** Probes a peer that was silent for `idle` microseconds (RFC 9293 section 3.8.4); 0: never. */
  setKeepAlive(idle: i64): void {
    this.keepAliveIdle = idle;
    const open = this.state == TcpState.Established || this.state == TcpState.CloseWait;
    if (idle > 0 && open) this.setIdle(this.schedule.now + idle);
  }

  // --- what the files around this one call ---

  /** Follows the state diagram. */
  move(event: TcpEvent): void {
    this.state = nextState(this.state, event);
  }

  /** The connection is over: nothing is sent but a RST that is due, no timer runs. */
  end(error: SocketError): void {
    this.error = error;
    this.move(TcpEvent.Drop);
    this.sender.release();
    this.retransmitAt = NEVER;
    this.acknowledgeAt = NEVER;
    this.idleAt = NEVER;
    this.schedule.wake(this);
  }

  /** Puts it onto the list of those that `dispatch` looks at. */
  wake(): void {
    this.schedule.wake(this);
  }

  setRetransmit(at: i64): void {
    this.retransmitAt = at;
    if (at < this.timerKey) this.schedule.timers.lower(this, at);
  }
  setAcknowledge(at: i64): void {
    this.acknowledgeAt = at;
    if (at < this.timerKey) this.schedule.timers.lower(this, at);
  }
  setIdle(at: i64): void {
    this.idleAt = at;
    if (at < this.timerKey) this.schedule.timers.lower(this, at);
  }

  /** The earliest of its times. */
  deadline(): i64 {
    let at = this.retransmitAt;
    if (this.acknowledgeAt < at) at = this.acknowledgeAt;
    return this.idleAt < at ? this.idleAt : at;
  }

  private canWrite(): bool {
    if (this.sender.closing) return false;
    const state = this.state;
    if (state == TcpState.Established || state == TcpState.CloseWait) return true;
    return state == TcpState.SynSent || state == TcpState.SynReceived;
  }

  /** The user made room: the peer is told if it may be waiting for that. */
  private wasRead(): void {
    this.activityAt = this.schedule.now;
    if (this.lingering) {
      if (this.receiver.ring.length == 0) this.schedule.wake(this);
    } else if (isSynchronized(this.state) && this.receiver.updateDue()) {
      if (this.acknowledgmentsDue == 0) this.acknowledgmentsDue = 1;
      this.schedule.wake(this);
    }
  }
}
