/**
 * What a DHCP server grants (RFC 2131 section 4.4.1): read out of an OFFER or ACK, with
 * everything refused that no host can have or use.
 */
import { DHCP_ROUTES, DHCP_SERVERS } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import { isUnicast, maskOf, prefixOf } from "../../wire/address";
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

/** Leases are not shorter than this, in seconds, whatever the server says: no request storm. */
export const SHORTEST_LEASE: u32 = 10;
/** A lease that never ends (RFC 2132 section 9.2). */
export const INFINITE: u32 = 0xffffffff;

/** Least and most MTU that is taken from a server: RFC 791's 576, Ethernet's 1500. */
const SMALLEST_MTU: i64 = 576;
const LARGEST_MTU: i64 = 1500;

export class Lease {
  address: u32 = 0;
  prefix: u32 = 0;
  /** The server's identifier: where RENEW and RELEASE go. */
  server: u32 = 0;
  /** Routers of option 3 on the own network. */
  routers: Array<u32> = [];
  /** What is to go into the routing table: option 121, else the first router of option 3. */
  routes: Array<LeaseRoute> = [];
  nameServers: Array<u32> = [];
  timeServers: Array<u32> = [];
  /** Domain and search list, escaped for a console; "" when there is none. */
  domain: string = "";
  search: Array<string> = [];
  /** Only a name that a host can have; "" when there is none. */
  hostname: string = "";
  /** 576 to 1500, or 0 when the server does not say. */
  mtu: u32 = 0;
  /** Seconds, or INFINITE. */
  leaseTime: u32 = 0;
  /** When the REQUEST was sent that the server granted; all times count from here. */
  grantedAt: i64 = 0;
  /** When to renew, to rebind, to stop using the address; NEVER for an infinite lease. */
  t1At: i64 = NEVER;
  t2At: i64 = NEVER;
  expiresAt: i64 = NEVER;

  private constructor(
    /** Every option as the server sent it. */
    readonly options: DhcpOptions,
  ) {}

  /**
   * The lease in a message that passed the gates, granted to a REQUEST sent at `now`; null when
   * it must not be accepted: no server, no usable address, no or zero lease time.
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

  /** True when `address` is on the network of the lease, and not the own one. */
  isNeighbor(address: u32): bool {
    const mask = maskOf(this.prefix);
    return address != this.address && (address & mask) == (this.address & mask);
  }

  /** Only routers that can be reached count: those on the own network. */
  private readRouters(offered: Array<u32>, options: DhcpOptions): void {
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

  /** True when a router is on the link: none, on the own network, or by one of `routes`. */
  private reaches(router: u32, routes: Array<LeaseRoute>): bool {
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

  /** T1 and T2 as told where they make sense, else 0.5 and 0.875 of the lease (section 4.4.5). */
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
 * The prefix length that option 1 says. A missing or impossible mask counts as that of the
 * address's class (RFC 950 section 2.1); 32 is possible only with routes of option 121.
 */
function prefixFor(address: u32, options: DhcpOptions): u32 {
  const mask = options.number(OPTION_MASK, 4);
  const prefix = mask < 0 ? 0 : prefixOf(mask as u32);
  if (prefix >= 1 && prefix < 32) return prefix as u32;
  if (prefix == 32 && options.find(OPTION_ROUTES) != null) return 32;
  if (address >>> 31 == 0) return 8;
  return address >>> 30 == 2 ? 16 : 24;
}

/** True when a host on a network of that prefix length can have the address. */
export function isHostAddress(address: u32, prefix: u32): bool {
  if (!isUnicast(address)) return false;
  if (prefix >= 31) return true;
  const host = address & ~maskOf(prefix);
  return host != 0 && host != ~maskOf(prefix);
}

/** The first DHCP_SERVERS addresses that a server can have. */
function usable(addresses: Array<u32>): Array<u32> {
  const list: Array<u32> = [];
  for (let i = 0; i < addresses.length && list.length < (DHCP_SERVERS as i32); i++) {
    if (isUnicast(addresses[i])) list.push(addresses[i]);
  }
  return list;
}
