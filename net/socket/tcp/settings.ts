/**
 * What the administrator of a host can change for all connections that are opened later; each
 * bears the name of its parameter in Linux (Documentation/networking/ip-sysctl.rst).
 */
import { TCP_CONNECTIONS } from "../../../core/limits";
import { CongestionAlgorithm } from "./congestion/controller";
import { EcnMode } from "./congestion/ecn";

export class TcpSettings {
  /** How many connections there may be; not a parameter of Linux. */
  connections: u32 = TCP_CONNECTIONS;
  /** `tcp_congestion_control` */
  congestion: CongestionAlgorithm = CongestionAlgorithm.Cubic;
  /** `tcp_ecn`: explicit congestion notification (RFC 3168). */
  ecn: EcnMode = EcnMode.Accept;
  /** `tcp_sack`: whether to offer selective acknowledgments (RFC 2018). */
  selective: bool = true;
  /** `tcp_timestamps`: whether to offer timestamps (RFC 7323 section 3). */
  timestamps: bool = true;
  /** `tcp_window_scaling`: whether to offer window scaling (RFC 7323 section 2). */
  scaling: bool = true;
}
