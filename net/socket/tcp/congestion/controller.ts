/**
 * The interface of a congestion controller (RFC 5033). It owns cwnd and ssthresh, in bytes, and is
 * told what happens to the data in flight. It does not detect losses and does not decide what is
 * retransmitted; see loss/. During fast recovery, `RateReduction` takes the place of cwnd.
 *
 * NewReno is the only implementation. CUBIC (RFC 9438) and HyStart++ (RFC 9406) would need the time
 * of an ACK, which is passed, and the round-trip time, which their constructors could take.
 */

export interface CongestionController {
  /** cwnd: bytes that may be in flight. */
  window(): u32;
  /** ssthresh in bytes: slow start below, congestion avoidance above. */
  threshold(): u32;

  /** The handshake is complete; `lostSyn` is true if the SYN had to be retransmitted. */
  start(segmentSize: u32, lostSyn: bool): void;

  /**
   * `count` bytes were acknowledged outside fast recovery, with `flight` bytes in flight before.
   * `repairing` is true if data in flight at the last timeout was still unacknowledged before.
   */
  acknowledged(count: u32, flight: u32, repairing: bool, segmentSize: u32, now: i64): void;

  /** A loss was detected by ACKs with `flight` bytes in flight: fast recovery begins. */
  lossDetected(flight: u32, segmentSize: u32): void;

  /** Fast recovery is over, with a window of `window` bytes. */
  recovered(window: u32): void;

  /**
   * The retransmission timer expired with `flight` bytes in flight. `again` is true if its previous
   * expiration was for the same segment.
   */
  timedOut(flight: u32, segmentSize: u32, again: bool): void;

  /** A loss was only apparent: restores the window and threshold from before it. */
  restore(window: u32, threshold: u32): void;

  /** Nothing is in flight, and nothing was sent for longer than RTO. */
  restartedAfterIdle(segmentSize: u32): void;
}
