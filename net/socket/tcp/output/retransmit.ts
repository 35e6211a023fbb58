/** Retransmits the first unacknowledged segment: for fast retransmit and after partial ACKs. */
import { FLAG_ACK, FLAG_FIN } from "../../../wire/tcp";
import { PacketSink } from "../../sink";
import { ControlBlock } from "../control-block";
import { before } from "../sequence";
import { sendSegment } from "./emit";

/** Sends the segment at SND.UNA again; SND.NXT stays. Returns false if the sink is busy. */
export function retransmitFirst(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const sender = block.sender;
  const una = sender.unacknowledged;
  const end = sender.end;
  const data = before(una, end) ? end - una : 0;
  const sent = sender.maximum - una;
  let length = data < sender.segmentSize ? data : sender.segmentSize;
  if (sent < length) length = sent;
  const fin = sender.closing && una + length == end && sent > length;
  if (length == 0 && !fin) {
    block.recovery.retransmitted();
    return true;
  }
  const flags = FLAG_ACK | (fin ? FLAG_FIN : 0);
  if (!sendSegment(block, sink, una, length, flags, now)) return false;
  block.recovery.retransmitted();
  sender.resent(una + length + (fin ? 1 : 0), now);
  countRetransmission(block);
  return true;
}

/** Counts a retransmission, for the connection and for the host. */
export function countRetransmission(block: ControlBlock): void {
  block.sender.segments.countRetransmission();
  block.schedule.counters.retransmits++;
}
