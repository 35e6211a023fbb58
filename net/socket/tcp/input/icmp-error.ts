/** ICMP errors about a connection (RFC 9293 section 3.9.2.2, RFC 5927, RFC 1191). */
import { IcmpError } from "../../../wire/icmp";
import { IPV4_HEADER } from "../../../wire/ipv4";
import { TCP_HEADER } from "../../../wire/tcp";
import { SocketError } from "../../error";
import { TcpConnection } from "../connection";
import { before } from "../sequence";
import { TcpState } from "../state";
import { PATH_MTU_MINIMUM } from "../timing";

/** MTUs that networks have, for routers that do not name theirs (RFC 1191 section 7). */
const PLATEAUS: StaticArray<u32> = [8166, 4352, 2002, 1492, 1006, PATH_MTU_MINIMUM];

/**
 * An error that quotes a segment with the number `sequence`. One that is not in flight was not
 * sent from here: the error is forged or late, and ignored (RFC 5927 section 4.1).
 */
export function receiveError(
  connection: TcpConnection,
  kind: IcmpError,
  nextHopMtu: u32,
  sequence: u32,
): void {
  const sender = connection.sender;
  if (before(sequence, sender.unacknowledged) || !before(sequence, sender.maximum)) return;
  if (kind == IcmpError.FragmentationNeeded) {
    lowerSegmentSize(connection, nextHopMtu);
    return;
  }
  const nobody = kind == IcmpError.PortUnreachable || kind == IcmpError.ProtocolUnreachable;
  const error = nobody ? SocketError.Refused : SocketError.Unreachable;
  const passing = kind == IcmpError.TimeExceeded || kind == IcmpError.ParameterProblem;
  // Before the handshake nothing is lost by failing at once (RFC 5461 section 4.1); after it all
  // errors are soft (RFC 5927 section 5.2) and told only if the connection fails in the end.
  if (connection.state == TcpState.SynSent && !passing) connection.end(error);
  else connection.softError = error;
}

/** The path is narrower than thought: smaller segments from now on, and those in flight again. */
function lowerSegmentSize(connection: TcpConnection, nextHopMtu: u32): void {
  const sender = connection.sender;
  const current = sender.segmentSize + IPV4_HEADER + TCP_HEADER;
  const named = nextHopMtu > 0 ? nextHopMtu : plateauBelow(current);
  const mtu = named > PATH_MTU_MINIMUM ? named : PATH_MTU_MINIMUM;
  if (mtu >= current) return;
  sender.segmentSize = mtu - IPV4_HEADER - TCP_HEADER;
  if (connection.state < TcpState.Established) return;
  connection.rtt.retransmitted();
  sender.rewind();
  connection.wake();
}

function plateauBelow(mtu: u32): u32 {
  for (let i = 0; i < PLATEAUS.length; i++) {
    if (PLATEAUS[i] < mtu) return PLATEAUS[i];
  }
  return PATH_MTU_MINIMUM;
}
