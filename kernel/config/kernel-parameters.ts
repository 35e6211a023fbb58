/**
 * The parameters of the network stack that can be changed while it runs, under the names that
 * sysctl(8) of Linux has for them (Documentation/networking/ip-sysctl.rst). A change applies to
 * connections that are opened later.
 */
import { parseDecimalText } from "../../core/text";
import { CONGESTION_NAMES } from "../../net/socket/tcp/congestion/controller";
import { EcnMode } from "../../net/socket/tcp/congestion/ecn";
import { TcpSettings } from "../../net/socket/tcp/settings";

const AVAILABLE: string = "net.ipv4.tcp_available_congestion_control";
const CONGESTION: string = "net.ipv4.tcp_congestion_control";
const ECN: string = "net.ipv4.tcp_ecn";
const SACK: string = "net.ipv4.tcp_sack";
const TIMESTAMPS: string = "net.ipv4.tcp_timestamps";
const WINDOW_SCALING: string = "net.ipv4.tcp_window_scaling";

/** In alphabetical order. */
const NAMES: StaticArray<string> = [AVAILABLE, CONGESTION, ECN, SACK, TIMESTAMPS, WINDOW_SCALING];

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
    if (name == SACK) return switchText(tcp.selective);
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
    if (name == ECN) {
      const mode = parseDecimalText(value);
      if (mode < 0 || mode > (EcnMode.Accept as i64)) return "invalid value, expected 0, 1 or 2";
      tcp.ecn = mode as EcnMode;
      return "";
    }
    const on = value == "1";
    if (!on && value != "0") return "invalid value, expected 0 or 1";
    if (name == SACK) tcp.selective = on;
    else if (name == TIMESTAMPS) tcp.timestamps = on;
    else tcp.scaling = on;
    return "";
  }
}

function switchText(on: bool): string {
  return on ? "1" : "0";
}
