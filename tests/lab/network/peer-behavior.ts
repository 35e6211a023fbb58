/** The behavior of a scripted peer's TCP. */

export interface PeerBehavior {
  /** The window that it offers. */
  window: number;
  /** The longest segment sent. */
  segment: number;
  /** The most segments in flight. */
  flight: number;
  /** Received bytes after which it resets the connection; 0: never. */
  resetAfter: number;
  /** Nanoseconds by which ACKs are delayed. */
  ackDelay: number;
  /**
   * Received bytes after which it stops reading for `closedFor` nanoseconds, so that the window
   * closes. No window update is sent afterwards, as if it were lost. 0: never.
   */
  closedAfter: number;
  closedFor: number;
  /** Bytes sent beyond the other side's window. */
  overrun: number;
}

export const polite: PeerBehavior = {
  window: 65535,
  segment: 1460,
  flight: 16,
  resetAfter: 0,
  ackDelay: 0,
  closedAfter: 0,
  closedFor: 0,
  overrun: 0,
};
