/**
 * The calls of the public API (net/api.ts) that set and read the options of sockets. Most have a
 * counterpart in setsockopt(2); some are older and take microseconds.
 */
import { UdpSocket } from "../socket/udp-socket";
import {
  canSet,
  optionOf,
  SOCKET_OPTIONS,
  SocketOption,
  setOption,
  setUdpOption,
  udpOptionOf,
} from "./socket-option";
import { TcpSocket } from "./tcp-socket";

/**
 * Probes the peer once it is silent for `idle` microseconds (SO_KEEPALIVE with TCP_KEEPIDLE; RFC
 * 9293 section 3.8.4). The connection fails with TimedOut if no probe is answered: by default, 9
 * are sent, 75 s apart (TCP_KEEPCNT, TCP_KEEPINTVL). 0, the default of `idle`, disables probes.
 */
export function tcpSetKeepAlive(socket: TcpSocket, idle: i64): void {
  socket.options.keepAlive = idle > 0;
  socket.options.keepAliveIdle = idle;
  socket.applyOptions();
}

/**
 * Marks the packets of the socket's connection, for routing rules (SO_MARK in Linux; `ip rule add
 * fwmark`). 0 is the default.
 */
export function tcpSetMark(socket: TcpSocket, mark: u32): void {
  socket.options.mark = mark;
  socket.applyOptions();
}

/**
 * Fails the connection, with TimedOut or the last ICMP error, if data or the SYN is not
 * acknowledged for `timeout` microseconds (TCP_USER_TIMEOUT; RFC 9293 section 3.8.3). 0, the
 * default, means 5 minutes (3 minutes for the SYN).
 */
export function tcpSetUserTimeout(socket: TcpSocket, timeout: i64): void {
  socket.options.userTimeout = timeout;
  socket.applyOptions();
}

/**
 * Sets the octet with the DS field of packets to be sent (IP_TOS; RFC 2474): 0xb8 for EF. TCP
 * ignores the two ECN bits. Accepted sockets inherit their listener's setting.
 */
export function tcpSetTypeOfService(socket: TcpSocket, octet: u32): void {
  socket.options.trafficClass = octet;
  socket.applyOptions();
}

/**
 * Sets an option (setsockopt(2)), in the units of `SocketOption`. Returns false if the option is
 * read-only or cannot have the value. Set TCP_MAXSEG and the sizes of buffers before the socket
 * connects or listens; afterwards, setting a size can enlarge a buffer but not shrink it.
 */
export function tcpSetOption(socket: TcpSocket, option: SocketOption, value: i64): bool {
  if (!canSet(option, value)) return false;
  setOption(socket.options, option, value);
  socket.applyOptions();
  return true;
}

/** Returns the value of an option (getsockopt(2)), in the units of `SocketOption`. */
export function tcpGetOption(socket: TcpSocket, option: SocketOption): i64 {
  return optionOf(socket, option);
}

/** Marks the datagrams of the socket for routing rules; see tcpSetMark. */
export function udpSetMark(socket: UdpSocket, mark: u32): void {
  socket.path.setMark(mark);
}

/** Sets the octet with the DS field and ECN of datagrams to be sent (IP_TOS; RFC 2474). */
export function udpSetTypeOfService(socket: UdpSocket, octet: u32): void {
  socket.path.trafficClass = octet;
}

/** Sets IP_TOS, IP_TTL or SO_MARK. Returns false if the option is another, or the value invalid. */
export function udpSetOption(socket: UdpSocket, option: SocketOption, value: i64): bool {
  if (!SOCKET_OPTIONS[option].datagrams || !canSet(option, value)) return false;
  setUdpOption(socket, option, value);
  return true;
}

/** Returns the value of IP_TOS, IP_TTL, SO_MARK or SO_ERROR. */
export function udpGetOption(socket: UdpSocket, option: SocketOption): i64 {
  return udpOptionOf(socket, option);
}
