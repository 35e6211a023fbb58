/**
 * What the administrator of a host can change for all connections that are opened later; each
 * bears the name of its parameter in Linux (Documentation/networking/ip-sysctl.rst).
 */
import { TCP_CONNECTIONS } from "../../../core/limits";
import { CongestionAlgorithm } from "./congestion/controller";
import { EcnMode } from "./congestion/ecn";

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
  /** `tcp_mtu_probing`: whether to detect routers that drop large packets in silence (RFC 4821). */
  mtuProbing: bool = true;
  /** `tcp_sack`: whether to offer selective acknowledgments (RFC 2018). */
  selective: bool = true;
  /** `tcp_timestamps`: whether to offer timestamps (RFC 7323 section 3). */
  timestamps: bool = true;
  /** `tcp_window_scaling`: whether to offer window scaling (RFC 7323 section 2). */
  scaling: bool = true;
}
