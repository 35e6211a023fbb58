/**
 * What the user of a socket chooses for its connections: the options of setsockopt(2), see tcp(7)
 * and socket(7) of Linux. Connections take over the options of the socket that connects, or of the
 * listener.
 */

import { ANY_RATE } from "./send/pacing";

/** Stands for the choice of the host: `tcp_congestion_control`. */
export const CONGESTION_DEFAULT: i32 = -1;
/** Stands for "no FIN-WAIT-2": the connection is reset instead. */
export const NO_FIN_WAIT: i64 = -1;
/** Stands for "do not linger". */
export const NO_LINGER: i64 = -1;

export class SocketOptions {
  /** TCP_NODELAY: whether small segments are sent at once. */
  noDelay: bool = false;
  /** SO_KEEPALIVE: whether a silent peer is probed. */
  keepAlive: bool = false;
  /**
   * TCP_KEEPIDLE, TCP_KEEPINTVL: microseconds of silence before the first probe, and between
   * probes; TCP_KEEPCNT: probes. 0 stands for the host's setting.
   */
  keepAliveIdle: i64 = 0;
  keepAliveInterval: i64 = 0;
  keepAliveProbes: u32 = 0;
  /** TCP_USER_TIMEOUT in microseconds; 0 stands for the defaults of timing.ts. */
  userTimeout: i64 = 0;
  /** SO_REUSEADDR: whether a port with connections, or in TIME-WAIT, can be bound. */
  reuseAddress: bool = false;
  /** TCP_DEFER_ACCEPT: microseconds for which a listener waits for data to accept a connection. */
  deferAccept: i64 = 0;
  /**
   * TCP_FASTOPEN: how many connections of a listener may exchange data before their handshake is
   * over (RFC 7413); 0 for none, or for the backlog if `FastOpenSettings.servesEverywhere`.
   */
  fastOpen: u32 = 0;
  /** TCP_FASTOPEN_CONNECT: whether the first data is sent in the SYN, if the peer agrees. */
  fastOpenConnect: bool = false;
  /** TCP_NOTSENT_LOWAT: bytes that may wait to be sent; 0 for the host's setting. */
  notSentMaximum: u32 = 0;
  /** TCP_QUICKACK: whether each segment is acknowledged at once. */
  quickAck: bool = false;
  /** TCP_SYNCNT: how often a SYN is sent again; 0 for the host's setting. */
  synRetries: u32 = 0;
  /** TCP_LINGER2: see `ControlBlock.finTimeout`. */
  finTimeout: i64 = 0;
  /** TCP_CONGESTION: a `CongestionAlgorithm`, or CONGESTION_DEFAULT. */
  congestion: i32 = CONGESTION_DEFAULT;
  /** TCP_MAXSEG: the most bytes of options and payload in a segment; 0 for no limit. */
  segmentSize: u32 = 0;
  /** SO_RCVBUF, SO_SNDBUF: bytes of the buffers, which then do not grow; 0 to let them grow. */
  receiveBytes: u32 = 0;
  sendBytes: u32 = 0;
  /** SO_MAX_PACING_RATE: bytes per second, or ANY_RATE. */
  pacingRate: u32 = ANY_RATE;
  /** SO_LINGER: microseconds, 0 to reset the connection when it is closed, or NO_LINGER. */
  linger: i64 = NO_LINGER;
  /** SO_MARK: for routing rules (`ip rule add fwmark`). */
  mark: u32 = 0;
  /** IP_TOS: the octet with the DS field. */
  trafficClass: u32 = 0;
  /** IP_TTL; 0 for the host's default. */
  timeToLive: u32 = 0;
  /** The local port of a connection that this host opens, from bind(2); 0 for a random one. */
  localPort: u32 = 0;

  /** Takes over the options of another socket, except for the local port. */
  copy(other: SocketOptions): void {
    this.noDelay = other.noDelay;
    this.keepAlive = other.keepAlive;
    this.keepAliveIdle = other.keepAliveIdle;
    this.keepAliveInterval = other.keepAliveInterval;
    this.keepAliveProbes = other.keepAliveProbes;
    this.userTimeout = other.userTimeout;
    this.reuseAddress = other.reuseAddress;
    this.deferAccept = other.deferAccept;
    this.fastOpen = other.fastOpen;
    this.fastOpenConnect = other.fastOpenConnect;
    this.notSentMaximum = other.notSentMaximum;
    this.quickAck = other.quickAck;
    this.synRetries = other.synRetries;
    this.finTimeout = other.finTimeout;
    this.congestion = other.congestion;
    this.segmentSize = other.segmentSize;
    this.receiveBytes = other.receiveBytes;
    this.sendBytes = other.sendBytes;
    this.pacingRate = other.pacingRate;
    this.linger = other.linger;
    this.mark = other.mark;
    this.trafficClass = other.trafficClass;
    this.timeToLive = other.timeToLive;
  }
}
