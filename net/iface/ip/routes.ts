/**
 * The routing table (RFC 1122 section 3.3.1): longest prefix first, then the smaller metric
 * (RFC 1812 section 5.2.4.3, RFC 4632 section 5.1).
 */
import { ROUTES } from "../../../core/limits";
import { Ipv4Address, maskOf, UNSPECIFIED } from "../../wire/address";
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
  /** There are ROUTES routes already. */
  Full,
  /** The gateway cannot be another host on the interface's link. */
  GatewayUnreachable,
  /** The prefix length exceeds 32, or host bits are set. */
  BadPrefix,
}

export class Route {
  readonly mask: u32;
  /** The source address; UNSPECIFIED means an address of the interface. */
  source: Ipv4Address = UNSPECIFIED;
  /** Whether the gateway counts as on the link even if no network of the interface contains it. */
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
   * Returns the best route to an address over an interface that is up, or null. A route with a
   * gateway is skipped while its interface has no carrier, if another route leads there. It is not
   * skipped if `source` is an address of that interface: replies to it would not arrive over
   * another network.
   */
  lookup(address: Ipv4Address, source: Ipv4Address): Route | null {
    const count = this.count;
    let withoutCarrier: Route | null = null;
    for (let i: u32 = 0; i < count; i++) {
      const route = this.routes[i]!;
      if (((route.destination ^ address) & route.mask) != 0 || !route.iface.up) continue;
      if (route.iface.linkUp) return route;
      if (withoutCarrier == null) withoutCarrier = route;
      if (route.gateway == UNSPECIFIED || route.iface.ipv4.owns(source)) break;
    }
    return withoutCarrier;
  }

  /**
   * Adds a route. A gateway must be a host in a network of the interface or in the destination of a
   * direct route (one without a gateway); if the route is marked `onLink`, it may be any host.
   */
  add(route: Route): RouteResult {
    const destination = route.destination;
    const prefix = route.prefix;
    const gateway = route.gateway;
    if (prefix > 32 || (destination & ~maskOf(prefix)) != 0) return RouteResult.BadPrefix;
    if (gateway != UNSPECIFIED && !this.hasValidGateway(route)) {
      return RouteResult.GatewayUnreachable;
    }
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

  /** Deletes the routes that `origin` added for an interface. */
  flush(iface: Interface, origin: RouteOrigin): void {
    let i: u32 = 0;
    while (i < this.count) {
      const route = this.routes[i]!;
      if (route.iface === iface && route.origin == origin) this.removeAt(i);
      else i++;
    }
  }

  /**
   * Deletes the interface's routes whose source is the removed address, or whose gateway is no
   * longer valid; all of them if no address is left.
   */
  addressGone(iface: Interface, address: Ipv4Address): void {
    let i: u32 = 0;
    while (i < this.count) {
      const route = this.routes[i]!;
      const lost =
        iface.ipv4.count == 0 ||
        route.source == address ||
        (route.gateway != UNSPECIFIED && !this.hasValidGateway(route));
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

  private hasValidGateway(route: Route): bool {
    const gateway = route.gateway;
    const ipv4 = route.iface.ipv4;
    if (ipv4.owns(gateway) || !ipv4.isHost(gateway)) return false;
    return route.onLink || this.reaches(route.iface, gateway);
  }

  /** Reports whether a network of the interface, or a direct route, contains `gateway`. */
  private reaches(iface: Interface, gateway: Ipv4Address): bool {
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
