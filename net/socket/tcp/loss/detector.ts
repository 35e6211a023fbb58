/**
 * What a loss detector is: it is told of ACKs and says when a segment is lost. What is done about
 * it is up to `Recovery`, what it means for the window to the congestion controller.
 *
 * Duplicate ACKs are the one implementation. RACK-TLP (RFC 8985) is another: it takes the sender's
 * `SentSegments` and the round-trip time in its constructor and compares times of transmission.
 */

export interface LossDetector {
  /** SND.UNA advanced. */
  advanced(): void;
  /** A duplicate ACK arrived outside recovery. Reports whether the segment at SND.UNA is lost. */
  duplicate(): bool;
  /** The retransmission timer expired. */
  timedOut(): void;
  /**
   * Segments that are known to have left the network although SND.UNA did not advance, while no
   * loss is detected: as many new ones may be sent beyond cwnd (limited transmit, RFC 3042).
   */
  departed(): u32;
}
