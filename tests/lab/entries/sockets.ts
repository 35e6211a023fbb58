/** The kernel with sockets as packetdrill's scripts use them, called from Node between turns. */
import { TcpSocket } from "../../../net/api";
import { SOCKET_ERROR_WORDS } from "../../../net/socket/error";
import { TcpConnection } from "../../../net/socket/tcp/connection";
import { TcpState } from "../../../net/socket/tcp/state";

export { boot, interrupt, turn } from "../../../kernel/main";
export {
  tcpAccept,
  tcpBind,
  tcpClose,
  tcpConnect,
  tcpGetOption,
  tcpListen,
  tcpReceive,
  tcpSend,
  tcpSetOption,
  tcpSocket,
} from "../../../net/api";

export function bytes(length: u32): Uint8Array {
  return new Uint8Array(length);
}

export function socketState(socket: TcpSocket): TcpState {
  return socket.state();
}
export function socketError(socket: TcpSocket): string {
  return SOCKET_ERROR_WORDS[socket.error()];
}
/** Bytes that can be read now; for a listener, connections that can be accepted. */
export function socketReadable(socket: TcpSocket): u32 {
  const listener = socket.listener;
  if (listener != null) return listener.ready.count;
  const connection = socket.connection;
  return connection == null ? 0 : connection.readable();
}
export function socketWritable(socket: TcpSocket): u32 {
  const connection = socket.connection;
  return connection == null ? 0 : connection.writable();
}
/** Reports whether the peer has closed its direction and all its data has been read. */
export function socketFinished(socket: TcpSocket): bool {
  const connection = socket.connection;
  return connection != null && connection.peerFinished();
}
/** shutdown(fd, SHUT_WR). */
export function socketShutdown(socket: TcpSocket): void {
  const connection = socket.connection;
  if (connection != null) connection.close();
}
/** close(fd) with SO_LINGER on and a time of 0. */
export function socketAbort(socket: TcpSocket): void {
  const connection = socket.connection;
  if (connection != null) connection.abort();
  socket.connection = null;
}

/** A field of TCP_INFO, in its unit: segments, bytes or microseconds. */
export function socketInfo(socket: TcpSocket, field: i32): u32 {
  const connection = socket.connection;
  return connection == null ? 0 : infoOf(connection, field);
}

/** The order of `fields` in tools/packetdrill/assertion.ts. */
function infoOf(connection: TcpConnection, field: i32): u32 {
  const size = connection.segmentSize;
  switch (field) {
    case 0:
      return connection.congestionWindow / size;
    case 1:
      return connection.slowStartThreshold / size;
    case 2:
      return connection.roundTripTime as u32;
    case 3:
      return connection.roundTripVariation as u32;
    case 4:
      return connection.retransmissionTimeout as u32;
    case 5:
      return size;
    case 6:
      return (connection.inFlight + size - 1) / size;
    case 7:
      return connection.retransmissions;
    default:
      return 0;
  }
}
