/**
 * Looks up paths to IPv4 destinations (RFC 1122 section 3.3.1): interface, next hop, source
 * address, and the hardware address if it needs no ARP. Also knows the addresses of this host.
 */
import { SocketError } from "../../socket/error";
import { ANY_DEVICE, Path } from "../../socket/path";
import {
  BROADCAST_ADDRESS,
  BROADCAST_HARDWARE,
  Ipv4Address,
  isLoopback,
  isMulticast,
  isUnicast,
  UNSPECIFIED,
} from "../../wire/address";
import { Interface } from "../interface";
import { Route, RouteType } from "./route";
import { RouteTable } from "./routes";
import { RuleTable } from "./rules";

/** Values of `Path.neighbor` other than an index: not known yet, and fixed without ARP. */
export const NEIGHBOR_UNKNOWN: u32 = 0xffff_ffff;
export const NEIGHBOR_FIXED: u32 = 0xffff_fffe;
/** The `Path.link` of the loopback; others are indices of `interfaces`. */
export const LOOPBACK_LINK: u32 = ANY_DEVICE;
const LOCALHOST: Ipv4Address = 0x7f000001;
/** 01:00:5e and the low 23 bits of the group (RFC 1112 section 6.4). */
const MULTICAST_HARDWARE: u64 = 0x0100_5e00_0000;

export class Ipv4Paths {
  /** The generation of the routes for which neighbors are marked as gateways. */
  private marked: u32 = 0;
  /** Whether this host has several addresses; if not, `only` is its address or UNSPECIFIED. */
  private several: bool = false;
  private only: Ipv4Address = UNSPECIFIED;

  constructor(
    private readonly routes: RouteTable,
    private readonly rules: RuleTable,
    private readonly loopback: Interface,
    private readonly interfaces: Array<Interface>,
  ) {}

  /** Reports whether an interface other than the loopback has this address. */
  owns(address: Ipv4Address): bool {
    if (!this.several) return address == this.only && address != UNSPECIFIED;
    const interfaces = this.interfaces;
    for (let i = 0; i < interfaces.length; i++) {
      if (interfaces[i].ipv4.owns(address)) return true;
    }
    return false;
  }

  /** Invalidates all paths, after addresses or interfaces have changed. */
  invalidate(): void {
    this.routes.generation++;
    this.only = UNSPECIFIED;
    let count: u32 = 0;
    for (let i = 0; i < this.interfaces.length; i++) {
      const iface = this.interfaces[i];
      count += iface.ipv4.count;
      if (iface.ipv4.count > 0) this.only = iface.ipv4.address;
    }
    this.several = count > 1;
    this.forgetGateways(this.routes.generation);
  }

  /** Looks up a path in the current tables. */
  lookUp(path: Path): void {
    const generation = this.routes.generation;
    if (this.marked != generation) this.forgetGateways(generation);
    path.neighbor = NEIGHBOR_UNKNOWN;
    path.spread = false;
    const destination = path.destination.ipv4;
    const source = path.sourceFixed ? path.source.ipv4 : UNSPECIFIED;
    if (!path.destination.isIpv4) path.settleNone(generation, SocketError.NetworkUnreachable);
    else if (path.device != ANY_DEVICE) this.lookUpBound(path, this.interfaceAt(path.device));
    else if (isLoopback(destination) || this.owns(destination)) {
      const own = isLoopback(destination) ? LOCALHOST : destination;
      path.link = LOOPBACK_LINK;
      path.neighbor = NEIGHBOR_FIXED;
      path.hardware = this.loopback.hardware;
      path.toHost = true;
      path.settleIpv4(generation, own, destination, this.loopback.mtu);
    } else if (isUnicast(destination)) {
      this.lookUpRoute(path, this.select(path, source, null), null);
    } else if (isMulticast(destination)) {
      const route = this.select(path, source, null);
      if (route == null) this.lookUpOn(path, this.firstUp());
      else this.lookUpRoute(path, route, null);
    } else if (destination == BROADCAST_ADDRESS) {
      this.lookUpOn(path, this.firstUp());
    } else {
      // No host is in 0/8 or 240/4.
      path.settleNone(generation, SocketError.NetworkUnreachable);
    }
  }

  /** Returns the route that the rules select for a path from `source`, maybe an error route. */
  private select(path: Path, source: Ipv4Address, bound: Interface | null): Route | null {
    const tos = path.trafficClass;
    return this.rules.lookup(path.destination.ipv4, source, path.mark, tos, bound);
  }

  /**
   * Looks up a path that leaves by one interface, which may be missing. As in Linux, a destination
   * to which it has no route is taken to be on its link.
   */
  private lookUpBound(path: Path, bound: Interface | null): void {
    const destination = path.destination.ipv4;
    const source = path.sourceFixed ? path.source.ipv4 : UNSPECIFIED;
    const routed = bound != null && isUnicast(destination) && bound.ipv4.isHost(destination);
    const route = routed ? this.select(path, source, bound) : null;
    if (route == null) this.lookUpOn(path, bound);
    else this.lookUpRoute(path, route, bound);
  }

  private lookUpRoute(path: Path, route: Route | null, bound: Interface | null): void {
    if (route == null || route.type != RouteType.Unicast) {
      path.settleNone(this.routes.generation, errorOf(route));
      return;
    }
    const open = !path.sourceFixed;
    const source = open ? this.follow(path, route, UNSPECIFIED, bound) : path.source.ipv4;
    let final: Route | null = route;
    // The source may select another table, but is not chosen again for the route of that table.
    if (open && this.rules.bySource && source != UNSPECIFIED) {
      final = this.select(path, source, bound);
    }
    if (final == null || final.type != RouteType.Unicast) {
      path.settleNone(this.routes.generation, errorOf(final));
    } else if (!open || final !== route) this.follow(path, final, source, bound);
  }

  /**
   * Settles a path on a next hop of the route. Packets leave from `source` or, if that is
   * UNSPECIFIED, from an address chosen for the hop. Returns the source.
   */
  private follow(
    path: Path,
    route: Route,
    source: Ipv4Address,
    bound: Interface | null,
  ): Ipv4Address {
    const destination = path.destination.ipv4;
    path.spread = route.hops.length > 1 && bound == null;
    const hash = path.spread ? hashOf(destination, source, path.flow) : 0;
    const hop = route.choose(source, hash, bound);
    if (hop == null) {
      path.settleNone(this.routes.generation, SocketError.NetworkUnreachable);
      return UNSPECIFIED;
    }
    const direct = hop.gateway == UNSPECIFIED || isMulticast(destination);
    const nextHop = direct ? destination : hop.gateway;
    let from = source != UNSPECIFIED ? source : route.source;
    if (from == UNSPECIFIED) from = this.sourceOn(hop.iface, nextHop, destination);
    this.settle(path, hop.iface, from, nextHop);
    if (route.mtu > 0 && route.mtu < path.mtu) path.limit(route.mtu);
    return from;
  }

  /** Returns an address of `iface`, or of another interface if it has none (unnumbered links). */
  private sourceOn(iface: Interface, nextHop: Ipv4Address, destination: Ipv4Address): Ipv4Address {
    const interfaces = this.interfaces;
    let source = iface.ipv4.sourceFor(nextHop, destination);
    for (let i = 0; i < interfaces.length && source == UNSPECIFIED; i++) {
      source = interfaces[i].ipv4.sourceFor(nextHop, destination);
    }
    return source;
  }

  /** Looks up a destination on the link of `iface`, which may be down or missing. */
  private lookUpOn(path: Path, iface: Interface | null): void {
    if (iface == null || !iface.up) {
      path.settleNone(this.routes.generation, SocketError.NetworkUnreachable);
    } else this.settle(path, iface, iface.ipv4.address, path.destination.ipv4);
  }

  private settle(path: Path, iface: Interface, source: Ipv4Address, nextHop: Ipv4Address): void {
    path.link = iface.index;
    path.toHost = iface.ipv4.isHost(path.destination.ipv4);
    if (isMulticast(nextHop)) {
      path.neighbor = NEIGHBOR_FIXED;
      path.hardware = MULTICAST_HARDWARE | ((nextHop & 0x7fffff) as u64);
    } else if (iface.ipv4.isBroadcast(nextHop)) {
      path.neighbor = NEIGHBOR_FIXED;
      path.hardware = BROADCAST_HARDWARE;
    }
    path.settleIpv4(this.routes.generation, source, nextHop, iface.mtu);
  }

  private interfaceAt(index: u32): Interface | null {
    const interfaces = this.interfaces;
    return index < (interfaces.length as u32) ? interfaces[index] : null;
  }

  /** Returns the first interface that is up, preferably one with a carrier; null if none is up. */
  private firstUp(): Interface | null {
    const interfaces = this.interfaces;
    let withoutCarrier: Interface | null = null;
    for (let i = 0; i < interfaces.length; i++) {
      const iface = interfaces[i];
      if (iface.up && iface.linkUp) return iface;
      if (iface.up && withoutCarrier == null) withoutCarrier = iface;
    }
    return withoutCarrier;
  }

  /** Unmarks gateways, after routes have changed; sending to them marks them again. */
  private forgetGateways(generation: u32): void {
    this.marked = generation;
    for (let i = 0; i < this.interfaces.length; i++) {
      this.interfaces[i].neighbors.forgetGateways();
    }
  }
}

/** Returns the error of sending to a destination without a unicast route, as in Linux. */
function errorOf(route: Route | null): SocketError {
  if (route == null) return SocketError.NetworkUnreachable;
  switch (route.type) {
    case RouteType.Blackhole:
      return SocketError.InvalidArgument;
    case RouteType.Unreachable:
      return SocketError.Unreachable;
    case RouteType.Prohibit:
      return SocketError.Denied;
    default:
      return SocketError.NetworkUnreachable;
  }
}

/** Hashes a conversation, so that all of its packets take the same next hop. */
function hashOf(destination: Ipv4Address, source: Ipv4Address, flow: u32): u32 {
  let hash = (destination ^ rotl<u32>(source, 16)) * 0x9e37_79b1;
  hash = (hash ^ (hash >>> 15) ^ flow) * 0x85eb_ca6b;
  hash = (hash ^ (hash >>> 13)) * 0xc2b2_ae35;
  return hash ^ (hash >>> 16);
}
