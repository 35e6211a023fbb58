/**
 * ip route [show [DEVICE] | get ADDRESS | add|del PREFIX|default [via GATEWAY] [dev DEVICE]
 *           [metric N] | flush [DEVICE]]
 *
 * The routing table. There is one table, and no types but unicast.
 */
import { ROUTES } from "../../../../core/limits";
import { parseDecimalText } from "../../../../core/text";
import { Interface } from "../../../../net/iface/interface";
import { Route, RouteOrigin, RouteResult } from "../../../../net/iface/ip/routes";
import { formatIpv4, isMulticast, NOT_AN_ADDRESS, parseIpv4 } from "../../../../net/wire/address";
import { Context, Prefix, parsePrefix } from "./context";

/** In the order of `RouteOrigin`, as iproute2 names protocols. */
const ORIGIN_NAMES: StaticArray<string> = ["kernel", "dhcp", "static"];

export function routeCommand(context: Context): i32 {
  const verb = context.take();
  if (verb == "" || verb == "show" || verb == "list") return show(context);
  if (verb == "flush") return flush(context);
  if (verb == "get") return get(context);
  if (verb == "add" || verb == "del" || verb == "delete") return change(context, verb == "add");
  return context.unknownVerb(verb, "show, get, add, del or flush");
}

function show(context: Context): i32 {
  if (!context.takeDevice()) return context.code;
  const only = context.chosen;
  const routes = context.stack.ip.routes;
  // Linux shows the default route first.
  for (let pass = 0; pass < 2; pass++) {
    for (let i: u32 = 0; i < routes.count; i++) {
      const route = routes.at(i);
      if (only != null && route.iface !== only) continue;
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
  return text;
}

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

function change(context: Context, add: bool): i32 {
  const text = context.take();
  const prefix = parsePrefix(text);
  if (!prefix.valid) return context.unexpected(text, "default or a network, like 10.1.0.0/16");
  let gateway: i64 = 0;
  let metric: i64 = -1;
  let iface: Interface | null = null;
  let word = context.take();
  while (word != "") {
    const value = context.take();
    if (word == "via") {
      gateway = parseIpv4(value);
      if (gateway == NOT_AN_ADDRESS) return context.unexpected(value, "the gateway's address");
    } else if (word == "dev") {
      iface = context.device(value);
      if (iface == null) return context.noDevice(value);
    } else if (word == "metric") {
      metric = parseDecimalText(value);
      if (metric < 0 || metric > 0xffffffff) return context.unexpected(value, "a metric");
    } else return context.unexpected(word, "via, dev or metric");
    word = context.take();
  }
  if (!add) return remove(context, prefix, gateway as u32, iface, metric);
  if (iface == null && gateway != 0) iface = context.deviceToward(gateway as u32);
  if (iface == null) iface = context.onlyDevice();
  if (iface == null) return context.unexpected("", "via GATEWAY or dev DEVICE");
  const route = new Route(
    prefix.address,
    prefix.length,
    gateway as u32,
    iface,
    max<i64>(metric, 0) as u32,
    RouteOrigin.Static,
  );
  const result = context.stack.ip.routes.add(route);
  return result == RouteResult.Done ? context.done() : notAdded(context, result);
}

/** Says why a route was not added, in the words of Linux's kernel. */
function notAdded(context: Context, result: RouteResult): i32 {
  if (result == RouteResult.Exists) return context.refused("File exists");
  if (result == RouteResult.BadPrefix) return context.refused("Invalid argument");
  if (result == RouteResult.GatewayUnreachable) {
    return context.invalid("Nexthop has invalid gateway.");
  }
  return context.refused(`No buffer space available (at most ${ROUTES} routes)`);
}

/** Deletes the first route that matches; a `metric` of -1 matches any, as in iproute2. */
function remove(
  context: Context,
  prefix: Prefix,
  gateway: u32,
  iface: Interface | null,
  metric: i64,
): i32 {
  const routes = context.stack.ip.routes;
  for (let i: u32 = 0; i < routes.count; i++) {
    const route = routes.at(i);
    if (route.destination != prefix.address || route.prefix != prefix.length) continue;
    if (gateway != 0 && route.gateway != gateway) continue;
    if (iface != null && route.iface !== iface) continue;
    if (metric >= 0 && route.metric != metric) continue;
    routes.removeAt(i);
    return context.done();
  }
  return context.refused("No such process");
}
