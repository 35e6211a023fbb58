/**
 * The routing tables (RFC 1122 section 3.3.1): longest prefix first, then the smaller metric (RFC
 * 1812 section 5.2.4.3, RFC 4632 section 5.1), then the order in which routes were added.
 */
import { ROUTES } from "../../../core/limits";
import { Ipv4Address, maskOf, UNSPECIFIED } from "../../wire/address";
import { Interface } from "../interface";
import { NextHop, Route, RouteOrigin, RouteType } from "./route";

export const enum RouteResult {
  Done = 0,
  /** A route with the same destination, prefix, table and metric exists. */
  Exists,
  /** There are ROUTES routes already. */
  Full,
  /** The gateway cannot be another host on the interface's link. */
  GatewayUnreachable,
  /** The prefix length exceeds 32, or host bits are set. */
  BadPrefix,
  /** There is no route to change. */
  Missing,
}

/** What to do if there is a route with the same destination, table and metric. */
export const enum RouteMode {
  /** Add the route only if there is none. */
  Add,
  /** Add it after the others, unless an equal one exists. */
  Append,
  /** Replace the first one, or add it. */
  Replace,
  /** Replace the first one, which must exist. */
  Change,
}

export class RouteTable {
  count: u32 = 0;
  /** Counts changes, from 1; a path looked up in an earlier generation is out of date. */
  generation: u32 = 1;
  private readonly routes: StaticArray<Route | null> = new StaticArray<Route | null>(ROUTES);

  /** Returns a route by its index, from 0 to `count` - 1, in the order of lookup. */
  at(index: u32): Route {
    return this.routes[index]!;
  }

  /**
   * Returns the best route of a table to an address, or null. Among routes with the longest prefix,
   * one that suits `source` is preferred, so that replies leave by the interface of their address.
   *
   * A route whose interfaces have no carrier is skipped in favor of another one. (If the route is
   * direct, the other one must have the same prefix length.) It is not skipped if it suits
   * `source`, because replies would not arrive over another network. If `bound` is not null,
   * unicast routes that do not use this interface are skipped.
   */
  lookup(
    table: u32,
    address: Ipv4Address,
    source: Ipv4Address,
    bound: Interface | null = null,
  ): Route | null {
    const count = this.count;
    let dead: Route | null = null;
    let best: Route | null = null;
    for (let i: u32 = 0; i < count; i++) {
      const route = unchecked(this.routes[i])!;
      if (route.table != table || !route.contains(address)) continue;
      if (best != null && route.prefix != best.prefix) break;
      if (dead != null && dead.direct && route.prefix != dead.prefix) break;
      if (route.type == RouteType.Unicast && !route.up) continue;
      if (bound != null && route.hops.length > 0 && !route.uses(bound)) continue;
      const suits = source == UNSPECIFIED || route.hops.length == 0 || route.suits(source);
      if (route.type != RouteType.Unicast || route.alive) {
        if (suits) return route;
        if (best == null) best = route;
      } else if (suits && source != UNSPECIFIED) {
        return route;
      } else if (dead == null) dead = route;
    }
    return best != null ? best : dead;
  }

  /**
   * Adds a route. A gateway must be a host in a network of the interface or in the destination of a
   * direct route (one without a gateway); if it is marked `onLink`, it may be any host.
   */
  add(route: Route, mode: RouteMode = RouteMode.Add): RouteResult {
    const prefix = route.prefix;
    if (prefix > 32 || (route.destination & ~maskOf(prefix)) != 0) return RouteResult.BadPrefix;
    for (let i = 0; i < route.hops.length; i++) {
      if (!this.isValid(route.hops[i])) return RouteResult.GatewayUnreachable;
    }
    let at = this.count;
    for (let i = this.count; i > 0; i--) {
      const other = this.routes[i - 1]!;
      if (other.hasKeyOf(route)) {
        if (mode == RouteMode.Add || other.equals(route)) {
          if (mode < RouteMode.Replace) return RouteResult.Exists;
        }
        if (mode >= RouteMode.Replace) at = i - 1;
      } else if (isBefore(route, other)) at = i - 1;
    }
    const found = at < this.count && this.routes[at]!.hasKeyOf(route);
    if (mode == RouteMode.Change && !found) return RouteResult.Missing;
    if (mode < RouteMode.Replace || !found) {
      if (this.count == ROUTES) return RouteResult.Full;
      for (let i = this.count++; i > at; i--) this.routes[i] = this.routes[i - 1];
    }
    this.routes[at] = route;
    this.generation++;
    return RouteResult.Done;
  }

  /** Deletes a route by its index, from 0 to `count` - 1. */
  removeAt(index: u32): void {
    this.count--;
    for (let i = index; i < this.count; i++) this.routes[i] = this.routes[i + 1];
    this.routes[this.count] = null;
    this.generation++;
  }

  /** Deletes the routes that `origin` added for an interface, and that use no other interface. */
  flush(iface: Interface, origin: RouteOrigin): void {
    let i: u32 = 0;
    while (i < this.count) {
      const route = this.routes[i]!;
      if (route.usesOnly(iface) && route.origin == origin) this.removeAt(i);
      else i++;
    }
  }

  /** Deletes the routes that have next hops, all of them on interfaces that are switched off. */
  removeDown(): void {
    for (let i = this.count; i > 0; i--) {
      const route = this.routes[i - 1]!;
      if (route.hops.length > 0 && !route.up) this.removeAt(i - 1);
    }
  }

  /** Deletes the route to the network of one of the interface's addresses, if there is one. */
  removeNetwork(iface: Interface, source: Ipv4Address, prefix: u32): bool {
    for (let i: u32 = 0; i < this.count; i++) {
      const route = this.routes[i]!;
      if (route.origin != RouteOrigin.Kernel || !route.uses(iface)) continue;
      if (route.prefix != prefix || route.source != source || !route.contains(source)) continue;
      this.removeAt(i);
      return true;
    }
    return false;
  }

  /**
   * Deletes the interface's routes whose source is the removed address, and the next hops whose
   * gateway is no longer valid; all of its next hops if no address is left.
   */
  addressGone(iface: Interface, address: Ipv4Address): void {
    let i: u32 = 0;
    while (i < this.count) {
      const route = this.routes[i]!;
      const hops = route.hops;
      const before = hops.length;
      if (route.source == address && route.uses(iface)) hops.length = 0;
      for (let j = hops.length - 1; j >= 0; j--) {
        const hop = hops[j];
        if (hop.iface !== iface) continue;
        if (iface.ipv4.count == 0 || !this.isValid(hop)) hops.splice(j, 1);
      }
      // Start over: a deleted hop may have made another one's gateway reachable.
      if (hops.length == before) i++;
      else {
        if (hops.length == 0) this.removeAt(i);
        i = 0;
      }
    }
  }

  private isValid(hop: NextHop): bool {
    const gateway = hop.gateway;
    const ipv4 = hop.iface.ipv4;
    if (gateway == UNSPECIFIED) return true;
    if (ipv4.owns(gateway) || !ipv4.isHost(gateway)) return false;
    return hop.onLink || this.reaches(hop.iface, gateway);
  }

  /** Reports whether a network of the interface, or a direct route, contains `gateway`. */
  reaches(iface: Interface, gateway: Ipv4Address): bool {
    if (iface.ipv4.onLink(gateway) != null) return true;
    for (let i: u32 = 0; i < this.count; i++) {
      const route = this.routes[i]!;
      if (route.direct && route.uses(iface) && route.contains(gateway)) return true;
    }
    return false;
  }
}

function isBefore(a: Route, b: Route): bool {
  return a.prefix != b.prefix ? a.prefix > b.prefix : a.metric < b.metric;
}
