/** The kernel with sockets as packetdrill's scripts use them, called from Node between turns. */
import { KernelParameters } from "../../../kernel/config/kernel-parameters";
import { Shutdown, TcpSocket, tcpConnect, tcpShutdown } from "../../../net/api";
import { Endpoints } from "../../../net/socket/endpoints";
import { SOCKET_ERROR_WORDS } from "../../../net/socket/error";
import { TcpInfo } from "../../../net/socket/tcp/info";
import { TcpSettings } from "../../../net/socket/tcp/settings";
import { TcpState } from "../../../net/socket/tcp/state";
import { textAt } from "./text";

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
export { allocateBytes } from "./text";

export function text(pointer: usize, length: u32): string {
  return textAt(pointer, length);
}
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
/** Bytes written that are not acknowledged, and those of them that were not sent. */
export function socketUnacknowledged(socket: TcpSocket): u32 {
  const connection = socket.connection;
  return connection == null ? 0 : connection.unacknowledged();
}
export function socketUnsent(socket: TcpSocket): u32 {
  const connection = socket.connection;
  return connection == null ? 0 : connection.block.sender.unsent;
}
/** Reports whether the peer has closed its direction and all its data has been read. */
export function socketFinished(socket: TcpSocket): bool {
  const connection = socket.connection;
  return connection != null && connection.peerFinished();
}
export function socketShutdown(socket: TcpSocket, how: Shutdown): void {
  tcpShutdown(socket, how);
}
/** close(fd) with SO_LINGER on and a time of 0. */
export function socketAbort(socket: TcpSocket): void {
  const connection = socket.connection;
  if (connection != null) connection.abort();
  socket.connection = null;
}

/** Changes a kernel parameter, as `sysctl -w` does. Returns false if it cannot have the value. */
export function setParameter(name: string, value: string): bool {
  return new KernelParameters(settings()).change(name, value) == "";
}

/** Whether `tcp_fastopen` lets this host connect with Fast Open. */
export function fastOpenConnects(): bool {
  return settings().fastOpen.connects;
}

/** The settings of the host, by way of a connection, here one that is never opened. */
function settings(): TcpSettings {
  const socket = new TcpSocket();
  tcpConnect(socket, 0, 0);
  return socket.connection!.block.schedule.settings;
}

/** Forgets what is known about Fast Open with a host, as `ip tcp_metrics flush` does. */
export function forgetPeer(local: u32, remote: u32): void {
  const socket = new TcpSocket();
  tcpConnect(socket, 0, 0);
  const ends = new Endpoints();
  ends.setIpv4(local, 0, remote, 0);
  const peer = socket.connection!.block.schedule.fastOpenPeers.find(ends);
  if (peer != null) peer.begin(ends);
}

/** The room for data in a SYN that has yet to be sent with it; 0 if no SYN waits for data. */
export function socketSynRoom(socket: TcpSocket): u32 {
  const connection = socket.connection;
  if (connection == null || connection.state != TcpState.SynSent) return 0;
  const block = connection.block;
  return block.sender.maximum == block.sender.initial ? block.fastOpen.room : 0;
}

/** A field of TCP_INFO, in its unit; the order is that of tools/packetdrill/assertion.ts. */
export function socketInfo(socket: TcpSocket, field: i32): f64 {
  const connection = socket.connection;
  if (connection == null) return 0;
  const info = connection.info();
  return field < 8 ? pathField(info, field) : stateField(connection.state, info, field);
}

function pathField(info: TcpInfo, field: i32): f64 {
  switch (field) {
    case 0:
      return info.window;
    case 1:
      return info.threshold;
    case 2:
      return info.roundTrip as f64;
    case 3:
      return info.variation as f64;
    case 4:
      return info.timeout as f64;
    case 5:
      return info.sendSize;
    case 6:
      return info.unacknowledged;
    default:
      return info.retransmissions;
  }
}

/** `tcpi_options`: TCPI_OPT_TIMESTAMPS, _SACK, _WSCALE, _ECN, _ECN_SEEN, _SYN_DATA of Linux. */
function optionBits(info: TcpInfo): u32 {
  let bits: u32 = info.timestamps ? 1 : 0;
  if (info.selective) bits |= 2;
  if (info.sendShift + info.receiveShift > 0) bits |= 4;
  if (info.ecn) bits |= 8;
  if (info.ecnSeen) bits |= 16;
  return info.synData ? bits | 32 : bits;
}

/** `tcpi_state`: the states of linux/tcp_states.h, in the order of `TcpState`. */
const LINUX_STATES: StaticArray<u8> = [7, 10, 2, 3, 1, 4, 5, 8, 11, 9, 6];

function stateField(state: TcpState, info: TcpInfo, field: i32): f64 {
  const values: StaticArray<f64> = [
    LINUX_STATES[state],
    optionBits(info),
    info.sendShift,
    info.receiveShift,
    info.backoff,
    info.acknowledgmentDelay as f64,
    info.receiveSize,
    info.announcedSize,
    info.pathMtu,
    info.sacked,
    info.lost,
    info.resentInFlight,
    (info.sinceSent / 1000) as f64,
    (info.sinceReceived / 1000) as f64,
    (info.sinceHeard / 1000) as f64,
    info.receiveSpace,
    info.receiveThreshold,
    info.bytesAcknowledged as f64,
    info.bytesReceived as f64,
    info.bytesSent as f64,
    info.bytesResent as f64,
    info.segmentsOut,
    info.segmentsIn,
    info.dataSegmentsOut,
    info.dataSegmentsIn,
    info.notSent,
    info.minimumRoundTrip as f64,
    info.deliveryRate as f64,
    info.rateUserLimited ? 1 : 0,
    info.delivered,
    info.busy as f64,
    info.peerLimited as f64,
    info.bufferLimited as f64,
    info.duplicates,
    info.reorderings,
    info.sendWindow,
    info.receiveWindow,
    info.pacingRate as f64,
  ];
  return values[field - 8];
}
