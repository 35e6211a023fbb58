/** How a scripted peer's TCP behaves, well or badly. */

export interface PeerBehavior {
  /** The window that it offers. */
  window: number;
  /** The longest segment sent. */
  segment: number;
  /** Segments in flight. */
  flight: number;
  /** Resets the connection after so many received bytes; 0: never. */
  resetAfter: number;
  /** Delays acknowledgments by so many nanoseconds. */
  ackDelay: number;
  /**
   * After so many received bytes, reading stops for `closedFor` nanoseconds and the window fills.
   * Its reopening is only told to a sender that probes, as if the window update were lost. 0:
   * never.
   */
  closedAfter: number;
  closedFor: number;
  /** How many bytes are sent beyond the other side's window. */
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
