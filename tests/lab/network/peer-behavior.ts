/** How a scripted peer's TCP behaves: what is in order, and what may be wrong with it. */

export interface PeerBehavior {
  /** The window offered. */
  window: number;
  /** Longest segment sent. */
  segment: number;
  /** Segments in flight. */
  flight: number;
  /** After so many bytes received the connection is reset; 0 = never. */
  resetAfter: number;
  /** Acknowledgments are late by so many nanoseconds. */
  ackDelay: number;
  /**
   * After so many bytes nobody reads for `closedFor` nanoseconds, and the window fills up. That
   * there is room again is told to nobody who does not ask (a window update that was lost).
   * 0 = never.
   */
  closedAfter: number;
  closedFor: number;
  /** Bytes sent beyond the window of the other side. */
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
