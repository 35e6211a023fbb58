/**
 * The interface of a loss detector: it is told of ACKs and says when a segment is lost. `Recovery`
 * decides what is retransmitted; the congestion controller decides what the loss means for cwnd.
 *
 * `DuplicateAcks` is the only implementation. RACK-TLP (RFC 8985) would compare times of
 * transmission; its constructor could take the sender's `SentSegments` and the round-trip time.
 */

export interface LossDetector {
  /** SND.UNA advanced. */
  advanced(): void;
  /** A duplicate ACK arrived outside recovery. Reports whether the segment at SND.UNA is lost. */
  duplicate(): bool;
  /** The retransmission timer expired. */
  timedOut(): void;
  /**
   * Returns how many segments are known to have left the network although SND.UNA did not advance;
   * 0 once a loss is detected. As many new segments may be sent beyond cwnd (limited transmit, RFC
   * 3042).
   */
  departed(): u32;
}
