/** Settings of routes and routing rules, and how they are applied. */
import { ROUTES, RULES } from "../../core/limits";
import { log } from "../../core/log";
import { Interface } from "../iface/interface";
import { NextHop, Route, RouteOrigin, RouteScope, RouteType, TABLE_MAIN } from "../iface/ip/route";
import { RouteMode, RouteResult } from "../iface/ip/routes";
import { Rule } from "../iface/ip/rules";
import { IpLayer } from "../iface/layer";
import { formatIpv4, Ipv4Address, maskOf, UNSPECIFIED } from "../wire/address";

/** As a gateway, this stands for the router of the DHCP lease (`Gateway=_dhcp4`). */
export const DHCP_GATEWAY: Ipv4Address = 0xffff_ffff;
/** The metric of a route without one. */
export const NO_METRIC: i64 = -1;

/** One of several next hops (`MultiPathRoute=`). */
export class HopSetting {
  constructor(
    readonly gateway: Ipv4Address,
    /** "" for the interface that the route is configured for. */
    readonly device: string,
    /** From 1 to 256. */
    readonly weight: u32,
  ) {}
}

/** A static route; a default route if `prefix` is 0. */
export class RouteSetting {
  /** The gateway is on the link even if it is in no network there (`GatewayOnLink=yes`). */
  onLink: bool = false;
  type: RouteType = RouteType.Unicast;
  table: u32 = TABLE_MAIN;
  /** In bytes; 0 if not limited. */
  mtu: u32 = 0;
  /** UNSPECIFIED if not given. */
  source: Ipv4Address = UNSPECIFIED;
  /** From 0 to 255; -1 if not given. */
  scope: i32 = -1;
  /** If not empty, these replace `gateway`. */
  readonly hops: Array<HopSetting> = [];

  constructor(
    public destination: Ipv4Address,
    public prefix: u32,
    /** An address, DHCP_GATEWAY, or 0 if the destination is on the link. */
    public gateway: Ipv4Address,
    /** NO_METRIC means 0, or with DHCP_GATEWAY the metric of the lease's routes. */
    public metric: i64,
  ) {}

  /**
   * Returns the route for `iface`: via `gateway`, or via `hops` if there are any. If the route is
   * invalid, logs why and returns null. A gateway on another interface is assumed to be on the link
   * if it is in none of the networks that the interface has so far.
   */
  build(
    ip: IpLayer,
    iface: Interface,
    gateway: Ipv4Address,
    metric: u32,
    origin: RouteOrigin,
  ): Route | null {
    const alone: bool = this.type == RouteType.Unicast && this.hops.length == 0;
    const own = alone ? iface : null;
    const route = new Route(this.destination, this.prefix, gateway, own, metric, origin);
    if (alone) route.onLink = this.onLink;
    route.type = this.type;
    route.table = this.table;
    route.mtu = this.mtu;
    route.source = this.source;
    if (this.scope >= 0) route.scope = this.scope as RouteScope;
    let why = "";
    if (this.source != UNSPECIFIED && !ip.owns(this.source)) why = "Invalid prefsrc address";
    for (let i = 0; i < this.hops.length; i++) {
      const it = this.hops[i];
      const device = it.device == "" ? iface : deviceOf(ip, it.device);
      if (device == null) {
        why = `Cannot find device "${it.device}"`;
        continue;
      }
      const hop = new NextHop(it.gateway, device, it.weight);
      const early: bool = device !== iface && !ip.routes.reaches(device, it.gateway);
      hop.onLink = this.onLink || early;
      route.hops.push(hop);
    }
    if (why == "") return route;
    const target = `${formatIpv4(this.destination)}/${this.prefix}`;
    log(`${iface.name}: Could not set route ${target}: ${why}`);
    return null;
  }
}

function deviceOf(ip: IpLayer, name: string): Interface | null {
  for (let i = 0; i < ip.interfaces.length; i++) {
    if (ip.interfaces[i].name == name) return ip.interfaces[i];
  }
  return null;
}

/** A routing rule. */
export class RuleSetting {
  constructor(
    readonly rule: Rule,
    /** Whether the priority was given; otherwise the rule goes before those that exist. */
    readonly hasPriority: bool,
  ) {}
}

/** Adds the rules that do not exist yet; logs those that cannot be added. */
export function applyRules(ip: IpLayer, iface: Interface, settings: Array<RuleSetting>): void {
  for (let i = 0; i < settings.length; i++) {
    const rule = settings[i].rule;
    const given = settings[i].hasPriority;
    let known: bool = false;
    // A part of the file may apply to several interfaces.
    for (let j: u32 = 0; j < ip.rules.count && !known; j++) {
      const other = ip.rules.at(j);
      known = other === rule || (given && other.equals(rule));
    }
    if (known) continue;
    if (!given) rule.priority = ip.rules.freePriority();
    if (ip.rules.add(rule)) continue;
    log(`${iface.name}: Could not set routing rule: too many rules, expected at most ${RULES}`);
  }
}

/** Removes the rules that `applyRules` added. */
export function removeRules(ip: IpLayer, settings: Array<RuleSetting>): void {
  for (let i = 0; i < settings.length; i++) {
    for (let j: u32 = ip.rules.count; j > 0; j--) {
      if (ip.rules.at(j - 1) === settings[i].rule) ip.rules.removeAt(j - 1);
    }
  }
}

/**
 * Adds the routes without a next hop (such as `blackhole`), which depend on no interface. Returns
 * those that did not exist.
 */
export function applyErrorRoutes(
  ip: IpLayer,
  iface: Interface,
  settings: Array<RouteSetting>,
): Array<Route> {
  const added: Array<Route> = [];
  for (let i = 0; i < settings.length; i++) {
    const it = settings[i];
    if (it.type == RouteType.Unicast) continue;
    const metric = max<i64>(it.metric, 0) as u32;
    const route = it.build(ip, iface, UNSPECIFIED, metric, RouteOrigin.Static);
    if (route == null) continue;
    const result = ip.routes.add(route, RouteMode.Append);
    if (result == RouteResult.Done) added.push(route);
    reportRoute(iface, route, result);
  }
  return added;
}

/** Removes the routes that `applyErrorRoutes` added. */
export function removeErrorRoutes(ip: IpLayer, added: Array<Route>): void {
  for (let i = 0; i < added.length; i++) {
    for (let j: u32 = ip.routes.count; j > 0; j--) {
      if (ip.routes.at(j - 1) === added[i]) ip.routes.removeAt(j - 1);
    }
  }
}

/** Adds the route to the peer of an address (`Peer=`), as the kernel does in Linux. */
export function addPeerRoute(
  ip: IpLayer,
  iface: Interface,
  source: Ipv4Address,
  peer: Ipv4Address,
  prefix: u32,
): void {
  const route = new Route(peer & maskOf(prefix), prefix, 0, iface, 0, RouteOrigin.Kernel);
  route.source = source;
  addRoute(ip, iface, route, false);
}

/**
 * Adds a route, or logs why not; while the interface is off, does nothing. A gateway in no network
 * of the interface is assumed to be on its link, as some hosting providers require; that is logged
 * unless `quiet`.
 */
export function addRoute(ip: IpLayer, iface: Interface, route: Route, quiet: bool): void {
  if (!iface.up) return;
  let result = ip.routes.add(route, RouteMode.Append);
  if (result == RouteResult.GatewayUnreachable && iface.ipv4.count > 0) {
    for (let i = 0; i < route.hops.length; i++) {
      const hop = route.hops[i];
      if (!ip.routes.reaches(hop.iface, hop.gateway)) hop.onLink = true;
    }
    result = ip.routes.add(route, RouteMode.Append);
    if (result == RouteResult.Done && !quiet) {
      const what = `router ${formatIpv4(route.gateway)} is in no network of ${iface.name}`;
      log(`${iface.name}: ${what}: assuming that it is on the link`);
    }
  }
  reportRoute(iface, route, result);
}

/** Logs why a route was not added, unless it existed already. */
export function reportRoute(iface: Interface, route: Route, result: RouteResult): void {
  if (result == RouteResult.Done || result == RouteResult.Exists) return;
  const via = route.gateway == UNSPECIFIED ? "" : ` via ${formatIpv4(route.gateway)}`;
  const what = `${formatIpv4(route.destination)}/${route.prefix}${via}`;
  log(`${iface.name}: Could not set route ${what}: ${whyNotAdded(result)}`);
}

/** Returns why a route was not added, if possible in the words of the Linux kernel. */
function whyNotAdded(result: RouteResult): string {
  if (result == RouteResult.BadPrefix) {
    return "Invalid prefix for given prefix length";
  }
  if (result == RouteResult.GatewayUnreachable) {
    return "Nexthop has invalid gateway";
  }
  return `too many routes, expected at most ${ROUTES}`;
}
