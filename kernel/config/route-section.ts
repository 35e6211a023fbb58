/** The section [Route] of anonymos.conf (systemd.network(5)). */
import { ROUTE_HOPS } from "../../core/limits";
import { parseDecimalText } from "../../core/text";
import { RouteScope, RouteType, TABLE_LOCAL } from "../../net/iface/ip/route";
import { SMALLEST_MTU } from "../../net/iface/link/link";
import {
  DHCP_GATEWAY,
  HopSetting,
  NO_METRIC,
  RouteSetting,
} from "../../net/service/routing-settings";
import { parsePrefix } from "../../net/service/settings";
import { BAD_TABLE, parseScope, parseTable, parseType } from "./route-words";
import {
  BAD_BOOLEAN,
  BAD_GATEWAY,
  BAD_METRIC,
  LARGEST_METRIC,
  parseBoolean,
  parseBytes,
  parseHostAddress,
  splitBlanks,
  unknownKey,
} from "./values";

const KEYS: string =
  "Destination=, Gateway=, GatewayOnLink=, Metric=, Table=, Type=, MTUBytes=, " +
  "PreferredSource=, Scope= or MultiPathRoute=";
/** The largest MTU of a route: that of IPv4 (RFC 791), in bytes. */
const LARGEST_MTU: i64 = 65535;
const LARGEST_WEIGHT: i64 = 256;
const BAD_TYPE: string =
  "invalid type, expected unicast, blackhole, unreachable, prohibit or throw";
const BAD_HOP: string = "invalid next hop, expected ADDRESS[@DEVICE] [WEIGHT], a weight from 1 to";

/** Collects the keys of one section. */
export class RouteSection {
  private readonly route: RouteSetting = new RouteSetting(0, 0, 0, NO_METRIC);
  /** Whether an invalid line leaves unknown which route this is: it is then not added. */
  private invalid: bool = false;
  /** Whether it leaves type, gateway or next hops unknown, so that `fault` cannot check them. */
  private hopsUnknown: bool = false;

  /** Applies KEY=VALUE. Returns "WHY, expected WHAT", or "" if it is valid. */
  set(key: string, value: string): string {
    const route = this.route;
    if (key == "Destination") return this.setDestination(value);
    if (key == "MultiPathRoute") return this.addHop(value);
    if (key == "GatewayOnLink" || key == "GatewayOnlink") {
      const answer = parseBoolean(value);
      route.onLink = answer == 1;
      return answer < 0 ? BAD_BOOLEAN : "";
    }
    if (key == "Gateway") {
      route.gateway = value == "_dhcp4" ? DHCP_GATEWAY : parseHostAddress(value);
      if (route.gateway != 0) return "";
      this.spoil();
      return BAD_GATEWAY;
    }
    if (key == "Metric") {
      const metric = parseDecimalText(value);
      if (metric < 0 || metric > LARGEST_METRIC) return BAD_METRIC;
      route.metric = metric;
      return "";
    }
    if (key == "Table") {
      const table = parseTable(value);
      if (table == 0 || table == TABLE_LOCAL) return this.reject(BAD_TABLE);
      route.table = table;
      return "";
    }
    if (key == "Type") {
      const type = parseType(value);
      if (type < 0) {
        this.spoil();
        return BAD_TYPE;
      }
      route.type = type as RouteType;
      return "";
    }
    if (key == "MTUBytes") {
      const mtu = parseBytes(value, LARGEST_MTU);
      if (mtu < (SMALLEST_MTU as i64)) {
        return `invalid MTU, expected ${SMALLEST_MTU} to ${LARGEST_MTU} bytes`;
      }
      route.mtu = mtu as u32;
      return "";
    }
    if (key == "PreferredSource") {
      const source = parseHostAddress(value);
      if (source == 0) return "invalid address, expected an ADDRESS of this host";
      route.source = source;
      return "";
    }
    if (key != "Scope") return unknownKey("Route", KEYS);
    const scope = parseScope(value);
    if (scope < 0) return "invalid scope, expected global, link, host or 0 to 255";
    route.scope = scope;
    return "";
  }

  /** Notes an invalid line, which has been reported: the route is neither checked nor added. */
  spoil(): void {
    this.invalid = true;
    this.hopsUnknown = true;
  }

  /** Notes that the route is not to be added, but still to be checked. Returns `why`. */
  private reject(why: string): string {
    this.invalid = true;
    return why;
  }

  private setDestination(value: string): string {
    const destination = parsePrefix(value);
    if (destination != null && destination.isNetwork()) {
      this.route.destination = destination.address;
      this.route.prefix = destination.prefix;
      return "";
    }
    const why =
      destination == null ? "invalid destination" : "invalid prefix for given prefix length";
    return this.reject(`${why}, expected NETWORK/PREFIX like 10.1.0.0/16`);
  }

  /** Adds a next hop; an empty value clears the list. */
  private addHop(value: string): string {
    const hops = this.route.hops;
    if (value == "") {
      hops.length = 0;
      return "";
    }
    if (hops.length == ROUTE_HOPS) return `too many next hops, expected at most ${ROUTE_HOPS}`;
    const words = splitBlanks(value);
    const at = words[0].indexOf("@");
    const gateway = parseHostAddress(at < 0 ? words[0] : words[0].substring(0, at));
    const device = at < 0 ? "" : words[0].substring(at + 1);
    const weight = words.length > 1 ? parseDecimalText(words[1]) : 1;
    const valid: bool = gateway != 0 && words.length < 3 && weight > 0 && weight <= LARGEST_WEIGHT;
    if (!valid || (at >= 0 && device == "")) {
      this.spoil();
      return `${BAD_HOP} ${LARGEST_WEIGHT}`;
    }
    hops.push(new HopSetting(gateway, device, weight as u32));
    return "";
  }

  /** Ends the section. Returns "WHAT: WHY, expected WHAT", or "" if nothing is to be reported. */
  finish(into: Array<RouteSetting>): string {
    const fault = this.hopsUnknown ? "" : this.fault();
    if (fault != "") return `[Route]: ${fault}`;
    if (!this.invalid) into.push(this.route);
    return "";
  }

  /** Returns "WHY, expected WHAT" if the keys do not fit together, or "". */
  private fault(): string {
    const route = this.route;
    const several = route.hops.length > 0;
    if (route.type != RouteType.Unicast) {
      if (!several && route.gateway == 0) return "";
      return "gateway of a route that drops packets, expected neither Gateway= nor MultiPathRoute=";
    }
    const direct: bool = !several && route.gateway == 0;
    if (several && route.gateway != 0) return "two gateways, expected Gateway= or MultiPathRoute=";
    if (direct && route.scope != RouteScope.Link) {
      return "missing gateway, expected Gateway=ADDRESS or Gateway=_dhcp4";
    }
    if (direct || route.scope < RouteScope.Link) return "";
    return "invalid scope of a route with a gateway, expected Scope=global";
  }
}
