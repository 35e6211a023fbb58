/** Which segments are acceptable: pure functions of sequence numbers (RFC 9293 3.4, RFC 5961). */
import { atOrBefore, before } from "../sequence";

/**
 * True when any of a segment's `span` sequence numbers lies in the window, or, where it has none,
 * its place does (RFC 9293 section 3.10.7.4, first). One that covers the whole window counts too.
 */
export function isAcceptable(sequence: u32, span: u32, next: u32, window: u32): bool {
  if (window == 0) return span == 0 && sequence == next;
  const edge = next + window;
  if (span == 0) return !before(sequence, next) && before(sequence, edge);
  return before(sequence, edge) && before(next, sequence + span);
}

/**
 * True for an acknowledgment that the peer can have sent: nothing that was never sent, nothing
 * older than the largest window it ever offered (RFC 5961 section 5.2).
 */
export function isPlausibleAck(acknowledgment: u32, una: u32, maximum: u32, window: u32): bool {
  return !before(acknowledgment, una - window) && atOrBefore(acknowledgment, maximum);
}

/** True for an acknowledgment of something new. */
export function isNewAck(acknowledgment: u32, unacknowledged: u32, maximum: u32): bool {
  return before(unacknowledged, acknowledgment) && atOrBefore(acknowledgment, maximum);
}
