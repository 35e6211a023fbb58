/**
 * ip route [show [[root|match] PREFIX|default] [table TABLE|all] [dev DEVICE] [via GATEWAY]
 *                [proto P] [scope S] [type TYPE] |
 *           get ADDRESS [from ADDRESS] [mark MARK] [tos TOS] [oif DEVICE] |
 *           flush DEVICE|table TABLE|all |
 *           add|append|replace|change|del [TYPE] PREFIX|default [via GATEWAY] [dev DEVICE]
 *               [src ADDRESS] [scope SCOPE] [metric N] [mtu N] [table TABLE] [onlink]
 *               [nexthop [via GATEWAY] [dev DEVICE] [weight N] [onlink]]...
 *
 * Shows and changes the routing tables. The longest prefix wins, then the smallest metric. `proto`
 * is the origin of a route: kernel (added with an address), dhcp, or static (added by this command
 * or the configuration). The routes of DHCP have a metric of 1024 or more, as with
 * systemd-networkd, so that static ones win; `RouteMetric=` sets another one.
 *
 * TYPE is unicast, or an error: blackhole (Invalid argument), unreachable (No route to host),
 * prohibit (Permission denied) or throw, which lets the next rule decide (`ip rule`). Each
 * conversation takes one of several next hops, by a hash of its addresses, protocol and ports.
 *
 * `onlink` declares that the gateway is on the device's link although it is in none of the device's
 * networks. `linkdown` marks a next hop whose device has no carrier; others are preferred. `dead`
 * marks one whose device was set down; a route without others is deleted. Once the device is up,
 * its networks' routes return, and those of anonymos.conf and DHCP, as networkd does on Linux.
 *
 * Unlike iproute2, TABLE is main, default or a number, and for `show` also local; `flush` keeps the
 * routes of proto kernel; and `add` with neither gateway nor device is wrong usage.
 */
import { ROUTES } from "../../../../core/limits";
import { Interface } from "../../../../net/iface/interface";
import {
  Route,
  RouteOrigin,
  RouteScope,
  TABLE_LOCAL,
  TABLE_MAIN,
} from "../../../../net/iface/ip/route";
import { RouteMode, RouteResult } from "../../../../net/iface/ip/routes";
import { NetworkAddress } from "../../../../net/service/settings";
import { SOCKET_ERROR_WORDS } from "../../../../net/socket/error";
import { ANY_DEVICE, Path } from "../../../../net/socket/path";
import {
  formatIpv4,
  Ipv4Address,
  isMulticast,
  maskOf,
  NOT_AN_ADDRESS,
  parseIpv4,
  UNSPECIFIED,
} from "../../../../net/wire/address";
import { parseMark } from "../../../config/mark";
import { parseScope, parseTable, parseType, TYPE_NAMES } from "../../../config/route-words";
import { EXIT_OK } from "../../command";
import { Context } from "./context";
import { RouteRequest } from "./route-request";
import { describeRoute, isProtocol, parseTos, protocolOf } from "./route-text";

/** In the order in which iproute2 matches abbreviations. */
const VERBS: StaticArray<string> = [
  "list",
  "show",
  "get",
  "add",
  "append",
  "change",
  "chg",
  "replace",
  "delete",
  "flush",
];
/** The words of `show` and `flush` that a value follows. */
const WORDS: StaticArray<string> = ["table", "via", "proto", "protocol", "scope", "type", "dev"];
/** Stands for all tables. */
const ALL_TABLES: u32 = 0;

export function routeCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return show(context);
  if (verb == "flush") return flush(context);
  if (verb == "get") return get(context);
  if (verb == "add") return add(context, RouteMode.Add);
  if (verb == "append") return add(context, RouteMode.Append);
  if (verb == "replace") return add(context, RouteMode.Replace);
  if (verb == "change" || verb == "chg") return add(context, RouteMode.Change);
  if (verb == "delete") return remove(context);
  return context.unknownVerb("show, get, add, append, replace, change, del or flush");
}

/** Which routes to show or to flush. */
class Selection {
  exact: NetworkAddress | null = null;
  /** Only routes within this network, and only those that contain this one. */
  root: NetworkAddress | null = null;
  match: NetworkAddress | null = null;
  table: u32 = TABLE_MAIN;
  iface: Interface | null = null;
  gateway: Ipv4Address = UNSPECIFIED;
  protocol: string = "";
  /** -1 if not given. */
  scope: i32 = -1;
  type: i32 = -1;
  /** Whether any word was given. */
  given: bool = false;

  /** Reads the words up to the end. Returns false after printing an error. */
  read(context: Context): bool {
    while (context.code == EXIT_OK && !context.ended()) {
      this.given = true;
      if (context.at("all") || context.at("any")) {
        context.take();
        continue;
      }
      const network = context.takeNetwork();
      if (network != null) this.exact = network;
      else this.readWord(context, context.take());
    }
    return context.code == EXIT_OK;
  }

  private readWord(context: Context, word: string): void {
    if (word == "to") {
      const named: bool = context.at("exact") || context.at("root") || context.at("match");
      if (named) word = context.take();
    }
    if (word == "to" || word == "exact" || word == "root" || word == "match") {
      const network = context.takeNetwork();
      if (word == "root") this.root = network;
      else if (word == "match") this.match = network;
      else this.exact = network;
      if (network != null) return;
      context.code = context.badPrefix(context.take(), "default or a network, like 10.1.0.0/16");
      return;
    }
    if (!WORDS.includes(word)) {
      this.iface = context.anyDevice(word);
      if (this.iface == null) context.code = context.noDevice(word);
      return;
    }
    const value = context.take();
    if (word == "table") {
      this.table = value == "all" ? ALL_TABLES : parseTable(value);
      if (value != "all" && this.table == 0) {
        context.code = context.unexpected(value, "a table: main, default, local, all or a number");
      }
    } else if (word == "via") {
      const gateway = parseIpv4(value);
      if (gateway == NOT_AN_ADDRESS) {
        context.code = context.unexpected(value, "a gateway's address");
      } else this.gateway = gateway as u32;
    } else if (word == "proto" || word == "protocol") {
      this.protocol = value;
      if (!isProtocol(value)) context.code = context.unexpected(value, "kernel, dhcp or static");
    } else if (word == "scope") {
      this.scope = parseScope(value);
      if (this.scope < 0) {
        context.code = context.unexpected(value, "a scope: global, link, host or a number");
      }
    } else if (word == "type") {
      this.type = parseType(value);
      if (this.type < 0) {
        context.code = context.unexpected(value, `a type: ${TYPE_NAMES.join(", ")}`);
      }
    } else {
      this.iface = context.anyDevice(value);
      if (this.iface == null) context.code = context.noDevice(value);
    }
  }

  /** Whether to show the table local, limited only by interface and scope. */
  hasLocal(): bool {
    const here: bool = this.table == ALL_TABLES || this.table == TABLE_LOCAL;
    const anyRoute: bool =
      this.exact == null && this.root == null && this.match == null && this.gateway == UNSPECIFIED;
    const anyProtocol: bool = this.protocol == "" || this.protocol == "kernel";
    return here && anyRoute && anyProtocol && this.type < 0;
  }

  hasScope(scope: RouteScope): bool {
    return this.scope < 0 || this.scope == (scope as i32);
  }

  has(route: Route): bool {
    const exact = this.exact;
    if (exact != null) {
      if (route.destination != exact.address || route.prefix != exact.prefix) return false;
    }
    const root = this.root;
    if (root != null && (route.prefix < root.prefix || !isIn(route.destination, root)))
      return false;
    const match = this.match;
    if (match != null && (route.prefix > match.prefix || !route.contains(match.address))) {
      return false;
    }
    const iface = this.iface;
    if (this.table != ALL_TABLES && route.table != this.table) return false;
    if (iface != null && !route.uses(iface)) return false;
    if (this.gateway != UNSPECIFIED && route.gateway != this.gateway) return false;
    if (this.protocol != "" && protocolOf(route) != this.protocol) return false;
    if (!this.hasScope(route.scope)) return false;
    return this.type < 0 || (route.type as i32) == this.type;
  }
}

function isIn(address: Ipv4Address, network: NetworkAddress): bool {
  return ((address ^ network.address) & maskOf(network.prefix)) == 0;
}

function show(context: Context): i32 {
  const wanted = new Selection();
  if (!wanted.read(context)) return context.code;
  const routes = context.stack.ip.routes;
  const shown: Array<Route> = [];
  for (let i: u32 = 0; i < routes.count; i++) {
    const route = routes.at(i);
    if (!wanted.has(route)) continue;
    let at = shown.length;
    shown.push(route);
    for (; at > 0 && isShownBefore(route, shown[at - 1]); at--) shown[at] = shown[at - 1];
    shown[at] = route;
  }
  for (let i = 0; i < shown.length; i++) {
    context.show(describeRoute(shown[i], wanted.table == ALL_TABLES));
  }
  if (wanted.hasLocal()) showLocal(context, wanted);
  return context.done();
}

/** Linux's order: by table and destination. The table already has longer prefixes first. */
function isShownBefore(a: Route, b: Route): bool {
  return a.table != b.table ? a.table < b.table : a.destination < b.destination;
}

/** Shows the routes to this host's own addresses and to the broadcast addresses of its networks. */
function showLocal(context: Context, wanted: Selection): void {
  const table = wanted.table == ALL_TABLES ? " table local" : "";
  const interfaces = context.stack.ip.interfaces;
  for (let i = 0; i < interfaces.length; i++) {
    const iface = interfaces[i];
    const only = wanted.iface;
    if (only != null && iface !== only) continue;
    for (let j: u32 = 0; j < iface.ipv4.count; j++) {
      const own = iface.ipv4.at(j);
      const address = formatIpv4(own.address);
      const rest = `dev ${iface.name}${table} proto kernel scope`;
      if (wanted.hasScope(RouteScope.Host)) {
        context.session.printLine(`local ${address} ${rest} host src ${address}`);
      }
      if (own.broadcast == UNSPECIFIED || !wanted.hasScope(RouteScope.Link)) continue;
      if (iface.ipv4.isSecondary(j)) continue;
      const broadcast = formatIpv4(own.broadcast);
      context.session.printLine(`broadcast ${broadcast} ${rest} link src ${address}`);
    }
  }
  const only = wanted.iface;
  if (only != null && only !== context.stack.ip.loopback) return;
  if (!wanted.hasScope(RouteScope.Host)) return;
  const loopback = `dev lo${table} proto kernel scope host src 127.0.0.1`;
  context.session.printLine(`local 127.0.0.0/8 ${loopback}`);
}

/** Reads the words of `get` after the address. Returns null after printing an error. */
function readPath(context: Context, to: Ipv4Address): Path | null {
  const path = new Path();
  let from = UNSPECIFIED;
  let device = ANY_DEVICE;
  while (!context.ended() && context.code == EXIT_OK) {
    const word = context.take();
    const value = context.take();
    if (word == "from") {
      const address = parseIpv4(value);
      if (address == NOT_AN_ADDRESS) context.code = context.unexpected(value, "an IPv4 address");
      else if (context.stack.ip.owns(address as u32)) from = address as u32;
      else context.code = context.refused("Network is unreachable");
    } else if (word == "mark") {
      const mark = parseMark(value);
      if (mark < 0) context.code = context.unexpected(value, "a mark, like 1 or 0x10");
      else path.setMark(mark as u32);
    } else if (word == "tos" || word == "dsfield") {
      const tos = parseTos(value);
      if (tos < 0) context.code = context.unexpected(value, "a TOS from 0 to 0xff, in hexadecimal");
      else path.trafficClass = tos as u32;
    } else if (word == "oif" || word == "dev") {
      const iface = context.device(value);
      if (iface == null) context.code = context.noDevice(value);
      else device = iface.index;
    } else context.code = context.unexpected(word, "from, mark, tos, oif or the end of the line");
  }
  if (from == UNSPECIFIED) path.towardIpv4(to, device);
  else path.betweenIpv4(from, to, device);
  return context.code == EXIT_OK ? path : null;
}

/** Prints the path that a packet to ADDRESS would take. */
function get(context: Context): i32 {
  if (context.at("to")) context.take();
  const text = context.take();
  const address = parseIpv4(text);
  if (text == "") return context.incomplete("need at least a destination address");
  if (address == NOT_AN_ADDRESS) return context.badPrefix(text, "");
  const to = address as u32;
  const path = readPath(context, to);
  if (path == null) return context.code;
  const ip = context.stack.ip;
  if (!ip.lookUp(path)) return context.refused(SOCKET_ERROR_WORDS[path.error]);
  const iface = ip.interfaceOf(path)!;
  let kind = "";
  if (iface === ip.loopback) kind = "local ";
  else if (isMulticast(to)) kind = "multicast ";
  else if (iface.ipv4.isBroadcast(to)) kind = "broadcast ";
  const hop = path.nextHop.ipv4;
  const via = hop != to ? ` via ${formatIpv4(hop)}` : "";
  const source = formatIpv4(path.source.ipv4);
  const from = path.sourceFixed ? ` from ${source}` : "";
  const src = path.sourceFixed ? "" : ` src ${source}`;
  // In iproute2's form. As in iproute2, the TOS is not shown.
  const number = path.mark < 16 ? path.mark.toString() : `0x${path.mark.toString(16)}`;
  const mark = path.mark != 0 ? ` mark ${number}` : "";
  const mtu = path.mtu < iface.mtu ? ` mtu ${path.mtu}` : "";
  context.session.printLine(`${kind}${text}${from}${via} dev ${iface.name}${src}${mark}${mtu}`);
  return context.done();
}

/** Deletes the selected routes except those of proto kernel, which belong to addresses. */
function flush(context: Context): i32 {
  // There is no cache, as in Linux.
  if (context.at("cache")) return context.done();
  const wanted = new Selection();
  if (!wanted.read(context)) return context.code;
  if (!wanted.given) return context.needsWords('"ip route flush"');
  const routes = context.stack.ip.routes;
  let i: u32 = 0;
  while (i < routes.count) {
    const route = routes.at(i);
    if (route.origin == RouteOrigin.Kernel || !wanted.has(route)) i++;
    else routes.removeAt(i);
  }
  return context.done();
}

function add(context: Context, mode: RouteMode): i32 {
  const request = new RouteRequest(context);
  if (!request.read()) return context.code;
  const route = request.build();
  if (route == null) return context.code;
  const result = context.stack.ip.routes.add(route, mode);
  if (result == RouteResult.Done) return context.done();
  if (result == RouteResult.Exists) return context.refused("File exists");
  if (result == RouteResult.Missing) return context.refused("No such file or directory");
  if (result == RouteResult.BadPrefix) {
    return context.invalid("Invalid prefix for given prefix length.");
  }
  if (result == RouteResult.GatewayUnreachable) {
    return context.invalid("Nexthop has invalid gateway.");
  }
  return context.refused(`No buffer space available (at most ${ROUTES} routes)`);
}

/** Deletes the first route that matches the words, as Linux does. */
function remove(context: Context): i32 {
  const request = new RouteRequest(context);
  if (!request.read()) return context.code;
  const routes = context.stack.ip.routes;
  for (let i: u32 = 0; i < routes.count; i++) {
    if (!request.matches(routes.at(i))) continue;
    routes.removeAt(i);
    return context.done();
  }
  return context.refused("No such process");
}
