/**
 * What the administrator of a host can change for all connections that are opened later; each
 * bears the name of its parameter in Linux (Documentation/networking/ip-sysctl.rst).
 */
import { CongestionAlgorithm } from "./congestion/controller";

export class TcpSettings {
  /** `tcp_congestion_control` */
  congestion: CongestionAlgorithm = CongestionAlgorithm.Cubic;
  /** `tcp_sack`: whether to offer selective acknowledgments (RFC 2018). */
  selective: bool = true;
  /** `tcp_window_scaling`: whether to offer window scaling (RFC 7323 section 2). */
  scaling: bool = true;
}
