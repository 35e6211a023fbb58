/** Sends the SYN or the SYN,ACK of a connection, with data if Fast Open allows (RFC 7413). */
import { FLAG_ACK, FLAG_SYN } from "../../../wire/tcp";
import { PacketSink } from "../../sink";
import { EcnMode } from "../congestion/ecn";
import { ControlBlock } from "../control-block";
import { TcpCounter } from "../counters";
import { armTimeout } from "../deadlines";
import { TcpState } from "../state";
import { sendSyn } from "./emit";
import { noteSent } from "./sent";

/** Sends the SYN or the SYN,ACK if it is due. Returns false if the sink is busy. */
export function transmitSyn(block: ControlBlock, sink: PacketSink, now: i64): bool {
  const sender = block.sender;
  if (sender.next != sender.initial) return true;
  const fastOpen = block.fastOpen;
  const first = sender.maximum == sender.initial;
  const opening = block.state == TcpState.SynSent;
  const written = sender.ring.length;
  if (first && fastOpen.room > 0 && written == 0) return true;
  // Only the first SYN has data, as some networks drop SYNs with data (RFC 7413 section 4.1.3.1).
  const length = first ? min(fastOpen.room, written) : 0;
  const flags = FLAG_SYN | (opening ? offer(block, first) : accept(block));
  if (!sendSyn(block, sink, length, flags, now)) return false;
  if (first) block.liveness.progressed(now);
  else block.schedule.counters.add(TcpCounter.SynRetrans);
  noteSent(block, 1, 0, now);
  if (length > 0) noteSent(block, length, length, now);
  sender.sentSyn();
  if (first && opening) fastOpen.sentSyn(length);
  armTimeout(block, now);
  return true;
}

/**
 * Returns the flags of a SYN beside FLAG_SYN. Only the first SYN offers ECN, as some networks drop
 * SYNs with ECN flags (RFC 3168 section 6.1.1.1).
 */
function offer(block: ControlBlock, first: bool): u32 {
  return first && block.schedule.settings.ecn == EcnMode.Offer ? block.ecn.offer() : 0;
}

/** Returns the flags of a SYN,ACK beside FLAG_SYN. */
function accept(block: ControlBlock): u32 {
  return FLAG_ACK | block.ecn.acceptance;
}
