/**
 * Recovery from loss: fast recovery (RFC 6582, RFC 6675), recovery after a timeout (RFC 5681
 * section 3.1), and undoing them if the loss was only apparent, as F-RTO (RFC 5682), D-SACK (RFC
 * 3708) or timestamps (RFC 3522) show. RACK or duplicate ACKs decide what is lost, `SentSegments`
 * records it, a congestion controller adapts cwnd, and this class decides how much may be sent.
 */
import { NEVER } from "../../../../core/time";
import { CongestionController } from "../congestion/controller";
import { Ecn } from "../congestion/ecn";
import { TcpCounter, TcpCounters } from "../counters";
import { Sender } from "../send/sender";
import { atOrBefore, before } from "../sequence";
import { AckEvent } from "./ack-event";
import { DuplicateAcks } from "./duplicate-acks";
import { Rack } from "./rack";
import { RateReduction } from "./rate-reduction";
import { Doubt, RecoveryPhase } from "./recovery-phase";
import { TailProbe } from "./tail-probe";
import { Undo } from "./undo";

// The offsets of the parts in their common memory, and the bytes of all of them.
const REDUCTION: usize = (offsetof<Rack>() + 7) & ~7;
const DUPLICATES: usize = REDUCTION + ((offsetof<RateReduction>() + 7) & ~7);
const TAIL_PROBE: usize = DUPLICATES + ((offsetof<DuplicateAcks>() + 7) & ~7);
const UNDO: usize = TAIL_PROBE + ((offsetof<TailProbe>() + 7) & ~7);
export const RECOVERY_PARTS_BYTES: usize = UNDO + offsetof<Undo>();

export class Recovery {
  phase: RecoveryPhase = RecoveryPhase.Open;
  /** Whether the peer sends SACK. */
  selective: bool = false;
  /** Whether the next `dispatch` sends a probe: a new segment beyond cwnd, else the last again. */
  probeDue: bool = false;
  /** When RACK's reordering timer expires, or NEVER. */
  reorderingAt: i64 = NEVER;
  /** SND.MAX when the last loss was noticed ("recover" in RFC 6582). */
  private point: u32 = 0;
  /** Whether SND.UNA has yet to pass `point`: numbers wrap, so an old point cannot be compared. */
  private behind: bool = false;
  /** Whether a partial ACK has arrived in this fast recovery. */
  private partial: bool = false;
  /** Whether nothing was acknowledged since the timer expired, with SND.UNA at `timedOutAt`. */
  private timedOutOnce: bool = false;
  private timedOutAt: u32 = 0;
  private doubt: Doubt = Doubt.None;
  /** Whether a mark of congestion reduced cwnd less than a round trip ago, and SND.MAX then. */
  private relieving: bool = false;
  private relievedAt: u32 = 0;

  private readonly duplicates: DuplicateAcks;
  readonly rack: Rack;
  private readonly reduction: RateReduction;
  private readonly tailProbe: TailProbe;
  readonly undoing: Undo;

  /** `parts`: the address of RECOVERY_PARTS_BYTES zeroed bytes, which the caller keeps alive. */
  constructor(
    private readonly sender: Sender,
    private congestion: CongestionController,
    private readonly ecn: Ecn,
    parts: usize,
    private readonly counters: TcpCounters,
  ) {
    this.rack = Rack.at(parts);
    this.reduction = RateReduction.at(parts + REDUCTION);
    this.duplicates = DuplicateAcks.at(parts + DUPLICATES);
    this.tailProbe = TailProbe.at(parts + TAIL_PROBE);
    this.undoing = Undo.at(parts + UNDO);
  }

  /** Replaces the congestion controller. */
  setController(congestion: CongestionController): void {
    this.congestion = congestion;
  }

  /** Called when the handshake is complete. */
  start(selective: bool): void {
    this.selective = selective;
  }

  /** Bytes that may be in flight: cwnd, or the window that replaces it during fast recovery. */
  get window(): u32 {
    return this.phase == RecoveryPhase.Fast ? this.reduction.window : this.congestion.window();
  }

  /** Bytes in the network (RFC 6675). */
  get pipe(): u32 {
    const sender = this.sender;
    const pipe = sender.segments.pipe(sender.flight);
    const departed = this.duplicates.departed;
    return pipe > departed ? pipe - departed : 0;
  }

  /** Bytes that may be sent now. */
  get room(): u32 {
    const window = this.window;
    const pipe = this.pipe;
    return window > pipe ? window - pipe : 0;
  }

  /** Whether lost segments are retransmitted now: not while F-RTO waits for its second ACK. */
  get repairs(): bool {
    return this.doubt != Doubt.Probed;
  }

  /** Whether a tail loss probe may be scheduled (RFC 8985 section 7.2). */
  get mayProbe(): bool {
    if (!this.selective || this.phase != RecoveryPhase.Open || this.tailProbe.active) return false;
    return this.sender.segments.sacked + this.sender.segments.lost == 0;
  }

  /** Notes that `bytes` were sent; `again` if they had been sent before. */
  sent(bytes: u32, again: bool, now: i64): void {
    if (this.phase == RecoveryPhase.Fast) this.reduction.sent(bytes);
    if (!again || this.phase == RecoveryPhase.Open) return;
    this.undoing.resent(now);
  }

  /** Requests a tail loss probe in the next `dispatch`, or cancels the request. */
  requestProbe(due: bool): void {
    this.probeDue = due;
  }

  /** Notes that the probe was sent; `resent` if it retransmitted the last segment. */
  probed(resent: bool): void {
    this.probeDue = false;
    if (this.phase != RecoveryPhase.Open) return;
    this.counters.add(TcpCounter.LossProbes);
    this.tailProbe.sent(this.sender.next, resent);
  }

  /**
   * Handles an ACK, which SND.UNA and `SentSegments` already reflect; `smoothed` is SRTT. Reports
   * whether to restart the retransmission timer: when SND.UNA advances but, without SACK, not for
   * partial ACKs after the first (the Impatient variant of RFC 3782 section 4).
   */
  acknowledged(ack: AckEvent, smoothed: i64, now: i64): bool {
    const sender = this.sender;
    const segments = sender.segments;
    const advance = ack.advance;
    if (advance > 0) this.timedOutOnce = false;
    if (sender.unacknowledged == sender.maximum) this.probeDue = false;
    if (ack.hasDuplicate) this.arrivedTwice(ack.duplicateFrom);
    const needless = advance > 0 && this.undoing.acknowledged(ack.needless);
    if (needless && this.phase != RecoveryPhase.Open) {
      const fast = this.phase == RecoveryPhase.Fast;
      this.undo(fast ? TcpCounter.FullUndo : TcpCounter.LossUndo);
    }
    if (segments.reordered) this.counters.add(TcpCounter.SACKReorder);
    if (this.tailProbe.acknowledged(ack, sender.unacknowledged)) {
      // The probe has repaired a loss (RFC 8985 section 7.4.2).
      this.counters.add(TcpCounter.LossProbeRecovery);
      this.reduceWindow(ack.flightBefore);
      this.congestion.recovered(this.congestion.threshold());
    }
    if (this.behind && before(this.point, sender.unacknowledged)) this.behind = false;
    if (this.relieving && before(this.relievedAt, sender.unacknowledged)) this.relieving = false;
    const lost = segments.lost;
    const delivered = this.selective ? segments.delivered : this.countDuplicates(ack);
    if (this.selective) this.detect(smoothed, now);
    const clear = segments.lost == lost;
    if (this.phase == RecoveryPhase.Timeout) this.acknowledgedAfterTimeout(ack);
    if (this.phase == RecoveryPhase.Fast) return this.acknowledgedInRecovery(ack, delivered, clear);
    const repairing = this.phase == RecoveryPhase.Timeout;
    const repaired = advance > 0 && atOrBefore(this.point, sender.unacknowledged);
    if (repairing && repaired) this.leaveTimeout();
    // If the path reorders, SACKed data counts at once, as in Linux (tcp_may_raise_cwnd); it does
    // not count again when the gap before it is filled.
    const grown = this.rack.reordering ? delivered : min(advance, delivered);
    if (grown > 0 && !ack.congested) {
      const used = sender.mostInFlight;
      const size = sender.segmentSize;
      this.congestion.acknowledged(grown, ack.left, used, repairing, size, now);
    }
    if (this.phase == RecoveryPhase.Open) {
      // Also after a recovery that has left a loss beyond its recovery point.
      if (this.congestionLoss) this.enterFast(delivered);
      else if (ack.congested) this.relieve(ack.flightBefore);
    }
    return advance > 0;
  }

  /** Called when the reordering timer expires: marks overdue segments as lost. */
  reorderingExpired(smoothed: i64, now: i64): void {
    this.detect(smoothed, now);
    if (!this.congestionLoss) return;
    if (this.phase == RecoveryPhase.Open) this.enterFast(0);
    else if (this.phase == RecoveryPhase.Fast) this.reduce(0, false);
  }

  /** Called when the retransmission timer expires: considers everything in flight lost. */
  timedOut(): void {
    const sender = this.sender;
    const una = sender.unacknowledged;
    const again = this.timedOutOnce && this.timedOutAt == una;
    if (!again) this.countFailure();
    this.doubt = Doubt.None;
    if (this.phase == RecoveryPhase.Open) {
      this.remember();
      this.doubt = Doubt.Resent;
    }
    this.congestion.timedOut(sender.maximum - una, sender.segmentSize, again);
    this.ecn.windowReduced();
    this.duplicates.reset();
    if (sender.segments.loseAll()) this.counters.add(TcpCounter.SACKReneging);
    this.timedOutOnce = true;
    this.timedOutAt = una;
    this.setPoint();
    this.phase = RecoveryPhase.Timeout;
    this.probeDue = false;
    this.tailProbe.cancel();
    this.reorderingAt = NEVER;
  }

  /** Counts the recovery that a timeout interrupts, if there is one. */
  private countFailure(): void {
    const counters = this.counters;
    if (this.phase == RecoveryPhase.Fast) {
      counters.add(this.selective ? TcpCounter.SackRecoveryFail : TcpCounter.RenoRecoveryFail);
    } else if (this.phase == RecoveryPhase.Timeout) {
      counters.add(TcpCounter.LossFailures);
    }
  }

  /** Called before everything in flight is sent again in segments of another size. */
  recut(): void {
    this.duplicates.reset();
    this.reorderingAt = NEVER;
    this.probeDue = false;
  }

  /** Whether there are known losses that indicate congestion. */
  private get congestionLoss(): bool {
    const sender = this.sender;
    const lost = sender.segments.lost;
    return lost > 0 && !sender.pathMtu.explains(lost);
  }

  private detect(smoothed: i64, now: i64): void {
    const sender = this.sender;
    const size = sender.segmentSize;
    const recovering = this.phase != RecoveryPhase.Open;
    const segments = sender.segments;
    const lostAgain = segments.lostAgain;
    this.reorderingAt = this.rack.detect(segments, size, smoothed, recovering, now);
    this.counters.addMany(TcpCounter.LostRetransmit, segments.lostAgain - lostAgain);
  }

  /** Counts duplicate ACKs; the third marks a segment as lost. Returns the bytes that arrived. */
  private countDuplicates(ack: AckEvent): u32 {
    const duplicates = this.duplicates;
    const sender = this.sender;
    const size = sender.segmentSize;
    if (ack.advance > 0) return ack.advance - duplicates.advanced(ack.advance, size);
    if (!ack.duplicate) return 0;
    const departed = duplicates.departed;
    const third = duplicates.duplicate(sender.flight, size);
    // Ignore duplicates caused by a loss already dealt with (RFC 6582 section 3.2, step 2).
    if (third && this.phase == RecoveryPhase.Open && !this.behind) sender.segments.lose(0);
    return duplicates.departed - departed;
  }

  private setPoint(): void {
    this.point = this.sender.maximum;
    this.behind = true;
  }

  /** Begins fast recovery, after an ACK that reported `delivered` bytes. */
  private enterFast(delivered: u32): void {
    this.remember();
    this.counters.add(this.selective ? TcpCounter.SackRecovery : TcpCounter.RenoRecovery);
    const sender = this.sender;
    this.reduceWindow(sender.flight);
    this.setPoint();
    this.partial = false;
    this.phase = RecoveryPhase.Fast;
    this.tailProbe.cancel();
    this.probeDue = false;
    this.reduction.enter(sender.flight);
    this.reduce(delivered, false);
  }

  /** Reduces cwnd for a mark of congestion, once in a round trip (RFC 3168 section 6.1.2). */
  private relieve(flight: u32): void {
    if (this.relieving) return;
    this.reduceWindow(flight);
    this.relieving = true;
    this.relievedAt = this.sender.maximum;
    this.undoing.end();
  }

  /**
   * Tells the controller of a loss, or a mark, with `flight` bytes in flight. A mark in the same
   * round trip has reduced cwnd already.
   */
  private reduceWindow(flight: u32): void {
    this.ecn.windowReduced();
    if (this.relieving && before(this.sender.unacknowledged, this.relievedAt)) return;
    const congestion = this.congestion;
    // What limited transmit sent beyond cwnd does not count (RFC 5681 section 3.2, step 2).
    const window = congestion.window();
    congestion.lossDetected(flight < window ? flight : window, this.sender.segmentSize);
  }

  /** Computes the window of fast recovery after `delivered` bytes have arrived. */
  private reduce(delivered: u32, progress: bool): void {
    const threshold = this.congestion.threshold();
    const size = this.sender.segmentSize;
    this.reduction.acknowledged(delivered, this.pipe, threshold, progress, size);
  }

  private acknowledgedInRecovery(ack: AckEvent, delivered: u32, progress: bool): bool {
    const advance = ack.advance;
    if (advance > 0 && atOrBefore(this.point, this.sender.unacknowledged)) {
      this.congestion.recovered(this.congestion.threshold());
      this.phase = RecoveryPhase.Open;
      this.duplicates.reset();
      this.rack.recovered();
      // What was sent during this recovery and lost is a loss of another round trip.
      if (this.sender.segments.lost > 0) this.enterFast(delivered);
      return true;
    }
    if (advance > 0 && !this.selective) this.sender.segments.lose(0);
    this.reduce(delivered, advance > 0 && progress);
    // The next hole is filled at once (RFC 6582 section 3.2, step 3).
    if (advance > 0 && !this.selective) this.reduction.allow(this.pipe, this.sender.segmentSize);
    if (advance == 0) return false;
    const first = !this.partial;
    this.partial = true;
    return first || this.selective;
  }

  /**
   * F-RTO: an ACK of data that was sent only once, before the timeout, shows that the timeout was
   * spurious.
   */
  private acknowledgedAfterTimeout(ack: AckEvent): void {
    if (this.doubt == Doubt.None) return;
    const segments = this.sender.segments;
    const original = segments.original && atOrBefore(segments.originalEnd, this.point);
    if (original && (this.selective || this.doubt == Doubt.Probed)) {
      this.counters.add(TcpCounter.SpuriousRTOs);
      this.undo(TcpCounter.LossUndo);
    } else if (ack.advance == 0) {
      if (ack.duplicate || segments.delivered > 0) this.timeoutWasGenuine();
    } else if (this.doubt == Doubt.Resent && this.sender.extends(this.point)) {
      this.doubt = Doubt.Probed;
      this.probeDue = true;
    } else {
      this.doubt = Doubt.None;
    }
  }

  /**
   * Goes on to send what was lost. Without SACK that includes what was sent as a probe: a receiver
   * may keep no data out of order, and a second loss would be noticed only by the next timeout.
   */
  private timeoutWasGenuine(): void {
    if (this.doubt == Doubt.Probed && !this.selective) {
      this.sender.segments.loseAll();
      this.setPoint();
    }
    this.doubt = Doubt.None;
  }

  private leaveTimeout(): void {
    this.phase = RecoveryPhase.Open;
    this.doubt = Doubt.None;
  }

  /** Remembers the windows before the loss. */
  private remember(): void {
    this.congestion.remember();
    const resent = this.sender.segments.countResent();
    // A probe's segment may have been SACKed, but a D-SACK for it may follow.
    const count = resent == 0 && this.tailProbe.retransmitted ? 1 : resent;
    this.undoing.begin(this.sender.unacknowledged, count);
  }

  /**
   * A D-SACK reports that the segment at `from` arrived twice. If there was one for every
   * retransmission of the last recovery, none was needed (RFC 3708).
   */
  private arrivedTwice(from: u32): void {
    this.rack.widen(this.sender.unacknowledged, this.sender.next);
    if (this.undoing.arrivedTwice(from, this.point)) this.undo(TcpCounter.DSACKUndo);
  }

  /** Restores the windows from before the loss, which was only apparent; counts it as `reason`. */
  private undo(reason: TcpCounter): void {
    this.counters.add(reason);
    this.congestion.restore();
    this.undoing.end();
    this.sender.segments.unlose();
    this.duplicates.reset();
    this.phase = RecoveryPhase.Open;
    this.doubt = Doubt.None;
    this.probeDue = false;
  }
}
