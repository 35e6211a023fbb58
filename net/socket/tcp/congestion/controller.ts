/**
 * What a congestion controller is (RFC 5033): it owns cwnd and ssthresh, in bytes, and is told what
 * happens to the data in flight. It detects no loss and decides nothing about retransmission; see
 * loss/. During fast recovery, `RecoveryWindow` takes cwnd's place.
 *
 * NewReno is the one implementation. CUBIC (RFC 9438) needs the time of an ACK, which is passed,
 * and the round-trip time, which its constructor takes; so does HyStart++ (RFC 9406).
 */

export interface CongestionController {
  /** cwnd: bytes that may be in flight. */
  window(): u32;
  /** ssthresh in bytes: slow start below, congestion avoidance above. */
  threshold(): u32;

  /** The handshake is complete; `lostSyn`: the SYN had to be retransmitted. */
  start(segmentSize: u32, lostSyn: bool): void;

  /**
   * `count` bytes were acknowledged outside fast recovery, with `flight` bytes in flight before.
   * `repairing`: what was in flight at the last timeout is not acknowledged yet.
   */
  acknowledged(count: u32, flight: u32, repairing: bool, segmentSize: u32, now: i64): void;

  /** A loss was detected by ACKs with `flight` bytes in flight: fast recovery begins. */
  lossDetected(flight: u32, segmentSize: u32): void;

  /** Fast recovery is over, with a window of `window` bytes. */
  recovered(window: u32): void;

  /**
   * The retransmission timer expired with `flight` bytes in flight. `again`: for the segment for
   * which it expired last.
   */
  timedOut(flight: u32, segmentSize: u32, again: bool): void;

  /** Data is about to be sent after a pause longer than RTO. */
  restartedAfterIdle(segmentSize: u32): void;
}
