/** Handles ICMP errors about a connection (RFC 9293 section 3.9.2.2, RFC 5927, RFC 1191). */
import { IcmpError } from "../../../wire/icmp";
import { SocketError } from "../../error";
import { ControlBlock } from "../control-block";
import { TcpCounter } from "../counters";
import { before } from "../sequence";
import { TcpState } from "../state";
import { PATH_MTU_MINIMUM } from "../timing";

/** MTUs in use, for routers that do not report theirs (RFC 1191 section 7). */
const PLATEAUS: StaticArray<u32> = [8166, 4352, 2002, 1492, 1006, PATH_MTU_MINIMUM];

/**
 * Handles an error that quotes a segment with the sequence number `sequence`. If that number is not
 * in flight, the error is forged or late and is ignored (RFC 5927 section 4.1).
 */
export function receiveError(
  block: ControlBlock,
  kind: IcmpError,
  nextHopMtu: u32,
  sequence: u32,
): void {
  const sender = block.sender;
  if (before(sequence, sender.unacknowledged) || !before(sequence, sender.maximum)) {
    block.schedule.counters.add(TcpCounter.OutOfWindowIcmps);
    return;
  }
  if (kind == IcmpError.FragmentationNeeded) {
    receiveMtu(block, nextHopMtu, sequence);
    return;
  }
  const refused = kind == IcmpError.PortUnreachable || kind == IcmpError.ProtocolUnreachable;
  const error = refused ? SocketError.Refused : SocketError.Unreachable;
  const transient = kind == IcmpError.TimeExceeded || kind == IcmpError.ParameterProblem;
  // In SYN-SENT, nothing is lost by failing at once (RFC 5461 section 4.1). Transient errors, and
  // all after SYN-SENT (RFC 5927 section 5.2), are reported only if the connection fails anyway.
  if (block.state == TcpState.SynSent && !transient) block.end(error);
  else block.softFail(error);
}

/**
 * Handles an MTU that a router reports. If larger packets have arrived, the error may be forged: it
 * is believed only if a timeout finds the quoted data unacknowledged (RFC 5927 section 7.2).
 */
function receiveMtu(block: ControlBlock, nextHopMtu: u32, sequence: u32): void {
  const sender = block.sender;
  if (block.state == TcpState.SynSent && block.fastOpen.sentBytes > 0) {
    receiveSynMtu(block, nextHopMtu);
    return;
  }
  const current = sender.packetSize;
  const named = nextHopMtu > 0 ? nextHopMtu : plateauBelow(current);
  const mtu = named > PATH_MTU_MINIMUM ? named : PATH_MTU_MINIMUM;
  if (named < PATH_MTU_MINIMUM && current <= PATH_MTU_MINIMUM && !block.path.fragmentable) {
    // A link's MTU is below the smallest that TCP adapts to: let routers fragment.
    block.path.fragmentable = true;
    lowerSegmentSize(block, current);
  }
  if (mtu >= current) return;
  if (mtu < sender.pathMtu.provenSize) sender.pathMtu.claims(mtu, sequence);
  else lowerSegmentSize(block, mtu);
}

/** Sends the SYN again without its data, which may be why it was too large for a router. */
function receiveSynMtu(block: ControlBlock, nextHopMtu: u32): void {
  const sender = block.sender;
  const schedule = block.schedule;
  if (sender.next == sender.initial || sender.segments.retransmissions > 0) return;
  if (nextHopMtu > PATH_MTU_MINIMUM && nextHopMtu < block.path.mtu) {
    schedule.pathMtus.learn(block.endpoints.remote, nextHopMtu, schedule.now);
  }
  sender.rewind();
  block.wake();
}

/** Adapts to a smaller path MTU: sends smaller segments, and retransmits those in flight. */
function lowerSegmentSize(block: ControlBlock, mtu: u32): void {
  const sender = block.sender;
  const schedule = block.schedule;
  sender.fit(mtu);
  schedule.pathMtus.learn(block.endpoints.remote, mtu, schedule.now);
  if (block.state < TcpState.Established) return;
  sender.rewind();
  block.recovery.recut();
  block.wake();
}

function plateauBelow(mtu: u32): u32 {
  for (let i = 0; i < PLATEAUS.length; i++) {
    if (PLATEAUS[i] < mtu) return PLATEAUS[i];
  }
  return PATH_MTU_MINIMUM;
}
