/**
 * The parameters of the network stack that can be changed while it runs, under the names that
 * sysctl(8) of Linux has for them (Documentation/networking/ip-sysctl.rst). A change applies to
 * connections that are opened later.
 */
import { parseDecimalText } from "../../core/text";
import { CONGESTION_NAMES } from "../../net/socket/tcp/congestion/controller";
import { EcnMode } from "../../net/socket/tcp/congestion/ecn";
import { CookieMode, TcpSettings } from "../../net/socket/tcp/settings";

const AVAILABLE: string = "net.ipv4.tcp_available_congestion_control";
const CONGESTION: string = "net.ipv4.tcp_congestion_control";
const ECN: string = "net.ipv4.tcp_ecn";
const MTU_PROBING: string = "net.ipv4.tcp_mtu_probing";
const SACK: string = "net.ipv4.tcp_sack";
const SYNCOOKIES: string = "net.ipv4.tcp_syncookies";
const TIMESTAMPS: string = "net.ipv4.tcp_timestamps";
const WINDOW_SCALING: string = "net.ipv4.tcp_window_scaling";

/** All names, in alphabetical order. */
const NAMES: StaticArray<string> = [
  AVAILABLE,
  CONGESTION,
  ECN,
  MTU_PROBING,
  SACK,
  SYNCOOKIES,
  TIMESTAMPS,
  WINDOW_SCALING,
];

export class KernelParameters {
  constructor(private readonly tcp: TcpSettings) {}

  /** Returns all names, in alphabetical order. */
  names(): StaticArray<string> {
    return NAMES;
  }

  /** Returns the value of a parameter; "" if there is no such parameter. */
  value(name: string): string {
    const tcp = this.tcp;
    if (name == AVAILABLE) return CONGESTION_NAMES.join(" ");
    if (name == CONGESTION) return CONGESTION_NAMES[tcp.congestion];
    if (name == ECN) return `${tcp.ecn as i32}`;
    if (name == MTU_PROBING) return switchText(tcp.mtuProbing);
    if (name == SACK) return switchText(tcp.selective);
    if (name == SYNCOOKIES) return `${tcp.cookies as i32}`;
    if (name == TIMESTAMPS) return switchText(tcp.timestamps);
    return name == WINDOW_SCALING ? switchText(tcp.scaling) : "";
  }

  /** Changes a parameter. Returns the problem, "" if there is none. */
  change(name: string, value: string): string {
    if (this.value(name) == "") return "no such parameter, expected one that sysctl -a lists";
    if (name == AVAILABLE) return "permission denied, expected a parameter that can be changed";
    const tcp = this.tcp;
    if (name == CONGESTION) {
      const index = CONGESTION_NAMES.indexOf(value);
      if (index < 0) return `invalid value, expected ${CONGESTION_NAMES.join(" or ")}`;
      tcp.congestion = index;
      return "";
    }
    const threefold = name == ECN || name == SYNCOOKIES;
    const number = parseDecimalText(value);
    if (number < 0 || number > (threefold ? 2 : 1)) {
      return `invalid value, expected ${threefold ? "0, 1 or 2" : "0 or 1"}`;
    }
    if (name == ECN) tcp.ecn = number as EcnMode;
    else if (name == MTU_PROBING) tcp.mtuProbing = number == 1;
    else if (name == SACK) tcp.selective = number == 1;
    else if (name == SYNCOOKIES) tcp.cookies = number as CookieMode;
    else if (name == TIMESTAMPS) tcp.timestamps = number == 1;
    else tcp.scaling = number == 1;
    return "";
  }
}

function switchText(on: bool): string {
  return on ? "1" : "0";
}
