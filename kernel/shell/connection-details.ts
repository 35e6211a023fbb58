/** The state of a TCP connection in the words of `ss -i` (iproute2's misc/ss.c). */
import { TcpConnection } from "../../net/socket/tcp/connection";
import { formatMilliseconds } from "./time-text";

/** Returns the details of a connection, without the tab in front. */
export function connectionDetails(connection: TcpConnection): string {
  const size = connection.segmentSize;
  const cwnd = connection.congestionWindow / size;
  const ssthresh = connection.slowStartThreshold / size;
  return (
    `${connection.timestamps ? " ts" : ""}${connection.selective ? " sack" : ""}` +
    ` ${connection.congestionName}${scales(connection)}` +
    ` rto:${connection.retransmissionTimeout / 1000}` +
    ` rtt:${formatMilliseconds(connection.roundTripTime)}` +
    `/${formatMilliseconds(connection.roundTripVariation)}` +
    ` mss:${size} cwnd:${cwnd} ssthresh:${ssthresh}` +
    ` snd_wnd:${connection.sendWindow} rcv_space:${connection.receiveWindow}` +
    ` unacked:${connection.inFlight} retrans:${connection.retransmissions}` +
    losses(connection, size)
  );
}

/** Returns the window shifts, if windows are scaled: the peer's and this host's. */
function scales(connection: TcpConnection): string {
  const sent = connection.sendShift;
  const received = connection.receiveShift;
  return sent + received > 0 ? ` wscale:${sent},${received}` : "";
}

/** Returns what SACK reports, if anything: segments that are lost and that have arrived. */
function losses(connection: TcpConnection, size: u32): string {
  const lost = (connection.lost + size - 1) / size;
  const sacked = (connection.sacked + size - 1) / size;
  return (
    (lost > 0 ? ` lost:${lost}` : "") +
    (sacked > 0 ? ` sacked:${sacked}` : "") +
    (connection.reordering ? " reord_seen:1" : "")
  );
}
