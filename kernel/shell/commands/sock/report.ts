/** What `sock` prints about a socket: its state and its ends. */
import { TCP_STATE_NAMES } from "../../../../net/socket/tcp/state";
import { formatIpv4, Ipv4Address } from "../../../../net/wire/address";
import { connectionDetails } from "../../connection-details";
import { Handle } from "./handles";

/**
 * Returns "tcp ESTAB LOCAL REMOTE". With `details`, adds a connection's queues and what `ss -i`
 * prints below it.
 */
export function describe(handle: Handle, details: bool): string {
  const udp = handle.udp;
  if (udp != null) {
    const connected = udp.remotePort != 0;
    const peer = connected ? endText(udp.remoteAddress, udp.remotePort) : "*:*";
    return `udp ${connected ? "ESTAB" : "UNCONN"} ${endText(0, udp.localPort)} ${peer}`;
  }
  const tcp = handle.tcp!;
  const state = TCP_STATE_NAMES[tcp.state()];
  const connection = tcp.connection;
  if (connection == null) {
    const listener = tcp.listener;
    const waiting = listener == null ? "" : ` ${listener.ready.count}/${listener.backlog}`;
    return `tcp ${state} ${endText(0, tcp.port)} *:*${waiting}`;
  }
  const ends = connection.endpoints;
  const local = endText(ends.localIpv4, ends.localPort);
  const line = `tcp ${state} ${local} ${endText(ends.remoteIpv4, ends.remotePort)}`;
  const queues = ` ${connection.readable()} ${connection.unacknowledged()}`;
  return details ? `${line}${queues}\n\t${connectionDetails(connection, false)}` : line;
}

function endText(address: Ipv4Address, port: u32): string {
  return `${address == 0 ? "*" : formatIpv4(address)}:${port == 0 ? "*" : port.toString()}`;
}
