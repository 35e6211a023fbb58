/** Shared by the congestion controllers: the bounds of cwnd, its initial value, and restarts. */

/** ssthresh before the first loss: above any window. */
export const THRESHOLD_INITIAL: u32 = 0x7fffffff;
const WINDOW_MAXIMUM: u32 = 0x3fffffff;

/** Returns a window of `window` bytes that grew by `bytes`. */
export function grown(window: u32, bytes: u32): u32 {
  const sum = window + bytes;
  return sum < WINDOW_MAXIMUM ? sum : WINDOW_MAXIMUM;
}

/** Returns `bytes`, but at least two segments: the minimum of ssthresh (RFC 5681, equation 4). */
export function atLeastTwo(bytes: u32, segmentSize: u32): u32 {
  return bytes > 2 * segmentSize ? bytes : 2 * segmentSize;
}

/** Returns ten segments, but at most 14,600 bytes, and at least two segments (RFC 6928, 2). */
export function initialWindow(segmentSize: u32): u32 {
  const ten = 10 * segmentSize;
  return ten <= 14600 ? ten : atLeastTwo(14600, segmentSize);
}

/**
 * Returns the window after a pause of `timeouts` times RTO: half of it for each, but no less than
 * the initial window, because what the network could carry is known less and less (RFC 2861).
 */
export function windowAfterIdle(window: u32, segmentSize: u32, timeouts: u32): u32 {
  const restart = initialWindow(segmentSize);
  if (window <= restart) return window;
  const halved = timeouts < 31 ? window >>> timeouts : 0;
  return halved > restart ? halved : restart;
}
