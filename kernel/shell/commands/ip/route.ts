/**
 * ip route [show [PREFIX|default] [dev DEVICE] | get ADDRESS | flush [DEVICE] |
 *           add|replace|del PREFIX|default [via GATEWAY] [dev DEVICE] [src ADDRESS]
 *                           [scope SCOPE] [metric N] [onlink]]
 *
 * The routing table: the longest prefix wins, then the smallest metric. `proto` says who made a
 * route: kernel (with an address), dhcp, or static (this command and the configuration). The
 * default route of DHCP has metric 1024, as under systemd-networkd, so that a static one wins.
 *
 * `onlink`: the gateway is on the device's link although no network of the device has it.
 * `linkdown`: the device has no carrier; a route by another gateway is used if there is one.
 *
 * Unlike iproute2, there is one table, only unicast routes, and no MTU to give; `scope` must be
 * what the route has anyhow (`link` without a gateway, otherwise `global`); `flush` keeps the
 * routes of proto kernel; a missing gateway and device are wrong usage.
 */
import { ROUTES } from "../../../../core/limits";
import { parseDecimalText } from "../../../../core/text";
import { Interface } from "../../../../net/iface/interface";
import { Route, RouteOrigin, RouteResult } from "../../../../net/iface/ip/routes";
import {
  formatIpv4,
  Ipv4Address,
  isMulticast,
  NOT_AN_ADDRESS,
  parseIpv4,
} from "../../../../net/wire/address";
import { EXIT_OK } from "../../command";
import { Context, Prefix, parsePrefix } from "./context";

/** In the order of `RouteOrigin`, as iproute2 names protocols. */
const ORIGIN_NAMES: StaticArray<string> = ["kernel", "dhcp", "static"];

export function routeCommand(context: Context): i32 {
  const verb = context.take();
  if (verb == "" || verb == "show" || verb == "list") return show(context);
  if (verb == "flush") return flush(context);
  if (verb == "get") return get(context);
  if (verb == "add" || verb == "replace") return add(context, verb == "replace");
  if (verb == "del" || verb == "delete") return remove(context);
  return context.unknownVerb("show, get, add, replace, del or flush");
}

function show(context: Context): i32 {
  const exact = context.takePrefix();
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
  if (route.gateway == 0) text += " scope link";
  if (route.source != 0) text += ` src ${formatIpv4(route.source)}`;
  if (route.metric != 0) text += ` metric ${route.metric}`;
  if (route.onLink) text += " onlink";
  if (!route.iface.linkUp) text += " linkdown";
  return text;
}

/** The path that a packet to ADDRESS would take, as the stack itself looks it up. */
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

/** Deletes all but the routes of proto kernel, which belong to addresses. */
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

/** What the words of `add`, `replace` and `del` say of a route. */
class Request {
  prefix: Prefix = new Prefix();
  /** 0: none, the destination is on the link. */
  gateway: Ipv4Address = 0;
  /** -1 if not given: 0 for a new route, any for `del`. */
  metric: i64 = -1;
  /** 0: the device's own. */
  source: Ipv4Address = 0;
  onLink: bool = false;
  /** "" if not given. */
  scope: string = "";
  iface: Interface | null = null;

  /** Reads the words up to the end. Returns false after printing an error. */
  read(context: Context): bool {
    const text = context.take();
    this.prefix = parsePrefix(text);
    if (!this.prefix.valid) {
      context.code = context.badPrefix(text, "default or a network, like 10.1.0.0/16");
    }
    while (context.code == EXIT_OK && !context.ended()) this.pair(context);
    return context.code == EXIT_OK;
  }

  /** Reads a keyword and its value. */
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

function isTo(route: Route, prefix: Prefix): bool {
  return route.destination == prefix.address && route.prefix == prefix.length;
}

/**
 * `replace` takes the place of a route with the same destination and metric, if there is one. It
 * stays if the new one is refused.
 */
function add(context: Context, replace: bool): i32 {
  const request = new Request();
  if (!request.read(context)) return context.code;
  const prefix = request.prefix;
  const gateway = request.gateway;
  let iface = request.iface;
  if (iface == null && gateway != 0) iface = context.deviceToward(gateway);
  // A gateway that no network has: the table says so, whichever device it is.
  if (iface == null && gateway != 0) iface = context.onlyDevice();
  // Without a gateway the device is not guessed, as all of the Internet would be on its link.
  if (iface == null) return context.unexpected("", "via GATEWAY or dev DEVICE");
  // In the words of Linux's fib_check_nh and fib_valid_prefsrc.
  if (request.source != 0 && !context.stack.ip.owns(request.source)) {
    return context.invalid("Invalid prefsrc address.");
  }
  if (request.onLink && gateway == 0) return context.refused("Invalid argument");
  if (request.scope == "link" && gateway != 0) return context.invalid("Nexthop has invalid scope.");
  const metric = max<i64>(request.metric, 0) as u32;
  const origin = RouteOrigin.Static;
  const route = new Route(prefix.address, prefix.length, gateway, iface, metric, origin);
  route.source = request.source;
  route.onLink = request.onLink;
  const routes = context.stack.ip.routes;
  const index = replace ? routes.find(prefix.address, prefix.length, metric) : -1;
  if (index < 0) return outcome(context, routes.add(route));
  const old = routes.at(index);
  routes.removeAt(index);
  const result = routes.add(route);
  if (result != RouteResult.Done) routes.add(old);
  return outcome(context, result);
}

/** Says why a route was not added, in the words of Linux's kernel. */
function outcome(context: Context, result: RouteResult): i32 {
  if (result == RouteResult.Done) return context.done();
  if (result == RouteResult.Exists) return context.refused("File exists");
  if (result == RouteResult.BadPrefix) return context.refused("Invalid argument");
  if (result == RouteResult.GatewayUnreachable) {
    return context.invalid("Nexthop has invalid gateway.");
  }
  return context.refused(`No buffer space available (at most ${ROUTES} routes)`);
}

/** Deletes the first route that has all that was given, as in Linux. */
function remove(context: Context): i32 {
  const request = new Request();
  if (!request.read(context)) return context.code;
  const routes = context.stack.ip.routes;
  for (let i: u32 = 0; i < routes.count; i++) {
    const route = routes.at(i);
    if (!isTo(route, request.prefix)) continue;
    if (request.gateway != 0 && route.gateway != request.gateway) continue;
    if (request.iface != null && route.iface !== request.iface) continue;
    if (request.metric >= 0 && route.metric != request.metric) continue;
    if (request.source != 0 && route.source != request.source) continue;
    routes.removeAt(i);
    return context.done();
  }
  return context.refused("No such process");
}
