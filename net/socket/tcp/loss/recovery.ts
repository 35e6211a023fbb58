/**
 * Recovery from loss: fast retransmit and fast recovery as in NewReno (RFC 6582), and recovery
 * after a timeout (RFC 5681 section 3.1). A loss detector says what is lost, and a congestion
 * controller what that means for cwnd; this class decides what is retransmitted and when recovery
 * is over.
 *
 * F-RTO (RFC 5682) is not implemented; it would undo `timedOut` here.
 */
import { CongestionController } from "../congestion/controller";
import { atOrBefore, before } from "../sequence";
import { LossDetector } from "./detector";
import { RecoveryWindow, windowAfterRecovery } from "./recovery-window";

export const enum RecoveryPhase {
  /** No loss is known. */
  Open = 0,
  /** Fast recovery: until all that was in flight when the loss was detected is acknowledged. */
  Fast,
  /** After a timeout: until all that was in flight then is acknowledged. */
  Timeout,
}

export class Recovery {
  phase: RecoveryPhase = RecoveryPhase.Open;
  /** Whether the segment at SND.UNA is retransmitted in the next `dispatch`. */
  retransmitDue: bool = false;
  /** SND.MAX when the last loss was noticed ("recover" in RFC 6582). */
  private point: u32 = 0;
  /** Whether a partial ACK has arrived in this fast recovery. */
  private partial: bool = false;
  /**
   * Whether the timer expired, with SND.UNA at `timedOutAt`, and nothing was acknowledged since.
   */
  private timedOutOnce: bool = false;
  private timedOutAt: u32 = 0;
  /** SND.MAX at the first duplicate ACK: what limited transmit sends lies beyond. */
  private duplicatesFrom: u32 = 0;

  constructor(
    private readonly detector: LossDetector,
    private readonly congestion: CongestionController,
    private readonly fast: RecoveryWindow,
  ) {}

  /** The handshake is complete; the SYN had the sequence number `initial`. */
  start(initial: u32): void {
    this.point = initial;
  }

  /** Bytes that may be in flight: cwnd, or the window that replaces it during fast recovery. */
  get window(): u32 {
    return this.phase == RecoveryPhase.Fast ? this.fast.bytes : this.congestion.window();
  }

  /** Returns the window plus what limited transmit adds (RFC 3042). */
  allowance(segmentSize: u32): u32 {
    if (this.phase == RecoveryPhase.Fast) return this.fast.bytes;
    return this.congestion.window() + this.detector.departed() * segmentSize;
  }

  /**
   * SND.UNA advanced by `count` to `acknowledgment`, with `flight` bytes in flight before. Reports
   * whether the retransmission timer restarts, as it does except for partial ACKs after the first
   * (RFC 6582 section 4, the "impatient" variant).
   */
  acknowledged(count: u32, acknowledgment: u32, flight: u32, segmentSize: u32, now: i64): bool {
    this.timedOutOnce = false;
    this.detector.advanced();
    if (this.phase == RecoveryPhase.Fast) {
      return this.acknowledgedInRecovery(count, acknowledgment, flight, segmentSize);
    }
    this.retransmitDue = false;
    const repairing = this.phase == RecoveryPhase.Timeout;
    if (repairing && atOrBefore(this.point, acknowledgment)) this.phase = RecoveryPhase.Open;
    this.congestion.acknowledged(count, flight, repairing, segmentSize, now);
    return true;
  }

  /** A duplicate ACK of `unacknowledged` arrived; `maximum` is SND.MAX. */
  duplicate(unacknowledged: u32, maximum: u32, segmentSize: u32): void {
    if (this.phase == RecoveryPhase.Fast) {
      this.fast.duplicate(segmentSize);
      return;
    }
    if (this.phase == RecoveryPhase.Timeout) return;
    if (this.detector.departed() == 0) this.duplicatesFrom = maximum;
    if (!this.detector.duplicate()) return;
    // Ignore duplicates caused by a loss that was dealt with before (RFC 6582 section 3.2, step 2).
    if (!before(this.point, unacknowledged)) return;
    const flight = maximum - unacknowledged;
    // Segments sent by limited transmit do not count (RFC 5681 section 3.2, step 2).
    this.congestion.lossDetected(this.duplicatesFrom - unacknowledged, segmentSize);
    this.fast.enter(this.congestion.threshold(), flight, segmentSize);
    this.point = maximum;
    this.partial = false;
    this.phase = RecoveryPhase.Fast;
    this.retransmitDue = true;
  }

  /** The retransmission timer expired: everything from SND.UNA on is to be sent again. */
  timedOut(unacknowledged: u32, maximum: u32, segmentSize: u32): void {
    const again = this.timedOutOnce && this.timedOutAt == unacknowledged;
    this.congestion.timedOut(maximum - unacknowledged, segmentSize, again);
    this.detector.timedOut();
    this.timedOutOnce = true;
    this.timedOutAt = unacknowledged;
    this.point = maximum;
    this.phase = RecoveryPhase.Timeout;
    this.retransmitDue = false;
  }

  /** The segment at SND.UNA was sent again, or need not be. */
  retransmitted(): void {
    this.retransmitDue = false;
  }

  private acknowledgedInRecovery(
    count: u32,
    acknowledgment: u32,
    flight: u32,
    segmentSize: u32,
  ): bool {
    if (atOrBefore(this.point, acknowledgment)) {
      const threshold = this.congestion.threshold();
      this.congestion.recovered(windowAfterRecovery(flight - count, threshold, segmentSize));
      this.phase = RecoveryPhase.Open;
      this.retransmitDue = false;
      return true;
    }
    this.fast.partial(count, segmentSize);
    this.retransmitDue = true;
    const first = !this.partial;
    this.partial = true;
    return first;
  }
}
