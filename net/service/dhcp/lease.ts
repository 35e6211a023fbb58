/**
 * A lease (RFC 2131 section 4.4.1), parsed from an OFFER or ACK. Unusable values are ignored, but a
 * lease with an unusable address, or without a server, is rejected.
 */
import { DHCP_ROUTES, DHCP_SERVERS } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import {
  classPrefix,
  formatIpv4,
  Ipv4Address,
  isHostAddress,
  isUnicast,
  maskOf,
  prefixOf,
} from "../../wire/address";
import { DhcpHeader } from "../../wire/dhcp";
import {
  DhcpOptions,
  OPTION_CAPTIVE_PORTAL,
  OPTION_DOMAIN,
  OPTION_HOST_NAME,
  OPTION_LEASE_TIME,
  OPTION_MASK,
  OPTION_MTU,
  OPTION_NAME_SERVERS,
  OPTION_OLD_ROUTES,
  OPTION_REBINDING_TIME,
  OPTION_RENEWAL_TIME,
  OPTION_ROUTERS,
  OPTION_ROUTES,
  OPTION_SEARCH,
  OPTION_SERVER,
  OPTION_STATIC_ROUTES,
  OPTION_TIME_SERVERS,
} from "../../wire/dhcp-options";
import { NetworkAddress } from "../settings";
import { LeaseRoute, readClassfulRoutes, readRoutes } from "./routes";
import { readHostName, readSearchList, readText, readUri } from "./text";

/** The minimum lease time in seconds, which prevents a storm of requests. */
const SHORTEST_LEASE: u32 = 10;
/** The lease time in seconds if the server gives none; long enough to make renewals rare. */
const DEFAULT_LEASE: u32 = 3600;
/** The lease time of a lease that never expires (RFC 2131 section 3.3). */
const INFINITE: u32 = 0xffffffff;

/** The MTUs to use: a server's below RFC 791's 576 is ignored, one above Ethernet's 1500 capped. */
const SMALLEST_OFFER: i64 = 576;
const LARGEST_MTU: i64 = 1500;

/** A lease. All times are in microseconds since boot, unless stated otherwise. */
export class Lease {
  address: Ipv4Address = 0;
  /** Length of the network's prefix, 1 to 32. */
  prefix: u32 = 0;
  /** Whether it only has options for an address set by hand (RFC 2131 section 4.4.3). */
  informed: bool = false;
  /** The destination of renewals and RELEASE: option 54, or else the source of the message. */
  server: Ipv4Address = 0;
  /** The routers of option 3. */
  routers: Array<Ipv4Address> = [];
  /**
   * The routes to install: those of option 121, else of 249, else of 33 and a default route via a
   * router, preferably one on the lease's network.
   */
  routes: Array<LeaseRoute> = [];
  /** Options 6 and 42. */
  nameServers: Array<Ipv4Address> = [];
  timeServers: Array<Ipv4Address> = [];
  /** Domain name and search list (options 15 and 119), escaped for printing; empty if absent. */
  domain: string = "";
  search: Array<string> = [];
  /** Option 12 if it is a valid host name, else "". */
  hostname: string = "";
  /** The MTU in bytes, 576 to 1500, and option 26 as given; both 0 if it is absent or too small. */
  mtu: u32 = 0;
  givenMtu: u32 = 0;
  /** The URI of the captive portal's API (option 114, RFC 8910), for printing; "" for none. */
  captivePortal: string = "";
  /** Seconds, or INFINITE. */
  leaseTime: u32 = 0;
  /** The server gave no lease time, or 0: `leaseTime` is DEFAULT_LEASE. */
  leaseTimeAssumed: bool = false;
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
   * Parses the lease in an OFFER or ACK from `source` that replies to a message sent at `sentAt`;
   * for an ACK of an INFORM, `own` is the address set by hand, which never expires.
   * Call `complaint` to learn whether the lease can be used.
   */
  static read(
    header: DhcpHeader,
    options: DhcpOptions,
    source: Ipv4Address,
    sentAt: i64,
    own: NetworkAddress | null,
  ): Lease {
    const lease = new Lease(options);
    lease.informed = own != null;
    lease.address = own == null ? header.yourAddress : own.address;
    lease.prefix = own == null ? prefixFor(lease.address, options) : own.prefix;
    lease.server = serverOf(options, source);
    lease.chooseRoutes();
    lease.readRest(options);
    const time = own == null ? options.number(OPTION_LEASE_TIME, 4) : (INFINITE as i64);
    lease.leaseTimeAssumed = time <= 0;
    lease.setTimes(time <= 0 ? DEFAULT_LEASE : (time as u32), options, sentAt);
    return lease;
  }

  /** Returns why the lease cannot be used, or "". */
  complaint(): string {
    if (this.informed) return "";
    if (this.server == 0) return "it names no server";
    const address = formatIpv4(this.address);
    if (!isHostAddress(this.address, this.prefix)) {
      return `${address}/${this.prefix.toString()} is not a host address`;
    }
    if (this.address == this.server) return `${address} is the server's own address`;
    if (this.routers.includes(this.address)) return `${address} is its router's address`;
    return "";
  }

  /** Returns the search list, and the domain name if it is not in the list. */
  searchDomains(): Array<string> {
    const domains = this.search.slice(0);
    if (this.domain != "" && !domains.includes(this.domain)) domains.push(this.domain);
    return domains;
  }

  /** Returns the router of the default route, else the preferred router, else 0. */
  defaultRouter(): Ipv4Address {
    for (let i = 0; i < this.routes.length; i++) {
      if (this.routes[i].prefix == 0) return this.routes[i].router;
    }
    return this.preferredRouter();
  }

  /** Reports whether `address` is another address of the lease's network. */
  private isNeighbor(address: Ipv4Address): bool {
    const mask = maskOf(this.prefix);
    return address != this.address && (address & mask) == (this.address & mask);
  }

  private chooseRoutes(): void {
    const options = this.options;
    this.routers = usable(options.addresses(OPTION_ROUTERS));
    let routes = readOption(options, OPTION_ROUTES);
    if (routes == null) routes = readOption(options, OPTION_OLD_ROUTES);
    const classless = routes != null;
    if (routes == null) {
      routes = readClassfulRoutes(options.addresses(OPTION_STATIC_ROUTES), DHCP_ROUTES);
    }
    if (routes != null) {
      for (let i = 0; i < routes.length; i++) {
        if (this.canReach(routes[i].router)) this.routes.push(routes[i]);
      }
    }
    const router = this.preferredRouter();
    if (!classless && router != 0) this.routes.push(new LeaseRoute(0, 0, router));
  }

  /** Returns the first usable router on the lease's network, else the first usable one, else 0. */
  private preferredRouter(): Ipv4Address {
    let first: Ipv4Address = 0;
    for (let i = 0; i < this.routers.length; i++) {
      const router = this.routers[i];
      if (!this.canReach(router)) continue;
      if (this.isNeighbor(router)) return router;
      if (first == 0) first = router;
    }
    return first;
  }

  /** Reports whether a router can be another host on the link; true for 0, the link itself. */
  private canReach(router: Ipv4Address): bool {
    if (router == 0) return true;
    if (!isUnicast(router) || router == this.address) return false;
    return !this.isNeighbor(router) || isHostAddress(router, this.prefix);
  }

  private readRest(options: DhcpOptions): void {
    this.nameServers = usable(options.addresses(OPTION_NAME_SERVERS));
    this.timeServers = usable(options.addresses(OPTION_TIME_SERVERS));
    this.domain = readText(options.find(OPTION_DOMAIN));
    this.hostname = readHostName(options.find(OPTION_HOST_NAME));
    this.search = readSearchList(options.find(OPTION_SEARCH));
    const mtu = options.number(OPTION_MTU, 2);
    if (mtu >= SMALLEST_OFFER) {
      this.givenMtu = mtu as u32;
      this.mtu = (mtu > LARGEST_MTU ? LARGEST_MTU : mtu) as u32;
    }
    this.captivePortal = readUri(options.find(OPTION_CAPTIVE_PORTAL));
  }

  /**
   * Sets T1 and T2: to the server's value or, if that is missing, to the default, 0.5 and 0.875 of
   * the lease time (section 4.4.5). Unless T1 < T2 < lease time, both become the default.
   */
  private setTimes(time: u32, options: DhcpOptions, sentAt: i64): void {
    this.grantedAt = sentAt;
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
    this.t1At = sentAt + t1;
    this.t2At = sentAt + t2;
    this.expiresAt = sentAt + whole;
  }
}

/** Returns the server identifier, else the source of the message, else 0 (RFC 2131, 4.3.1). */
export function serverOf(options: DhcpOptions, source: Ipv4Address): Ipv4Address {
  const server = options.number(OPTION_SERVER, 4);
  if (server > 0 && isUnicast(server as u32)) return server as u32;
  return isUnicast(source) ? source : 0;
}

function readOption(options: DhcpOptions, code: u32): Array<LeaseRoute> | null {
  const data = options.find(code);
  return data == null ? null : readRoutes(data, DHCP_ROUTES);
}

/**
 * Returns the prefix length of the mask in option 1, 1 to 32. If the mask is missing or invalid,
 * returns the prefix length of the address's class.
 */
function prefixFor(address: Ipv4Address, options: DhcpOptions): u32 {
  const mask = options.number(OPTION_MASK, 4);
  const prefix = mask < 0 ? 0 : prefixOf(mask as u32);
  return prefix >= 1 ? (prefix as u32) : classPrefix(address);
}

/** Returns the unicast addresses of a list, at most DHCP_SERVERS. */
function usable(addresses: Array<Ipv4Address>): Array<Ipv4Address> {
  const list: Array<Ipv4Address> = [];
  for (let i = 0; i < addresses.length && list.length < (DHCP_SERVERS as i32); i++) {
    if (isUnicast(addresses[i])) list.push(addresses[i]);
  }
  return list;
}
