/** A route: a destination, and its next hops or the error for packets to it. */
import { Ipv4Address, maskOf, UNSPECIFIED } from "../../wire/address";
import { Interface } from "../interface";

/** Tables, with their numbers in Linux (/etc/iproute2/rt_tables). */
export const TABLE_DEFAULT: u32 = 253;
export const TABLE_MAIN: u32 = 254;
/** In Linux, routes to this host's own addresses. Empty here: those are found without routes. */
export const TABLE_LOCAL: u32 = 255;

/** Who added a route: `proto` in `ip route`. */
export const enum RouteOrigin {
  /** The network of one of this host's addresses. */
  Kernel,
  Dhcp,
  Static,
}

export const enum RouteType {
  Unicast,
  /** No packets are sent; the error is EINVAL. */
  Blackhole,
  /** EHOSTUNREACH */
  Unreachable,
  /** EACCES */
  Prohibit,
  /** As if the table had no route: the next rule decides. */
  Throw,
}

/** How far away a destination is, as in Linux. */
export const enum RouteScope {
  Global = 0,
  Link = 253,
  Host = 254,
}

/** A next hop: a gateway or the link itself, and the interface to it. */
export class NextHop {
  /** Whether the gateway is taken to be on the link although no network there contains it. */
  onLink: bool = false;

  constructor(
    /** UNSPECIFIED if the destination is on the link. */
    readonly gateway: Ipv4Address,
    readonly iface: Interface,
    /** The relative share of conversations that take this hop, from 1 to 256. */
    readonly weight: u32 = 1,
  ) {}

  /** Whether packets can leave here: the interface is up and has a carrier. */
  get alive(): bool {
    return this.iface.up && this.iface.linkUp;
  }
}

export class Route {
  readonly mask: u32;
  type: RouteType = RouteType.Unicast;
  table: u32 = TABLE_MAIN;
  scope: RouteScope;
  /** The source address; UNSPECIFIED means an address of the interface. */
  source: Ipv4Address = UNSPECIFIED;
  /** The largest packet in bytes, if it is less than that of the interface; 0 if not limited. */
  mtu: u32 = 0;
  /** The next hops of a unicast route; conversations are distributed among them. */
  readonly hops: Array<NextHop> = [];

  /** Creates a route with one next hop, or none if `iface` is null. */
  constructor(
    readonly destination: Ipv4Address,
    readonly prefix: u32,
    gateway: Ipv4Address,
    iface: Interface | null,
    readonly metric: u32,
    readonly origin: RouteOrigin,
  ) {
    this.mask = maskOf(prefix);
    this.scope = gateway == UNSPECIFIED && iface != null ? RouteScope.Link : RouteScope.Global;
    if (iface != null) this.hops.push(new NextHop(gateway, iface));
  }

  /** The gateway of the first hop; UNSPECIFIED if there is none. */
  get gateway(): Ipv4Address {
    return this.hops.length > 0 ? this.hops[0].gateway : UNSPECIFIED;
  }

  /** Whether the first hop is marked `onLink`. */
  get onLink(): bool {
    return this.hops.length > 0 && this.hops[0].onLink;
  }
  set onLink(to: bool) {
    this.hops[0].onLink = to;
  }

  /** Whether the destination is on the link. */
  get direct(): bool {
    return this.hops.length > 0 && this.gateway == UNSPECIFIED;
  }

  contains(address: Ipv4Address): bool {
    return ((this.destination ^ address) & this.mask) == 0;
  }

  /** Whether a hop uses `iface`. */
  uses(iface: Interface): bool {
    for (let i = 0; i < this.hops.length; i++) if (this.hops[i].iface === iface) return true;
    return false;
  }

  /** Whether the route has hops, and all of them use `iface`. */
  usesOnly(iface: Interface): bool {
    for (let i = 0; i < this.hops.length; i++) if (this.hops[i].iface !== iface) return false;
    return this.hops.length > 0;
  }

  /** Whether the interface of a hop is up. */
  get up(): bool {
    for (let i = 0; i < this.hops.length; i++) if (this.hops[i].iface.up) return true;
    return false;
  }

  /** Whether a hop is alive. */
  get alive(): bool {
    for (let i = 0; i < this.hops.length; i++) if (this.hops[i].alive) return true;
    return false;
  }

  /** Whether `source` is the route's source or an address of one of its interfaces. */
  suits(source: Ipv4Address): bool {
    if (this.source == source) return true;
    for (let i = 0; i < this.hops.length; i++) {
      if (this.hops[i].iface.ipv4.owns(source)) return true;
    }
    return false;
  }

  /** Whether the route has the same destination, table and metric as another. */
  hasKeyOf(other: Route): bool {
    return (
      this.destination == other.destination &&
      this.prefix == other.prefix &&
      this.table == other.table &&
      this.metric == other.metric
    );
  }

  /** Whether both have the same key, type, scope, source, MTU and hops with their weights. */
  equals(other: Route): bool {
    if (!this.hasKeyOf(other) || this.type != other.type || this.scope != other.scope) return false;
    if (this.source != other.source || this.mtu != other.mtu) return false;
    if (this.hops.length != other.hops.length) return false;
    for (let i = 0; i < this.hops.length; i++) {
      const hop = this.hops[i];
      const it = other.hops[i];
      const same = hop.gateway == it.gateway && hop.iface === it.iface && hop.weight == it.weight;
      if (!same) return false;
    }
    return true;
  }

  /**
   * Chooses the next hop of a conversation by `hash`, in proportion to the weights (RFC 2992, as in
   * Linux), among the fittest hops: those that own `source`, else those alive, else those up.
   * Returns null if no interface is up. If hops use `bound`, returns the first of them, or null if
   * that interface is down; if none does, `bound` has no effect.
   */
  choose(source: Ipv4Address, hash: u32, bound: Interface | null = null): NextHop | null {
    const hops = this.hops;
    for (let i = 0; i < hops.length && bound != null; i++) {
      if (hops[i].iface === bound) return bound.up ? hops[i] : null;
    }
    if (hops.length == 1) return hops[0].iface.up ? hops[0] : null;
    let wanted = Fitness.Up;
    let total: u64 = 0;
    for (let i = 0; i < hops.length; i++) {
      const fitness = fitnessOf(hops[i], source);
      if (fitness > wanted) {
        wanted = fitness;
        total = 0;
      }
      if (fitness == wanted) total += hops[i].weight;
    }
    let left = ((hash as u64) * total) >> 32;
    for (let i = 0; i < hops.length; i++) {
      if (fitnessOf(hops[i], source) != wanted) continue;
      if (left < (hops[i].weight as u64)) return hops[i];
      left -= hops[i].weight;
    }
    return null;
  }
}

/** How well a hop fits a conversation; only the fittest ones are used. */
const enum Fitness {
  Down,
  Up,
  Alive,
  /** Alive, and its interface has the source address. */
  Own,
}

function fitnessOf(hop: NextHop, source: Ipv4Address): Fitness {
  if (!hop.iface.up) return Fitness.Down;
  if (!hop.alive) return Fitness.Up;
  return source != UNSPECIFIED && hop.iface.ipv4.owns(source) ? Fitness.Own : Fitness.Alive;
}
