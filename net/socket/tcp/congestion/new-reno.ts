/**
 * Congestion control: slow start and congestion avoidance by bytes acknowledged (RFC 5681, RFC
 * 3465), fast retransmit and fast recovery as NewReno (RFC 6582), limited transmit (RFC 3042),
 * an initial window of ten segments (RFC 6928).
 */
import { atOrBefore, before } from "../sequence";

export const enum CongestionPhase {
  Open = 0,
  /** After three duplicate ACKs, until all that was in flight then is acknowledged. */
  Recovery,
  /** After a time-out, until all that was in flight then is acknowledged. */
  Loss,
}

/** ssthresh before the first loss: as high as any window. */
const THRESHOLD_INITIAL: u32 = 0x7fffffff;
const WINDOW_MAXIMUM: u32 = 0x3fffffff;
const DUPLICATES: u32 = 3;

export class Congestion {
  /** cwnd and ssthresh in bytes. */
  window: u32 = 0;
  threshold: u32 = THRESHOLD_INITIAL;
  phase: CongestionPhase = CongestionPhase.Open;
  /** Duplicate ACKs in a row. */
  duplicates: u32 = 0;
  /** SND.MAX when the last loss was noticed. */
  private recover: u32 = 0;
  /** Bytes acknowledged since the window last grew in congestion avoidance. */
  private counted: u32 = 0;
  /** Bytes by which duplicate ACKs may still inflate the window: no more than were in flight. */
  private inflation: u32 = 0;
  private partial: bool = false;

  /** The handshake is through. A SYN that was lost leaves one segment (RFC 5681 section 3.1). */
  start(initialSequence: u32, segmentSize: u32, lostSyn: bool): void {
    this.window = lostSyn ? segmentSize : initialWindow(segmentSize);
    this.recover = initialSequence;
  }

  /** Bytes that may be in flight now. */
  allowance(segmentSize: u32): u32 {
    if (this.phase != CongestionPhase.Open || this.duplicates >= DUPLICATES) return this.window;
    return this.window + this.duplicates * segmentSize;
  }

  /**
   * New data was acknowledged: `acked` bytes, up to `acknowledgment`; `flight` bytes were in
   * flight before. True: the segment after it must be sent again (a partial ACK).
   */
  acknowledged(acked: u32, acknowledgment: u32, flight: u32, segmentSize: u32): bool {
    this.duplicates = 0;
    if (this.phase == CongestionPhase.Recovery) {
      return this.acknowledgedInRecovery(acked, acknowledgment, flight, segmentSize);
    }
    const lost = this.phase == CongestionPhase.Loss;
    if (lost && atOrBefore(this.recover, acknowledgment)) this.phase = CongestionPhase.Open;
    // A window that was not used does not grow (RFC 7661 section 1).
    if (flight < this.window >>> 1) return false;
    if (this.window < this.threshold) {
      // While what was lost is repeated, one segment an ACK (RFC 3465 section 2.3).
      this.grow(lost && acked > segmentSize ? segmentSize : acked);
    } else {
      this.counted += acked;
      if (this.counted >= this.window) {
        this.counted -= this.window;
        this.grow(segmentSize);
      }
    }
    return false;
  }

  /**
   * A duplicate ACK of `unacknowledged`; `maximum` is SND.MAX. True: the first segment that is
   * not acknowledged must be sent again (fast retransmit).
   */
  duplicate(unacknowledged: u32, maximum: u32, segmentSize: u32): bool {
    if (this.phase == CongestionPhase.Recovery) {
      if (this.inflation >= segmentSize) {
        this.inflation -= segmentSize;
        this.window += segmentSize;
      }
      return false;
    }
    if (this.phase == CongestionPhase.Loss) return false;
    if (++this.duplicates != DUPLICATES) return false;
    // Those of a loss already dealt with (RFC 6582 section 3.2, step 2).
    if (!before(this.recover, unacknowledged)) return false;
    this.recover = maximum;
    this.threshold = halved(maximum - unacknowledged, segmentSize);
    this.window = this.threshold + DUPLICATES * segmentSize;
    this.inflation = maximum - unacknowledged;
    this.phase = CongestionPhase.Recovery;
    this.partial = false;
    return true;
  }

  /** The retransmission timer ran out; `again`: for the same segment as before. */
  timedOut(unacknowledged: u32, maximum: u32, segmentSize: u32, again: bool): void {
    if (!again) this.threshold = halved(maximum - unacknowledged, segmentSize);
    this.window = segmentSize;
    this.recover = maximum;
    this.duplicates = 0;
    this.counted = 0;
    this.phase = CongestionPhase.Loss;
  }

  /** Nothing was sent for longer than RTO: the old window proves nothing (RFC 5681, 4.1). */
  idle(segmentSize: u32): void {
    const restart = initialWindow(segmentSize);
    if (this.window > restart) this.window = restart;
  }

  /** True for the first partial ACK of a recovery: the timer starts anew only there. */
  firstPartial(): bool {
    const first = !this.partial;
    this.partial = true;
    return first;
  }

  private acknowledgedInRecovery(acked: u32, upTo: u32, flight: u32, segmentSize: u32): bool {
    if (atOrBefore(this.recover, upTo)) {
      const left = flight - acked;
      const deflated = (left > segmentSize ? left : segmentSize) + segmentSize;
      this.window = deflated < this.threshold ? deflated : this.threshold;
      this.phase = CongestionPhase.Open;
      this.counted = 0;
      return false;
    }
    const kept = this.window > acked ? this.window - acked : 0;
    this.window = kept + (acked >= segmentSize ? segmentSize : 0);
    if (this.window < segmentSize) this.window = segmentSize;
    return true;
  }

  private grow(bytes: u32): void {
    const window = this.window + bytes;
    this.window = window < WINDOW_MAXIMUM ? window : WINDOW_MAXIMUM;
  }
}

/** RFC 6928 section 2: ten segments, but at most 14,600 bytes, and at least two segments. */
function initialWindow(segmentSize: u32): u32 {
  const ten = 10 * segmentSize;
  if (ten <= 14600) return ten;
  return 2 * segmentSize > 14600 ? 2 * segmentSize : 14600;
}

/** RFC 5681 section 3.1, equation 4. */
function halved(flight: u32, segmentSize: u32): u32 {
  const half = flight >>> 1;
  return half > 2 * segmentSize ? half : 2 * segmentSize;
}
