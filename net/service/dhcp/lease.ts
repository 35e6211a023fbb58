/**
 * A lease (RFC 2131 section 4.4.1), parsed from an OFFER or ACK. Unusable values are ignored; an
 * unusable address rejects the lease.
 */
import { DHCP_ROUTES, DHCP_SERVERS } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import { Ipv4Address, isUnicast, maskOf, prefixOf } from "../../wire/address";
import { DhcpHeader } from "../../wire/dhcp";
import {
  DhcpOptions,
  OPTION_DOMAIN,
  OPTION_HOST_NAME,
  OPTION_LEASE_TIME,
  OPTION_MASK,
  OPTION_MTU,
  OPTION_NAME_SERVERS,
  OPTION_REBINDING_TIME,
  OPTION_RENEWAL_TIME,
  OPTION_ROUTERS,
  OPTION_ROUTES,
  OPTION_SEARCH,
  OPTION_SERVER,
  OPTION_TIME_SERVERS,
} from "../../wire/dhcp-options";
import { LeaseRoute, readRoutes } from "./routes";
import { readHostName, readSearchList, readText } from "./text";

/** Lower bound of a lease in seconds, against a storm of requests. */
export const SHORTEST_LEASE: u32 = 10;
/** The lease time of a lease that never ends (RFC 2132 section 9.2). */
export const INFINITE: u32 = 0xffffffff;

/** The MTUs accepted from a server: from RFC 791's 576 to Ethernet's 1500. */
const SMALLEST_MTU: i64 = 576;
const LARGEST_MTU: i64 = 1500;

/** A valid lease. All times are in microseconds since boot, unless stated otherwise. */
export class Lease {
  address: Ipv4Address = 0;
  /** Length of the network's prefix, 1 to 32. */
  prefix: u32 = 0;
  /** The server identifier (option 54): the destination of renewals and RELEASE. */
  server: Ipv4Address = 0;
  /** The routers of option 3 that are on the lease's network. */
  routers: Array<Ipv4Address> = [];
  /** The routes to install: those of option 121, else a default route via the first router. */
  routes: Array<LeaseRoute> = [];
  /** Options 6 and 42. */
  nameServers: Array<Ipv4Address> = [];
  timeServers: Array<Ipv4Address> = [];
  /** Domain name and search list (options 15 and 119), escaped for printing; empty if absent. */
  domain: string = "";
  search: Array<string> = [];
  /** Option 12 if it is a valid host name, else "". */
  hostname: string = "";
  /** Bytes, 576 to 1500 (option 26); 0 if absent. */
  mtu: u32 = 0;
  /** Seconds, or INFINITE. */
  leaseTime: u32 = 0;
  /** When the granted REQUEST was sent: the start of the lease. */
  grantedAt: i64 = 0;
  /** When to renew, to rebind, and to stop using the address; NEVER for an infinite lease. */
  t1At: i64 = NEVER;
  t2At: i64 = NEVER;
  expiresAt: i64 = NEVER;

  private constructor(
    /** All options of the message, unchanged. */
    readonly options: DhcpOptions,
  ) {}

  /**
   * Parses the lease of an OFFER or ACK to a message sent at `now`. Returns null without a server
   * identifier, a usable address, or a lease time above zero.
   */
  static read(header: DhcpHeader, options: DhcpOptions, now: i64): Lease | null {
    const server = options.number(OPTION_SERVER, 4);
    const time = options.number(OPTION_LEASE_TIME, 4);
    if (server <= 0 || !isUnicast(server as u32) || time <= 0) return null;
    const lease = new Lease(options);
    lease.address = header.yourAddress;
    lease.server = server as u32;
    lease.prefix = prefixFor(lease.address, options);
    if (!isHostAddress(lease.address, lease.prefix) || lease.address == lease.server) return null;
    const offered = options.addresses(OPTION_ROUTERS);
    if (offered.includes(lease.address)) return null;
    lease.readRouters(offered, options);
    lease.readRest(options);
    lease.setTimes(time as u32, options, now);
    return lease;
  }

  /** Reports whether `address` belongs to another host on the lease's network. */
  isNeighbor(address: Ipv4Address): bool {
    const mask = maskOf(this.prefix);
    return address != this.address && (address & mask) == (this.address & mask);
  }

  /** Keeps the routers on the lease's network, and the routes whose router is on the link. */
  private readRouters(offered: Array<Ipv4Address>, options: DhcpOptions): void {
    for (let i = 0; i < offered.length && this.routers.length < (DHCP_SERVERS as i32); i++) {
      const router = offered[i];
      if (isHostAddress(router, this.prefix) && this.isNeighbor(router)) this.routers.push(router);
    }
    const data = options.find(OPTION_ROUTES);
    let classless: Array<LeaseRoute> | null = null;
    if (data != null) classless = readRoutes(data, DHCP_ROUTES);
    if (classless != null) {
      for (let i = 0; i < classless.length; i++) {
        if (this.reaches(classless[i].router, classless)) this.routes.push(classless[i]);
      }
    } else if (this.routers.length > 0) {
      this.routes.push(new LeaseRoute(0, 0, this.routers[0]));
    }
  }

  /** Reports whether a router is on the link: 0, on the lease's network, or in one of `routes`. */
  private reaches(router: Ipv4Address, routes: Array<LeaseRoute>): bool {
    if (router == 0 || this.isNeighbor(router)) return true;
    if (router == this.address || !isUnicast(router)) return false;
    for (let i = 0; i < routes.length; i++) {
      const mask = maskOf(routes[i].prefix);
      if (routes[i].router != 0 || routes[i].prefix == 0) continue;
      if ((router & mask) == routes[i].destination) return true;
    }
    return false;
  }

  private readRest(options: DhcpOptions): void {
    this.nameServers = usable(options.addresses(OPTION_NAME_SERVERS));
    this.timeServers = usable(options.addresses(OPTION_TIME_SERVERS));
    this.domain = readText(options.find(OPTION_DOMAIN));
    this.hostname = readHostName(options.find(OPTION_HOST_NAME));
    this.search = readSearchList(options.find(OPTION_SEARCH));
    const mtu = options.number(OPTION_MTU, 2);
    if (mtu >= SMALLEST_MTU) this.mtu = (mtu > LARGEST_MTU ? LARGEST_MTU : mtu) as u32;
  }

  /** Sets T1 and T2: the server's if T1 < T2 < lease time, else 0.5 and 0.875 (section 4.4.5). */
  private setTimes(time: u32, options: DhcpOptions, now: i64): void {
    this.grantedAt = now;
    this.leaseTime = time < SHORTEST_LEASE ? SHORTEST_LEASE : time;
    if (time == INFINITE) return;
    const whole = (this.leaseTime as i64) * SECOND;
    let t1 = options.number(OPTION_RENEWAL_TIME, 4) * SECOND;
    let t2 = options.number(OPTION_REBINDING_TIME, 4) * SECOND;
    if (t1 <= 0) t1 = whole / 2;
    if (t2 <= 0) t2 = (whole / 8) * 7;
    if (t1 >= t2 || t2 >= whole) {
      t1 = whole / 2;
      t2 = (whole / 8) * 7;
    }
    this.t1At = now + t1;
    this.t2At = now + t2;
    this.expiresAt = now + whole;
  }
}

/**
 * Returns the prefix length of option 1. If the mask is missing or invalid, returns that of the
 * address's class (RFC 950 section 2.1). 32 is valid only together with option 121.
 */
function prefixFor(address: Ipv4Address, options: DhcpOptions): u32 {
  const mask = options.number(OPTION_MASK, 4);
  const prefix = mask < 0 ? 0 : prefixOf(mask as u32);
  if (prefix >= 1 && prefix < 32) return prefix as u32;
  if (prefix == 32 && options.find(OPTION_ROUTES) != null) return 32;
  if (address >>> 31 == 0) return 8;
  return address >>> 30 == 2 ? 16 : 24;
}

/** Reports whether `address` is a valid host address in a network with that prefix length. */
export function isHostAddress(address: Ipv4Address, prefix: u32): bool {
  if (!isUnicast(address)) return false;
  if (prefix >= 31) return true;
  const host = address & ~maskOf(prefix);
  return host != 0 && host != ~maskOf(prefix);
}

/** Returns the unicast addresses of a list, at most DHCP_SERVERS. */
function usable(addresses: Array<Ipv4Address>): Array<Ipv4Address> {
  const list: Array<Ipv4Address> = [];
  for (let i = 0; i < addresses.length && list.length < (DHCP_SERVERS as i32); i++) {
    if (isUnicast(addresses[i])) list.push(addresses[i]);
  }
  return list;
}
