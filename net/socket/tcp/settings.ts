/**
 * What the administrator of a host can change for all connections, with the names of the parameters
 * in Linux (Documentation/networking/ip-sysctl.rst). A connection copies some of them when it is
 * opened, and reads the others whenever it needs them.
 */
import {
  TCP_BACKLOG,
  TCP_BUFFER_MAXIMUM_BYTES,
  TCP_CONNECTIONS,
  TCP_ORPHANS,
  TCP_RECEIVE_BYTES,
  TCP_SEND_BYTES,
} from "../../../core/limits";
import { CongestionAlgorithm } from "./congestion/controller";
import { EcnMode } from "./congestion/ecn";
import { FastOpenSettings } from "./fast-open/settings";
import {
  KEEP_ALIVE_IDLE,
  KEEP_ALIVE_INTERVAL,
  KEEP_ALIVE_PROBES,
  ORPHAN_IDLE,
  PACING_AVOIDANCE,
  PACING_SLOW_START,
  RETRIES_DATA,
  RETRIES_ORPHAN,
  RETRIES_SYN,
} from "./timing";

/** When SYNs are answered with cookies (`tcp_syncookies`). */
export const enum CookieMode {
  Never = 0,
  /** While a listener has as many half-open connections as its backlog. */
  Crowded,
  Always,
}

export class TcpSettings {
  /** How many connections there may be; not a parameter of Linux. */
  connections: u32 = TCP_CONNECTIONS;
  /** `tcp_congestion_control` */
  congestion: CongestionAlgorithm = CongestionAlgorithm.Cubic;
  /** `tcp_ecn`: explicit congestion notification (RFC 3168). */
  ecn: EcnMode = EcnMode.Accept;
  /** `tcp_syncookies` (RFC 4987 section 3.6). */
  cookies: CookieMode = CookieMode.Crowded;
  /** `tcp_fastopen` and related parameters (RFC 7413). */
  readonly fastOpen: FastOpenSettings = new FastOpenSettings();
  /** `tcp_mtu_probing`: whether to detect routers that drop large packets in silence (RFC 4821). */
  mtuProbing: bool = true;
  /** `tcp_sack`: whether to offer selective acknowledgments (RFC 2018). */
  selective: bool = true;
  /** `tcp_timestamps`: whether to offer timestamps (RFC 7323 section 3). */
  timestamps: bool = true;
  /** `tcp_window_scaling`: whether to offer window scaling (RFC 7323 section 2). */
  scaling: bool = true;
  /**
   * `tcp_pacing_ss_ratio`, `tcp_pacing_ca_ratio`: percents of cwnd to send in a round trip, in slow
   * start and in congestion avoidance; 0 for no pacing, unlike in Linux.
   */
  pacingSlowStart: u32 = PACING_SLOW_START;
  pacingAvoidance: u32 = PACING_AVOIDANCE;
  /** `tcp_rmem`, `tcp_wmem`: bytes of a new connection's buffers, and how far they grow. */
  receiveBytes: u32 = TCP_RECEIVE_BYTES;
  receiveMaximum: u32 = TCP_BUFFER_MAXIMUM_BYTES;
  sendBytes: u32 = TCP_SEND_BYTES;
  sendMaximum: u32 = TCP_BUFFER_MAXIMUM_BYTES;
  /** `tcp_slow_start_after_idle`: whether cwnd shrinks while nothing is sent (RFC 5681, 4.1). */
  restartsAfterIdle: bool = true;
  /**
   * `tcp_pingpong_thresh`: answers of the user after which ACKs wait for more of them; unlike in
   * Linux, 0 delays the first ACKs too.
   */
  answersAwaited: u32 = 1;
  /** `tcp_notsent_lowat`: bytes that may wait to be sent, beyond what the windows allow. */
  notSentMaximum: u32 = u32.MAX_VALUE;
  /** `tcp_keepalive_time`, `tcp_keepalive_intvl`: microseconds; `tcp_keepalive_probes`. */
  keepAliveIdle: i64 = KEEP_ALIVE_IDLE;
  keepAliveInterval: i64 = KEEP_ALIVE_INTERVAL;
  keepAliveProbes: u32 = KEEP_ALIVE_PROBES;
  /** `tcp_fin_timeout`: microseconds in FIN-WAIT-2 once the user has released the connection. */
  finTimeout: i64 = ORPHAN_IDLE;
  /** `tcp_syn_retries`, `tcp_synack_retries`, `tcp_retries2`: retransmissions in a row. */
  synRetries: u32 = RETRIES_SYN;
  synAckRetries: u32 = RETRIES_SYN;
  dataRetries: u32 = RETRIES_DATA;
  /** `tcp_orphan_retries`: like `tcp_retries2`, for connections that their user has released. */
  orphanRetries: u32 = RETRIES_ORPHAN;
  /** `tcp_max_orphans`: how many orphans there may be; the next one is reset. */
  orphansMaximum: u32 = TCP_ORPHANS;
  /** `net.core.somaxconn`: the largest backlog of a listener. */
  backlogMaximum: u32 = TCP_BACKLOG;
}

/** Rounds up `bytes` to a power of two from `least` to `most`, which are powers of two. */
export function bufferSize(bytes: i64, least: u32, most: u32): u32 {
  let size = least;
  while ((size as i64) < bytes && size < most) size <<= 1;
  return size;
}
