/**
 * The routing table (RFC 1122 section 3.3.1): longest prefix first, then the smaller metric
 * (RFC 1812 section 5.2.4.3, RFC 4632 section 5.1).
 */
import { ROUTES } from "../../../core/limits";
import { Ipv4Address, isUnicast, maskOf, UNSPECIFIED } from "../../wire/address";
import { Interface } from "../interface";

/** Who added a route, as `ip route` names them. */
export const enum RouteOrigin {
  /** The network of one of this host's addresses. */
  Kernel,
  Dhcp,
  Static,
}

export const enum RouteResult {
  Done = 0,
  /** A route with the same destination, prefix and metric exists. */
  Exists,
  /** ROUTES exist. */
  Full,
  /** The gateway is not a host on a network of the interface. */
  GatewayUnreachable,
  /** The prefix length exceeds 32, or host bits are set. */
  BadPrefix,
}

export class Route {
  readonly mask: u32;
  /** The source address; UNSPECIFIED for the interface's. */
  source: Ipv4Address = UNSPECIFIED;
  /** The gateway is on the link, although no network of the interface has it. */
  onLink: bool = false;

  constructor(
    readonly destination: Ipv4Address,
    readonly prefix: u32,
    /** The next hop; UNSPECIFIED if the destination is on the link. */
    readonly gateway: Ipv4Address,
    readonly iface: Interface,
    readonly metric: u32,
    readonly origin: RouteOrigin,
  ) {
    this.mask = maskOf(prefix);
  }
}

export class RouteTable {
  count: u32 = 0;
  /** Counts changes, from 1; a path looked up in an earlier generation is out of date. */
  generation: u32 = 1;
  private readonly routes: StaticArray<Route | null> = new StaticArray<Route | null>(ROUTES);

  /** Returns a route by its index, from 0 to `count` - 1, in the order of look-up. */
  at(index: u32): Route {
    return this.routes[index]!;
  }

  /**
   * The route to an address over an interface that is up and has a carrier, or null. If only
   * interfaces without a carrier lead there, the route over the first of them: its cable may be
   * back before the connection is given up.
   */
  lookup(address: Ipv4Address): Route | null {
    const count = this.count;
    let dead: Route | null = null;
    for (let i: u32 = 0; i < count; i++) {
      const route = this.routes[i]!;
      if (((route.destination ^ address) & route.mask) != 0 || !route.iface.up) continue;
      if (route.iface.linkUp) return route;
      if (dead == null) dead = route;
    }
    return dead;
  }

  /**
   * Adds a route. A gateway must be in a network of the interface or have an on-link route, unless
   * the route is marked `onLink`.
   */
  add(route: Route): RouteResult {
    const destination = route.destination;
    const prefix = route.prefix;
    const gateway = route.gateway;
    if (prefix > 32 || (destination & ~maskOf(prefix)) != 0) return RouteResult.BadPrefix;
    if (gateway != UNSPECIFIED && !this.takesGateway(route)) return RouteResult.GatewayUnreachable;
    if (this.find(destination, prefix, route.metric) >= 0) return RouteResult.Exists;
    if (this.count == ROUTES) return RouteResult.Full;
    let at = this.count++;
    while (at > 0 && isBefore(route, this.routes[at - 1]!)) {
      this.routes[at] = this.routes[at - 1];
      at--;
    }
    this.routes[at] = route;
    this.generation++;
    return RouteResult.Done;
  }

  removeAt(index: u32): void {
    this.count--;
    for (let i = index; i < this.count; i++) this.routes[i] = this.routes[i + 1];
    this.routes[this.count] = null;
    this.generation++;
  }

  /** Deletes the routes of an interface that `origin` added. */
  flush(iface: Interface, origin: RouteOrigin): void {
    let i: u32 = 0;
    while (i < this.count) {
      const route = this.routes[i]!;
      if (route.iface === iface && route.origin == origin) this.removeAt(i);
      else i++;
    }
  }

  /** Deletes the routes from a removed address and those by gateways on its network. */
  addressGone(iface: Interface, address: Ipv4Address): void {
    let i: u32 = 0;
    while (i < this.count) {
      const route = this.routes[i]!;
      const lost =
        iface.ipv4.count == 0 ||
        route.source == address ||
        (route.gateway != UNSPECIFIED && !this.takesGateway(route));
      // Start over: the deleted route may have led to another route's gateway.
      if (route.iface === iface && lost) {
        this.removeAt(i);
        i = 0;
      } else i++;
    }
  }

  /** Returns the index of a route, or -1. */
  find(destination: Ipv4Address, prefix: u32, metric: u32): i32 {
    for (let i: u32 = 0; i < this.count; i++) {
      const route = this.routes[i]!;
      if (route.destination != destination || route.prefix != prefix) continue;
      if (route.metric == metric) return i as i32;
    }
    return -1;
  }

  private takesGateway(route: Route): bool {
    if (!route.onLink) return this.reaches(route.iface, route.gateway);
    return isUnicast(route.gateway) && !route.iface.ipv4.owns(route.gateway);
  }

  /** Reports whether `gateway` is a neighbor on that interface. */
  private reaches(iface: Interface, gateway: Ipv4Address): bool {
    if (iface.ipv4.owns(gateway) || !iface.ipv4.isHost(gateway)) return false;
    if (iface.ipv4.onLink(gateway) != null) return true;
    for (let i: u32 = 0; i < this.count; i++) {
      const route = this.routes[i]!;
      if (route.iface !== iface || route.gateway != UNSPECIFIED) continue;
      if (((route.destination ^ gateway) & route.mask) == 0) return true;
    }
    return false;
  }
}

function isBefore(a: Route, b: Route): bool {
  return a.prefix != b.prefix ? a.prefix > b.prefix : a.metric < b.metric;
}
