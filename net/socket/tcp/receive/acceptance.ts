/** Which segments are acceptable: pure functions of sequence numbers (RFC 9293 3.4, RFC 5961). */
import { BROADCAST_ADDRESS, Ipv4Address, isMulticast } from "../../../wire/address";
import { atOrBefore, before } from "../sequence";

/**
 * Reports whether any of a segment's `span` sequence numbers lies in the window, or, if it has
 * none, whether its position does (RFC 9293 section 3.10.7.4, first). A segment that covers the
 * whole window is acceptable too. In a closed window, only an empty segment at `next` is.
 */
export function isAcceptable(sequence: u32, span: u32, next: u32, window: u32): bool {
  if (window == 0) return span == 0 && sequence == next;
  const edge = next + window;
  if (span == 0) return !before(sequence, next) && before(sequence, edge);
  return before(sequence, edge) && before(next, sequence + span);
}

/**
 * Reports whether the peer can have sent this acknowledgment: it covers only what was sent, and is
 * no further behind SND.UNA than the largest window that the peer ever offered (RFC 5961, 5.2).
 */
export function isPlausibleAck(acknowledgment: u32, una: u32, sentEnd: u32, largest: u32): bool {
  return !before(acknowledgment, una - largest) && atOrBefore(acknowledgment, sentEnd);
}

/** Reports whether an acknowledgment covers something new. */
export function isNewAck(acknowledgment: u32, unacknowledged: u32, sentEnd: u32): bool {
  return before(unacknowledged, acknowledgment) && atOrBefore(acknowledgment, sentEnd);
}

/** Reports whether TCP may talk to this address: not 0, 255.255.255.255 or a group (MUST-57). */
export function isPeer(address: Ipv4Address): bool {
  return address != 0 && address != BROADCAST_ADDRESS && !isMulticast(address);
}
