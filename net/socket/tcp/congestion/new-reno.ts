/**
 * NewReno's congestion window: slow start and congestion avoidance (RFC 5681) that count
 * acknowledged bytes (RFC 3465), and an initial window of ten segments (RFC 6928).
 */
import { CongestionAlgorithm, CongestionController } from "./controller";
import { atLeastTwo, grown, initialWindow, THRESHOLD_INITIAL, windowAfterIdle } from "./window";

export class NewReno implements CongestionController {
  private cwnd: u32 = 0;
  private ssthresh: u32 = THRESHOLD_INITIAL;
  /** Bytes acknowledged since the window last grew in congestion avoidance. */
  private counted: u32 = 0;
  /** cwnd and ssthresh before the last loss. */
  private oldCwnd: u32 = 0;
  private oldSsthresh: u32 = 0;

  algorithm(): CongestionAlgorithm {
    return CongestionAlgorithm.NewReno;
  }

  window(): u32 {
    return this.cwnd;
  }
  threshold(): u32 {
    return this.ssthresh;
  }

  replace(window: u32, threshold: u32): void {
    this.cwnd = window;
    this.ssthresh = threshold;
    this.remember();
  }

  /** After a lost SYN, the window is one segment (RFC 5681 section 3.1). */
  start(segmentSize: u32, lostSyn: bool): void {
    this.cwnd = lostSyn ? segmentSize : initialWindow(segmentSize);
  }

  measured(_roundTrip: i64, _smoothed: i64): void {}

  acknowledged(
    count: u32,
    _left: u32,
    used: u32,
    repairing: bool,
    segmentSize: u32,
    _now: i64,
  ): void {
    const window = this.cwnd;
    // A window that was no more than half used does not grow (RFC 7661 section 1).
    if (used <= window >>> 1) return;
    if (window < this.ssthresh) {
      // At most two segments per ACK, or one while a loss is repaired, so that an ACK for much data
      // does not cause a burst (L in RFC 3465 section 2.3).
      const most = repairing ? segmentSize : 2 * segmentSize;
      this.cwnd = grown(window, count < most ? count : most);
    } else {
      this.counted += count;
      if (this.counted >= window) {
        this.counted -= window;
        this.cwnd = grown(window, segmentSize);
      }
    }
  }

  lossDetected(flight: u32, segmentSize: u32): void {
    this.ssthresh = halved(flight, segmentSize);
    this.cwnd = this.ssthresh;
  }

  recovered(window: u32): void {
    this.cwnd = window;
    this.counted = 0;
  }

  /** ssthresh is not halved again for the same segment (RFC 5681 section 3.1). */
  timedOut(flight: u32, segmentSize: u32, again: bool): void {
    if (!again) this.ssthresh = halved(flight, segmentSize);
    this.cwnd = segmentSize;
    this.counted = 0;
  }

  remember(): void {
    this.oldCwnd = this.cwnd;
    this.oldSsthresh = this.ssthresh;
  }

  restore(): void {
    if (this.cwnd < this.oldCwnd) this.cwnd = this.oldCwnd;
    this.ssthresh = this.oldSsthresh;
  }

  /** A window from before a pause may be too large for the network now (RFC 5681 section 4.1). */
  restartedAfterIdle(segmentSize: u32, timeouts: u32): void {
    this.cwnd = windowAfterIdle(this.cwnd, segmentSize, timeouts);
  }
}

/**
 * Returns ssthresh after a loss: half of `flight`, at least two segments (RFC 5681, equation 4).
 */
function halved(flight: u32, segmentSize: u32): u32 {
  return atLeastTwo(flight >>> 1, segmentSize);
}
