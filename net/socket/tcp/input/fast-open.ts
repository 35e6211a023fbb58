/** What the SYN,ACK of a peer shows about Fast Open (RFC 7413 section 4.1.3). */
import { ControlBlock } from "../control-block";
import { TcpCounter } from "../counters";
import { TcpSegment } from "../segment";
import { SEGMENT_SIZE_DEFAULT } from "../timing";

/**
 * Handles the SYN,ACK of a connection whose SYN used Fast Open, once it is established: remembers
 * the cookie, and has data sent again that the peer did not take (4.2.2).
 */
export function learnFastOpen(block: ControlBlock, segment: TcpSegment, now: i64): void {
  const schedule = block.schedule;
  const sender = block.sender;
  const fastOpen = block.fastOpen;
  const options = segment.synOptions();
  const answered = fastOpen.offered && options.fastOpen && options.cookieBytes > 0;
  const resent = sender.segments.retransmissions > 0;
  const taken = segment.acknowledgment - (sender.initial + 1) >= fastOpen.sentBytes;
  const peer = schedule.fastOpenPeers.at(block.endpoints, now);
  peer.takeSize(options.segmentSize != 0 ? options.segmentSize : SEGMENT_SIZE_DEFAULT);
  if (answered) peer.takeCookie(options.cookie, options.cookieBytes, options.experimental);
  // An answer only to the SYN that was sent again, without the option: the first one was lost.
  peer.noteSyn(resent && !answered && !taken, now);
  const requested = fastOpen.offered && fastOpen.cookieBytes == 0 && fastOpen.sentBytes == 0;
  if (requested && !answered && !resent) peer.refused(fastOpen.experimental);
  if (fastOpen.sentBytes == 0) return;
  if (taken) {
    fastOpen.dataAcknowledged();
    schedule.counters.add(TcpCounter.FastOpenActive);
    return;
  }
  schedule.counters.add(TcpCounter.FastOpenActiveFail);
  sender.rewind();
}
