/**
 * ip route [show [PREFIX|default] [dev DEVICE] | get ADDRESS | flush [DEVICE] |
 *           add|replace|del PREFIX|default [via GATEWAY] [dev DEVICE] [src ADDRESS]
 *                           [scope SCOPE] [metric N] [onlink]]
 *
 * Shows and changes the routing table. The longest prefix wins, then the smallest metric. `proto`
 * is the origin of a route: kernel (added with an address), dhcp, or static (added by this command
 * or the configuration). The routes of DHCP have a metric of 1024 or more, as with
 * systemd-networkd, so that static ones win; `RouteMetric=` sets another one.
 *
 * `onlink` declares that the gateway is on the device's link although it is in none of the device's
 * networks. `linkdown` marks a route whose device has no carrier; if it has a gateway, the next
 * best route is preferred to it.
 *
 * Unlike iproute2, there is one table, routes are unicast, and a route has no MTU. The scope
 * follows from the gateway (`link` without one, otherwise `global`), so `add` rejects any other.
 * `flush` keeps the routes of proto kernel. `add` with neither gateway nor device is wrong usage.
 */
import { ROUTES } from "../../../../core/limits";
import { parseDecimalText } from "../../../../core/text";
import { Interface } from "../../../../net/iface/interface";
import { Route, RouteOrigin, RouteResult } from "../../../../net/iface/ip/routes";
import { NetworkAddress } from "../../../../net/service/settings";
import {
  formatIpv4,
  Ipv4Address,
  isMulticast,
  NOT_AN_ADDRESS,
  parseIpv4,
} from "../../../../net/wire/address";
import { EXIT_OK } from "../../command";
import { Context, parseNetwork } from "./context";

/** iproute2's names of the protocols, in the order of `RouteOrigin`. */
const ORIGIN_NAMES: StaticArray<string> = ["kernel", "dhcp", "static"];

/** In the order in which iproute2 matches abbreviations. */
const VERBS: StaticArray<string> = ["list", "show", "get", "add", "replace", "delete", "flush"];

export function routeCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return show(context);
  if (verb == "flush") return flush(context);
  if (verb == "get") return get(context);
  if (verb == "add" || verb == "replace") return add(context, verb == "replace");
  if (verb == "delete") return remove(context);
  return context.unknownVerb("show, get, add, replace, del or flush");
}

function show(context: Context): i32 {
  const exact = context.takeNetwork();
  if (!context.takeDevice()) return context.code;
  const only = context.chosen;
  const routes = context.stack.ip.routes;
  // Linux shows the default route first.
  for (let pass = 0; pass < 2; pass++) {
    for (let i: u32 = 0; i < routes.count; i++) {
      const route = routes.at(i);
      if (only != null && route.iface !== only) continue;
      if (exact != null && !isTo(route, exact)) continue;
      if ((route.prefix == 0) == (pass == 0)) context.session.printLine(describe(route));
    }
  }
  return context.done();
}

function describe(route: Route): string {
  let text = route.prefix == 0 ? "default" : `${formatIpv4(route.destination)}/${route.prefix}`;
  if (route.gateway != 0) text += ` via ${formatIpv4(route.gateway)}`;
  text += ` dev ${route.iface.name} proto ${ORIGIN_NAMES[route.origin]}`;
  if (route.gateway == 0) text += ` scope ${scopeOf(route.gateway)}`;
  if (route.source != 0) text += ` src ${formatIpv4(route.source)}`;
  if (route.metric != 0) text += ` metric ${route.metric}`;
  if (route.onLink) text += " onlink";
  if (!route.iface.linkUp) text += " linkdown";
  return text;
}

/** Prints the path that a packet to ADDRESS would take. */
function get(context: Context): i32 {
  const text = context.take();
  const address = parseIpv4(text);
  if (address == NOT_AN_ADDRESS) return context.unexpected(text, "an IPv4 address");
  if (!context.ended()) return context.unexpected(context.take(), "the end of the line");
  const ip = context.stack.ip;
  const to = address as u32;
  const path = ip.pathTo(to);
  const iface = ip.interfaceOf(path);
  if (iface == null) return context.refused("Network is unreachable");
  let kind = "";
  if (iface === ip.loopback) kind = "local ";
  else if (isMulticast(to)) kind = "multicast ";
  else if (iface.ipv4.isBroadcast(to)) kind = "broadcast ";
  const hop = path.nextHop.ipv4;
  const via = hop != to ? ` via ${formatIpv4(hop)}` : "";
  const source = formatIpv4(path.source.ipv4);
  context.session.printLine(`${kind}${text}${via} dev ${iface.name} src ${source}`);
  return context.done();
}

/** Deletes all routes except those of proto kernel, which belong to addresses. */
function flush(context: Context): i32 {
  if (!context.takeDevice()) return context.code;
  const only = context.chosen;
  const routes = context.stack.ip.routes;
  let i: u32 = 0;
  while (i < routes.count) {
    const route = routes.at(i);
    const kept = route.origin == RouteOrigin.Kernel || (only != null && route.iface !== only);
    if (kept) i++;
    else routes.removeAt(i);
  }
  return context.done();
}

/** A route as the words of `add`, `replace` or `del` describe it. */
class Request {
  destination: NetworkAddress = new NetworkAddress(0, 0);
  /** 0 if the destination is on the link. */
  gateway: Ipv4Address = 0;
  /** -1 if not given; `add` then uses 0, and `del` matches any. */
  metric: i64 = -1;
  /** 0 for the device's own address. */
  source: Ipv4Address = 0;
  onLink: bool = false;
  /** "" if not given. */
  scope: string = "";
  iface: Interface | null = null;

  /** Reads the words up to the end. Returns false after printing an error. */
  read(context: Context): bool {
    const text = context.take();
    const destination = parseNetwork(text);
    if (destination != null) this.destination = destination;
    else context.code = context.badPrefix(text, "default or a network, like 10.1.0.0/16");
    while (context.code == EXIT_OK && !context.ended()) this.pair(context);
    return context.code == EXIT_OK;
  }

  /** Reads a keyword and its value; `onlink` has none. */
  private pair(context: Context): void {
    const word = context.take();
    if (word == "onlink") {
      this.onLink = true;
      return;
    }
    const value = context.take();
    if (word == "via") {
      const gateway = parseIpv4(value);
      if (gateway == NOT_AN_ADDRESS)
        context.code = context.unexpected(value, "a gateway's address");
      else this.gateway = gateway as u32;
    } else if (word == "dev") {
      this.iface = context.device(value);
      if (this.iface == null) context.code = context.noDevice(value);
    } else if (word == "metric") {
      this.metric = parseDecimalText(value);
      if (this.metric < 0 || this.metric > 0xffffffff) {
        context.code = context.unexpected(value, "a metric from 0 to 4294967295");
      }
    } else if (word == "src") {
      const source = parseIpv4(value);
      if (source == NOT_AN_ADDRESS)
        context.code = context.unexpected(value, "an address of this host");
      else this.source = source as u32;
    } else if (word == "scope") {
      this.scope = value;
      const known: bool = value == "link" || value == "global";
      if (!known) context.code = context.unexpected(value, "link or global");
    } else context.code = context.unexpected(word, "via, dev, src, scope, metric or onlink");
  }
}

function isTo(route: Route, network: NetworkAddress): bool {
  return route.destination == network.address && route.prefix == network.prefix;
}

/** Returns the scope of a route as iproute2 names it. */
function scopeOf(gateway: Ipv4Address): string {
  return gateway == 0 ? "link" : "global";
}

/**
 * Adds a route. `replace` first removes the route with the same destination and metric, and puts it
 * back if the new one is refused.
 */
function add(context: Context, replace: bool): i32 {
  const request = new Request();
  if (!request.read(context)) return context.code;
  const to = request.destination;
  const gateway = request.gateway;
  let iface = request.iface;
  if (iface == null && gateway != 0) iface = context.deviceToward(gateway);
  // The gateway is in no network: the table reports it as unreachable, unless `onlink` is given.
  if (iface == null && gateway != 0) iface = context.onlyDevice();
  // Without a gateway the device must be named: a guess would put the destination on its link.
  if (iface == null) return context.unexpected("", "via GATEWAY or dev DEVICE");
  // The messages of Linux's fib_check_nh and fib_valid_prefsrc.
  if (request.source != 0 && !context.stack.ip.owns(request.source)) {
    return context.invalid("Invalid prefsrc address.");
  }
  if (request.onLink && gateway == 0) {
    return context.invalid("Invalid flags for nexthop - PERVASIVE and ONLINK can not be set.");
  }
  if (request.scope == "link" && gateway != 0) return context.invalid("Nexthop has invalid scope.");
  // Linux accepts this; here a route without a gateway always has scope link.
  if (request.scope == "global" && gateway == 0) {
    return context.unexpected(request.scope, "link without a gateway");
  }
  const metric = max<i64>(request.metric, 0) as u32;
  const origin = RouteOrigin.Static;
  const route = new Route(to.address, to.prefix, gateway, iface, metric, origin);
  route.source = request.source;
  route.onLink = request.onLink;
  const routes = context.stack.ip.routes;
  const index = replace ? routes.find(to.address, to.prefix, metric) : -1;
  if (index < 0) return outcome(context, routes.add(route));
  const old = routes.at(index);
  routes.removeAt(index);
  const result = routes.add(route);
  if (result != RouteResult.Done) routes.add(old);
  return outcome(context, result);
}

/** Prints why a route was not added, in the words of Linux's kernel. */
function outcome(context: Context, result: RouteResult): i32 {
  if (result == RouteResult.Done) return context.done();
  if (result == RouteResult.Exists) return context.refused("File exists");
  if (result == RouteResult.BadPrefix) {
    return context.invalid("Invalid prefix for given prefix length.");
  }
  if (result == RouteResult.GatewayUnreachable) {
    return context.invalid("Nexthop has invalid gateway.");
  }
  return context.refused(`No buffer space available (at most ${ROUTES} routes)`);
}

/** Deletes the first route that matches every given word but `onlink`, as Linux does. */
function remove(context: Context): i32 {
  const request = new Request();
  if (!request.read(context)) return context.code;
  const routes = context.stack.ip.routes;
  for (let i: u32 = 0; i < routes.count; i++) {
    const route = routes.at(i);
    if (!isTo(route, request.destination)) continue;
    if (request.gateway != 0 && route.gateway != request.gateway) continue;
    if (request.iface != null && route.iface !== request.iface) continue;
    if (request.metric >= 0 && route.metric != request.metric) continue;
    if (request.source != 0 && route.source != request.source) continue;
    if (request.scope != "" && scopeOf(route.gateway) != request.scope) continue;
    routes.removeAt(i);
    return context.done();
  }
  return context.refused("No such process");
}
