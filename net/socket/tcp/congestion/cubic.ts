/**
 * CUBIC's congestion window (RFC 9438). After a loss, cwnd follows a cubic function of time: it
 * rises fast to where the loss was (W_max), stays there for a while, then rises ever faster. Its
 * growth thus does not depend on the round-trip time, and large windows refill in seconds. Where
 * Reno would have the larger window, cwnd follows an estimate of Reno's. HyStart++ ends the first
 * slow start.
 *
 * Times are whole milliseconds here; C is 0.4 segments per second cubed, beta 0.7.
 */
import { MILLISECOND } from "../../../../core/time";
import { TcpCounter, TcpCounters } from "../counters";
import { CongestionAlgorithm, CongestionController } from "./controller";
import { SlowStart } from "./slow-start";
import { atLeastTwo, grown, initialWindow, THRESHOLD_INITIAL, windowAfterIdle } from "./window";

/** Milliseconds cubed in which a window grows by one segment: 1e9 / C. */
const CUBE_PER_SEGMENT: i64 = 2_500_000_000;
/** The farthest from the plateau that the function is computed, in ms: keeps cubes in an i64. */
const FARTHEST: i64 = 100_000;
/** `growthStep` if cwnd need not grow. */
const NO_GROWTH: u32 = u32.MAX_VALUE;

/** What a loss changes, and `restore` brings back. */
@unmanaged
class Curve {
  /** cwnd and ssthresh in bytes. */
  window: u32;
  threshold: u32;
  /** W_max; 0 after a timeout, which makes it the window at which congestion avoidance begins. */
  plateau: u32;
  /** cwnd_prior: the window at the last reduction. */
  prior: u32;
  /** When this stage of congestion avoidance began, in microseconds; -1 if it has not. */
  epoch: i64;
  /** K: milliseconds from the epoch to the plateau. */
  toPlateau: i64;
  /** W_est: the window that Reno would have. */
  estimate: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Curve {
    const curve = changetype<Curve>(memory);
    curve.threshold = THRESHOLD_INITIAL;
    curve.epoch = -1;
    return curve;
  }

  copy(other: Curve): void {
    memory.copy(changetype<usize>(this), changetype<usize>(other), offsetof<Curve>());
  }
}

// The offsets of the parts in their common memory, and the bytes of all of them.
const UNDO: usize = (offsetof<Curve>() + 7) & ~7;
const SLOW_START: usize = 2 * UNDO;
export const CUBIC_PARTS_BYTES: usize = SLOW_START + offsetof<SlowStart>();

export class Cubic implements CongestionController {
  private readonly curve: Curve;
  private readonly undo: Curve;
  private readonly slowStart: SlowStart;
  /** Bytes acknowledged since cwnd last grew, and since the estimate did. */
  private counted: u32 = 0;
  private countedForReno: u32 = 0;
  /** Bytes to be acknowledged for each segment by which cwnd grows. */
  private growthStep: u32 = NO_GROWTH;
  /** The millisecond for which `growthStep` was computed, and W_cubic then. */
  private computedAt: i64 = -1;
  private cubic: i64 = 0;
  /** When cwnd was last in full use. */
  private usedAt: i64 = 0;
  /** SRTT in microseconds. */
  private smoothed: i64 = 0;

  /** `parts`: the address of CUBIC_PARTS_BYTES zeroed bytes, which the caller keeps alive. */
  constructor(
    parts: usize,
    private readonly counters: TcpCounters,
  ) {
    this.curve = Curve.at(parts);
    this.undo = Curve.at(parts + UNDO);
    this.slowStart = SlowStart.at(parts + SLOW_START);
  }

  algorithm(): CongestionAlgorithm {
    return CongestionAlgorithm.Cubic;
  }

  window(): u32 {
    return this.curve.window;
  }
  threshold(): u32 {
    return this.curve.threshold;
  }

  replace(window: u32, threshold: u32): void {
    this.curve.window = window;
    this.curve.threshold = threshold;
    this.remember();
  }

  /** After a lost SYN, the window is one segment (RFC 5681 section 3.1). */
  start(segmentSize: u32, lostSyn: bool): void {
    this.curve.window = lostSyn ? segmentSize : initialWindow(segmentSize);
  }

  measured(roundTrip: i64, smoothed: i64): void {
    this.smoothed = smoothed;
    if (this.curve.threshold == THRESHOLD_INITIAL) this.slowStart.measured(roundTrip);
  }

  acknowledged(
    count: u32,
    left: u32,
    used: u32,
    repairing: bool,
    segmentSize: u32,
    now: i64,
  ): void {
    const curve = this.curve;
    // A window that was no more than half used does not grow (RFC 7661 section 1).
    if (used <= curve.window >>> 1) return;
    if (curve.window < curve.threshold) {
      this.growInSlowStart(count, left, repairing, segmentSize);
    } else {
      this.growOnCurve(count, segmentSize, now);
    }
    this.usedAt = now;
  }

  lossDetected(flight: u32, segmentSize: u32): void {
    this.reduce(flight, segmentSize);
    this.curve.window = this.curve.threshold;
  }

  recovered(window: u32): void {
    this.curve.window = window;
  }

  /** ssthresh is not reduced again for the same segment (RFC 5681 section 3.1). */
  timedOut(flight: u32, segmentSize: u32, again: bool): void {
    if (!again) this.reduce(flight, segmentSize);
    this.curve.plateau = 0;
    this.curve.window = segmentSize;
  }

  remember(): void {
    this.undo.copy(this.curve);
  }

  /** RFC 9438 section 4.9. */
  restore(): void {
    const window = this.curve.window;
    this.curve.copy(this.undo);
    if (this.curve.window < window) this.curve.window = window;
    this.computedAt = -1;
  }

  restartedAfterIdle(segmentSize: u32, timeouts: u32): void {
    const curve = this.curve;
    const window = windowAfterIdle(curve.window, segmentSize, timeouts);
    if (window == curve.window) return;
    // Slow start leads back to three quarters of what the network could carry (RFC 2861).
    const most = curve.window - (curve.window >>> 2);
    if (curve.threshold < most) curve.threshold = most;
    curve.window = window;
  }

  private growInSlowStart(count: u32, left: u32, repairing: bool, segmentSize: u32): void {
    const curve = this.curve;
    let growth = count;
    if (repairing) {
      if (growth > segmentSize) growth = segmentSize;
    } else if (curve.threshold == THRESHOLD_INITIAL) {
      growth = this.slowStart.acknowledged(count, left);
      if (growth == 0) {
        curve.threshold = curve.window;
        this.counters.add(TcpCounter.HystartDelayDetect);
        this.counters.addMany(TcpCounter.HystartDelayCwnd, curve.window / segmentSize);
      }
    }
    const window = grown(curve.window, growth);
    curve.window = window < curve.threshold ? window : curve.threshold;
  }

  /** Congestion avoidance (RFC 9438 sections 4.2 to 4.5). */
  private growOnCurve(count: u32, segmentSize: u32, now: i64): void {
    const curve = this.curve;
    if (curve.epoch < 0) this.beginEpoch(segmentSize, now);
    else if (now - this.usedAt > 2 * this.smoothed) this.skipIdle(now);
    this.followReno(count, segmentSize);
    const elapsed = (now - curve.epoch) / MILLISECOND;
    if (elapsed != this.computedAt) this.compute(elapsed, segmentSize);
    this.counted += count;
    if (this.counted >= this.growthStep) {
      const segments = this.counted / this.growthStep;
      this.counted -= segments * this.growthStep;
      curve.window = grown(curve.window, segments * segmentSize);
    }
    // The Reno-friendly region (section 4.3).
    if (this.cubic < (curve.estimate as i64) && curve.window < curve.estimate) {
      curve.window = curve.estimate;
    }
  }

  private beginEpoch(segmentSize: u32, now: i64): void {
    const curve = this.curve;
    const window = curve.window;
    if (window < curve.plateau) {
      const below = (curve.plateau - window) as u64;
      curve.toPlateau = cubeRoot((below * (CUBE_PER_SEGMENT as u64)) / segmentSize) as i64;
    } else {
      curve.plateau = window;
      curve.toPlateau = 0;
    }
    curve.epoch = now;
    curve.estimate = window;
    this.counted = 0;
    this.countedForReno = 0;
    this.computedAt = -1;
  }

  /** Time in which cwnd was not used up does not count (section 5.8). */
  private skipIdle(now: i64): void {
    this.curve.epoch += now - this.usedAt;
    this.computedAt = -1;
  }

  /** Advances W_est: at first by 9/17 of a segment per window, so that it averages like Reno. */
  private followReno(count: u32, segmentSize: u32): void {
    const curve = this.curve;
    this.countedForReno += count;
    const window = curve.window;
    const step = curve.estimate < curve.prior ? (window / 9) * 17 : window;
    if (this.countedForReno < step) return;
    this.countedForReno -= step;
    curve.estimate = grown(curve.estimate, segmentSize);
  }

  /** Computes how fast cwnd grows, `elapsed` milliseconds after the epoch (section 4.2). */
  private compute(elapsed: i64, segmentSize: u32): void {
    this.computedAt = elapsed;
    this.cubic = this.at(elapsed, segmentSize);
    const window = this.curve.window as i64;
    const ahead = elapsed + this.smoothed / MILLISECOND;
    const target = min(this.at(ahead, segmentSize), window + (window >> 1));
    const step = target > window ? (window * (segmentSize as i64)) / (target - window) : 0;
    this.growthStep = step > 0 && step < (NO_GROWTH as i64) ? (step as u32) : NO_GROWTH;
  }

  /** Returns W_cubic in bytes, `elapsed` milliseconds after the epoch (equation 1). */
  private at(elapsed: i64, segmentSize: u32): i64 {
    const curve = this.curve;
    const distance = min(max(elapsed - curve.toPlateau, -FARTHEST), FARTHEST);
    const cube = distance * distance * distance;
    return (curve.plateau as i64) + (cube * (segmentSize as i64)) / CUBE_PER_SEGMENT;
  }

  /** Multiplicative decrease with fast convergence (sections 4.6 and 4.7). */
  private reduce(flight: u32, segmentSize: u32): void {
    const curve = this.curve;
    const window = curve.window;
    curve.plateau = window < curve.plateau ? share(window, 17, 20) : window;
    curve.prior = window;
    curve.threshold = atLeastTwo(share(flight, 7, 10), segmentSize);
    curve.epoch = -1;
  }
}

/** Returns `whole * numerator / denominator`. */
function share(whole: u32, numerator: u32, denominator: u32): u32 {
  return (((whole as u64) * numerator) / denominator) as u32;
}

/** Returns the integer part of the cube root, at most 2^21 - 1. */
export function cubeRoot(cube: u64): u32 {
  let root: u64 = 0;
  for (let bit: u64 = 1 << 20; bit > 0; bit >>= 1) {
    const next = root | bit;
    if (next * next * next <= cube) root = next;
  }
  return root as u32;
}
