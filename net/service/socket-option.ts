/**
 * The options of sockets under their names in setsockopt(2), with the units and ranges that tcp(7),
 * ip(7) and socket(7) of Linux give them.
 */
import {
  TCP_BACKLOG,
  TCP_RECEIVE_MAXIMUM_BYTES,
  TCP_RECEIVE_MINIMUM_BYTES,
  TCP_SEND_MAXIMUM_BYTES,
  TCP_SEND_MINIMUM_BYTES,
} from "../../core/limits";
import { MILLISECOND, SECOND } from "../../core/time";
import { bufferSize } from "../socket/tcp/settings";
import { NO_FIN_WAIT, NO_LINGER, SocketOptions } from "../socket/tcp/socket-options";
import { SEGMENT_SIZE_MINIMUM } from "../socket/tcp/timing";
import { UdpSocket } from "../socket/udp-socket";
import { TcpSocket } from "./tcp-socket";

/** In the order of `SOCKET_OPTIONS`. */
export const enum SocketOption {
  IP_TOS = 0,
  IP_TTL,
  /** Read-only: a `SocketError`. */
  SO_ERROR,
  SO_KEEPALIVE,
  /** Seconds; 0 resets the connection when it is closed, -1 stands for l_onoff = 0. */
  SO_LINGER,
  SO_MARK,
  /** Bytes per second; the largest value means "no limit". */
  SO_MAX_PACING_RATE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  /** A `CongestionAlgorithm`. */
  TCP_CONGESTION,
  /** Seconds. */
  TCP_DEFER_ACCEPT,
  /** How many connections of a listener may exchange data before their handshake is over. */
  TCP_FASTOPEN,
  TCP_FASTOPEN_CONNECT,
  TCP_KEEPCNT,
  /** Seconds, as TCP_KEEPINTVL. */
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  /** Seconds; -1 for no FIN-WAIT-2, 0 for the host's setting. */
  TCP_LINGER2,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_QUICKACK,
  /** How often a SYN is sent again. */
  TCP_SYNCNT,
  /** Milliseconds. */
  TCP_USER_TIMEOUT,
}

/** An option's name and the values that it can be set to. */
class OptionForm {
  constructor(
    readonly name: string,
    readonly least: i64,
    readonly most: i64,
    /** Whether UDP sockets have it too. */
    readonly datagrams: bool = false,
  ) {}

  get readOnly(): bool {
    return this.least > this.most;
  }
}

export const SOCKET_OPTIONS: StaticArray<OptionForm> = [
  new OptionForm("IP_TOS", 0, 255, true),
  new OptionForm("IP_TTL", 1, 255, true),
  new OptionForm("SO_ERROR", 1, 0, true),
  new OptionForm("SO_KEEPALIVE", 0, 1),
  new OptionForm("SO_LINGER", -1, 65535),
  new OptionForm("SO_MARK", 0, 0xffff_ffff, true),
  new OptionForm("SO_MAX_PACING_RATE", 1, 0xffff_ffff),
  new OptionForm("SO_RCVBUF", 0, i32.MAX_VALUE),
  new OptionForm("SO_REUSEADDR", 0, 1),
  new OptionForm("SO_SNDBUF", 0, i32.MAX_VALUE),
  new OptionForm("TCP_CONGESTION", 0, 1),
  new OptionForm("TCP_DEFER_ACCEPT", 0, 120),
  new OptionForm("TCP_FASTOPEN", 0, TCP_BACKLOG),
  new OptionForm("TCP_FASTOPEN_CONNECT", 0, 1),
  new OptionForm("TCP_KEEPCNT", 1, 127),
  new OptionForm("TCP_KEEPIDLE", 1, 32767),
  new OptionForm("TCP_KEEPINTVL", 1, 32767),
  new OptionForm("TCP_LINGER2", -1, 120),
  new OptionForm("TCP_MAXSEG", SEGMENT_SIZE_MINIMUM, 32767),
  new OptionForm("TCP_NODELAY", 0, 1),
  new OptionForm("TCP_NOTSENT_LOWAT", 0, 0xffff_ffff),
  new OptionForm("TCP_QUICKACK", 0, 1),
  new OptionForm("TCP_SYNCNT", 1, 127),
  new OptionForm("TCP_USER_TIMEOUT", 0, i32.MAX_VALUE),
];

/** Reports whether an option can be set to a value. */
export function canSet(option: SocketOption, value: i64): bool {
  const form = SOCKET_OPTIONS[option];
  return value >= form.least && value <= form.most;
}

/** Sets an option of TCP to a value for which `canSet` is true. */
export function setOption(options: SocketOptions, option: SocketOption, value: i64): void {
  if (option == SocketOption.IP_TOS) options.trafficClass = value as u32;
  else if (option == SocketOption.IP_TTL) options.timeToLive = value as u32;
  else if (option == SocketOption.SO_KEEPALIVE) options.keepAlive = value != 0;
  else if (option == SocketOption.SO_LINGER)
    options.linger = value < 0 ? NO_LINGER : value * SECOND;
  else if (option == SocketOption.SO_MARK) options.mark = value as u32;
  else if (option == SocketOption.SO_MAX_PACING_RATE) options.pacingRate = value as u32;
  else if (option == SocketOption.SO_RCVBUF) {
    options.receiveBytes = bufferSize(value, TCP_RECEIVE_MINIMUM_BYTES, TCP_RECEIVE_MAXIMUM_BYTES);
  } else if (option == SocketOption.SO_REUSEADDR) options.reuseAddress = value != 0;
  else if (option == SocketOption.SO_SNDBUF) {
    options.sendBytes = bufferSize(value, TCP_SEND_MINIMUM_BYTES, TCP_SEND_MAXIMUM_BYTES);
  } else if (option == SocketOption.TCP_CONGESTION) options.congestion = value as i32;
  else if (option == SocketOption.TCP_DEFER_ACCEPT) options.deferAccept = value * SECOND;
  else if (option == SocketOption.TCP_FASTOPEN) options.fastOpen = value as u32;
  else if (option == SocketOption.TCP_FASTOPEN_CONNECT) options.fastOpenConnect = value != 0;
  else if (option == SocketOption.TCP_KEEPCNT) options.keepAliveProbes = value as u32;
  else if (option == SocketOption.TCP_KEEPIDLE) options.keepAliveIdle = value * SECOND;
  else if (option == SocketOption.TCP_KEEPINTVL) options.keepAliveInterval = value * SECOND;
  else if (option == SocketOption.TCP_LINGER2) {
    options.finTimeout = value < 0 ? NO_FIN_WAIT : value * SECOND;
  } else if (option == SocketOption.TCP_MAXSEG) options.segmentSize = value as u32;
  else if (option == SocketOption.TCP_NODELAY) options.noDelay = value != 0;
  else if (option == SocketOption.TCP_NOTSENT_LOWAT) options.notSentMaximum = value as u32;
  else if (option == SocketOption.TCP_QUICKACK) options.quickAck = value != 0;
  else if (option == SocketOption.TCP_SYNCNT) options.synRetries = value as u32;
  else if (option == SocketOption.TCP_USER_TIMEOUT) options.userTimeout = value * MILLISECOND;
}

/**
 * Returns the value of an option of a TCP socket: that of its connection, if there is one, for
 * buffer sizes, TCP_MAXSEG and TCP_CONGESTION. An option that is left to the host's settings is 0,
 * or -1 for TCP_CONGESTION.
 */
export function optionOf(socket: TcpSocket, option: SocketOption): i64 {
  const options = socket.options;
  const connection = socket.connection;
  if (option == SocketOption.IP_TOS) return options.trafficClass;
  if (option == SocketOption.IP_TTL) return options.timeToLive;
  if (option == SocketOption.SO_ERROR) return socket.error() as i64;
  if (option == SocketOption.SO_KEEPALIVE) return options.keepAlive ? 1 : 0;
  if (option == SocketOption.SO_LINGER) {
    return options.linger == NO_LINGER ? -1 : options.linger / SECOND;
  }
  if (option == SocketOption.SO_MARK) return options.mark;
  if (option == SocketOption.SO_MAX_PACING_RATE) return options.pacingRate;
  if (option == SocketOption.SO_RCVBUF) {
    return connection == null ? options.receiveBytes : connection.receiveBuffer;
  }
  if (option == SocketOption.SO_REUSEADDR) return options.reuseAddress ? 1 : 0;
  if (option == SocketOption.SO_SNDBUF) {
    return connection == null ? options.sendBytes : connection.sendBuffer;
  }
  if (option == SocketOption.TCP_CONGESTION) {
    return connection == null ? options.congestion : connection.congestionAlgorithm;
  }
  if (option == SocketOption.TCP_DEFER_ACCEPT) return options.deferAccept / SECOND;
  if (option == SocketOption.TCP_FASTOPEN) return options.fastOpen;
  if (option == SocketOption.TCP_FASTOPEN_CONNECT) return options.fastOpenConnect ? 1 : 0;
  if (option == SocketOption.TCP_KEEPCNT) return options.keepAliveProbes;
  if (option == SocketOption.TCP_KEEPIDLE) return options.keepAliveIdle / SECOND;
  if (option == SocketOption.TCP_KEEPINTVL) return options.keepAliveInterval / SECOND;
  if (option == SocketOption.TCP_LINGER2) {
    return options.finTimeout == NO_FIN_WAIT ? -1 : options.finTimeout / SECOND;
  }
  if (option == SocketOption.TCP_MAXSEG) {
    return connection == null ? options.segmentSize : connection.segmentSize;
  }
  if (option == SocketOption.TCP_NODELAY) return options.noDelay ? 1 : 0;
  if (option == SocketOption.TCP_NOTSENT_LOWAT) return options.notSentMaximum;
  if (option == SocketOption.TCP_QUICKACK) return options.quickAck ? 1 : 0;
  if (option == SocketOption.TCP_SYNCNT) return options.synRetries;
  return options.userTimeout / MILLISECOND;
}

/** Sets an option that UDP sockets have to a value for which `canSet` is true. */
export function setUdpOption(socket: UdpSocket, option: SocketOption, value: i64): void {
  const path = socket.path;
  if (option == SocketOption.IP_TOS) path.trafficClass = value as u32;
  else if (option == SocketOption.IP_TTL) path.timeToLive = value as u32;
  else if (option == SocketOption.SO_MARK) path.setMark(value as u32);
}

/** Returns the value of an option that UDP sockets have. */
export function udpOptionOf(socket: UdpSocket, option: SocketOption): i64 {
  const path = socket.path;
  if (option == SocketOption.IP_TOS) return path.trafficClass;
  if (option == SocketOption.IP_TTL) return path.timeToLive;
  return option == SocketOption.SO_MARK ? (path.mark as i64) : (socket.error as i64);
}
