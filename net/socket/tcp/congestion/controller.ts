/**
 * The interface of a congestion controller (RFC 5033). It owns cwnd and ssthresh, in bytes, and is
 * told what happens to the data in flight. It does not detect losses and does not decide what is
 * retransmitted; see loss/. During fast recovery, `RateReduction` takes the place of cwnd.
 */

/** The algorithms, by the names that Linux has for them (`tcp_congestion_control`). */
export const enum CongestionAlgorithm {
  Cubic = 0,
  NewReno,
}

export const CONGESTION_NAMES: StaticArray<string> = ["cubic", "reno"];

export interface CongestionController {
  algorithm(): CongestionAlgorithm;

  /** cwnd: bytes that may be in flight. */
  window(): u32;
  /** ssthresh in bytes: slow start below, congestion avoidance above. */
  threshold(): u32;

  /** Takes the place of another controller that had these windows, in bytes. */
  replace(window: u32, threshold: u32): void;

  /** The handshake is complete; `lostSyn` is true if the SYN had to be retransmitted. */
  start(segmentSize: u32, lostSyn: bool): void;

  /**
   * A round trip took `roundTrip` microseconds; SRTT is `smoothed` now. `acknowledged` for the same
   * ACK follows.
   */
  measured(roundTrip: i64, smoothed: i64): void;

  /**
   * `count` bytes were acknowledged outside fast recovery; `left` bytes are still in flight, and
   * `used` is the most that were in flight in this round trip. `repairing` is true if data in
   * flight at the last timeout was still unacknowledged before.
   */
  acknowledged(count: u32, left: u32, used: u32, repairing: bool, segmentSize: u32, now: i64): void;

  /** A loss was detected by ACKs with `flight` bytes in flight: fast recovery begins. */
  lossDetected(flight: u32, segmentSize: u32): void;

  /** Fast recovery is over, with a window of `window` bytes. */
  recovered(window: u32): void;

  /**
   * The retransmission timer expired with `flight` bytes in flight. `again` is true if its previous
   * expiration was for the same segment.
   */
  timedOut(flight: u32, segmentSize: u32, again: bool): void;

  /** Saves its state: a loss is about to be reported that may prove to be only apparent. */
  remember(): void;

  /** The loss since `remember` was only apparent: restores the state, but never a smaller cwnd. */
  restore(): void;

  /** Nothing is in flight, and nothing was sent for `timeouts` RTOs, at least one. */
  restartedAfterIdle(segmentSize: u32, timeouts: u32): void;
}
