/**
 * Configures one interface: with DHCP, statically, or statically while no DHCP server answers.
 * Console commands override all of this: they change the interface itself.
 */
import { INTERFACE_ADDRESSES } from "../../core/limits";
import { log } from "../../core/log";
import { Random } from "../../core/random";
import { earlier, NEVER, SECOND } from "../../core/time";
import { Interface } from "../iface/interface";
import { Route, RouteOrigin, RouteType } from "../iface/ip/route";
import { RouteMode } from "../iface/ip/routes";
import { IpLayer } from "../iface/layer";
import { ProbeResult } from "../iface/link/conflict-detection";
import { ROOT } from "../iface/qdisc/qdisc";
import { formatIpv4, Ipv4Address, isUnicast, UNSPECIFIED } from "../wire/address";
import { DNS_PORT } from "../wire/dns";
import { DhcpClient, DhcpState } from "./dhcp/client";
import { Lease } from "./dhcp/lease";
import { isInform } from "./dhcp/state";
import { LeaseTarget } from "./dhcp/target";
import {
  addPeerRoute,
  addRoute,
  applyErrorRoutes,
  applyRules,
  DHCP_GATEWAY,
  removeErrorRoutes,
  removeRules,
  reportRoute,
} from "./routing-settings";
import { InterfaceSettings, NameServer, NetworkAddress } from "./settings";
import { applyTraffic } from "./traffic-settings";

/** How long to wait for a DHCP server before using the static fallback. */
const FALLBACK_WAIT: i64 = 5 * SECOND;
/** The metric of a lease's routes, as in systemd-networkd; the interface's index is added. */
const DHCP_METRIC: u32 = 1024;

/** The configuration of one interface. */
export class InterfaceConfigurator implements LeaseTarget {
  readonly dhcp!: DhcpClient;
  /** Counts changes of addresses, servers and search domains. */
  changes: u32 = 0;
  /** Name servers set on the console, which override all others; null if not set. */
  private consoleServers: Array<NameServer> | null = null;
  /** Search domains set on the console, which override all others; null if not set. */
  private consoleDomains: Array<string> | null = null;
  /** Whether the static settings, or those of `configureByHand`, are in use. */
  private applied: bool = false;
  private byHand: bool = false;
  /** The address of the lease in use; UNSPECIFIED if there is none. */
  private leased: Ipv4Address = UNSPECIFIED;
  /** The MTU of the interface without settings. */
  private readonly usualMtu: u32;
  /** The routes without a next hop that the settings have added. */
  private errorRoutes: Array<Route> = [];
  private linkUp: bool;
  /** The number of link changes that `poll` has seen, and how often the interface was down. */
  private linkChanges: u32;
  private timesDown: u32 = 0;

  constructor(
    readonly ip: IpLayer,
    readonly iface: Interface,
    public settings: InterfaceSettings,
    random: Random,
  ) {
    this.usualMtu = iface.mtu;
    this.linkUp = iface.linkUp;
    this.linkChanges = iface.linkChanges + iface.timesDown;
    this.dhcp = new DhcpClient(ip.udp, this, random);
  }

  /** Starts DHCP (the next `poll` sends DISCOVER) or applies the static settings. */
  start(now: i64, hostname: string): void {
    const mtu = this.settings.mtu;
    if (mtu > 0) this.ip.setMtu(this.iface, mtu);
    applyTraffic(this.ip, this.iface, this.settings.traffic);
    applyRules(this.ip, this.iface, this.settings.rules);
    this.errorRoutes = applyErrorRoutes(this.ip, this.iface, this.settings.routes);
    if (!this.settings.dhcp) this.apply();
    if (!this.settings.dhcp && !this.settings.inform) return;
    this.setHostname(hostname);
    this.dhcp.linkChanged(this.linkUp, now);
    if (!this.startDhcp(now)) log(`${this.iface.name}: DHCP: ${this.dhcp.lastFailure}`);
  }

  /**
   * Undoes the settings: stops DHCP, removes their addresses, routes, rules and egress queues, and
   * restores the MTU. `start` may follow with others.
   */
  stop(): void {
    const ip = this.ip;
    this.dhcp.stop();
    this.withdraw(UNSPECIFIED);
    removeErrorRoutes(ip, this.errorRoutes);
    removeRules(ip, this.settings.rules);
    if (this.settings.traffic.length > 0) ip.traffic.removeQdisc(this.iface, ROOT);
    ip.setMtu(this.iface, this.usualMtu);
    this.changes++;
  }

  /** Starts the DHCP client; with `DHCP=inform`, only for options. Returns false if it cannot. */
  startDhcp(now: i64): bool {
    return this.settings.inform ? this.dhcp.inform(now) : this.dhcp.start(now);
  }

  /** Sets the host name to send to DHCP servers from now on. */
  setHostname(name: string): void {
    this.dhcp.setHostname(this.settings.lease.sendHostname ? name : "");
  }

  /** Called once a turn, after the IP layer. */
  poll(now: i64): void {
    const linkUp = this.iface.linkUp && this.iface.up;
    const changes = this.iface.linkChanges + this.iface.timesDown;
    // The link may go down and up in one turn: `ip link set net0 down; ip link set net0 up`.
    const bounced = changes != this.linkChanges && linkUp && this.linkUp;
    this.linkChanges = changes;
    if (this.timesDown != this.iface.timesDown && this.iface.up) this.restoreRoutes();
    if (bounced) this.dhcp.linkChanged(false, now);
    if (bounced || linkUp != this.linkUp) {
      this.linkUp = linkUp;
      log(`${this.iface.name}: link is ${linkUp ? "up" : "down"}`);
      this.dhcp.linkChanged(linkUp, now);
    }
    this.dhcp.poll(now);
    if (now < this.fallbackAt()) return;
    log(`${this.iface.name}: no DHCP lease yet, using the static settings`);
    this.apply();
  }

  /** Returns when to poll next if nothing arrives first. */
  pollAt(): i64 {
    return earlier(this.dhcp.pollAt(), this.fallbackAt());
  }

  /** Returns the name servers: the console's, else the static ones, else DHCP's (option 6). */
  nameServers(): Array<NameServer> {
    const console = this.consoleServers;
    if (console != null) return console;
    if (this.settings.nameServers.length > 0) return this.settings.nameServers;
    const servers: Array<NameServer> = [];
    const lease = this.dhcp.lease;
    if (lease == null || !this.settings.lease.useDns) return servers;
    for (let i = 0; i < lease.nameServers.length; i++) {
      servers.push(new NameServer(lease.nameServers[i], DNS_PORT));
    }
    return servers;
  }

  /** Returns the search domains: the console's, else the static ones, else DHCP's (119 and 15). */
  searchDomains(): Array<string> {
    const console = this.consoleDomains;
    if (console != null) return console;
    if (this.settings.searchDomains.length > 0) return this.settings.searchDomains;
    const lease = this.dhcp.lease;
    if (lease == null || !this.settings.lease.takesDomains()) return [];
    return lease.searchDomains();
  }

  /** Returns the time servers: the static ones, else DHCP's (option 42). */
  timeServers(): Array<string> {
    if (this.settings.ntpServers.length > 0) return this.settings.ntpServers;
    const servers: Array<string> = [];
    const lease = this.dhcp.lease;
    if (lease == null || !this.settings.lease.useNtp) return servers;
    for (let i = 0; i < lease.timeServers.length; i++) {
      servers.push(formatIpv4(lease.timeServers[i]));
    }
    return servers;
  }

  /** Overrides the name servers (`resolvectl dns`); null reverts to the configured ones. */
  setNameServers(servers: Array<NameServer> | null): void {
    this.consoleServers = servers;
    this.changes++;
  }

  /** Overrides the search domains (`resolvectl domain`); null reverts to the configured ones. */
  setSearchDomains(domains: Array<string> | null): void {
    this.consoleDomains = domains;
    this.changes++;
  }

  /**
   * Stops DHCP and replaces all addresses and static routes. `gateway` is 0 for none. Returns
   * false, and changes nothing, if it is no possible address of another host on the link.
   */
  configureByHand(own: NetworkAddress, gateway: Ipv4Address): bool {
    if (gateway != 0 && (!isUnicast(gateway) || own.excludes(gateway))) return false;
    this.dhcp.stop();
    while (this.iface.ipv4.count > 0) {
      this.ip.removeAddress(this.iface, this.iface.ipv4.at(0).address);
    }
    this.ip.routes.flush(this.iface, RouteOrigin.Static);
    this.applied = true;
    this.byHand = true;
    this.changes++;
    this.ip.setAddress(this.iface, own.address, own.prefix);
    if (gateway == 0) return true;
    addRoute(
      this.ip,
      this.iface,
      new Route(0, 0, gateway, this.iface, 0, RouteOrigin.Static),
      false,
    );
    return true;
  }

  /** Reports whether DHCP may still supply an address; it also waits for a carrier. */
  asking(): bool {
    const state = this.dhcp.state;
    if (!this.iface.up || state == DhcpState.Stopped || isInform(state)) return false;
    return this.dhcp.lease == null;
  }

  /** Returns why the interface has no address, such as "net0 has no link". */
  reason(): string {
    const name = this.iface.name;
    if (!this.iface.up) return `${name} is down`;
    if (!this.iface.linkUp) return `${name} has no link`;
    if (this.dhcp.lastFailure != "") return this.dhcp.lastFailure;
    if (!this.asking()) return `${name} has no address`;
    return `no answer from a DHCP server on ${name}`;
  }

  /** Returns when to fall back from DHCP to the static settings; NEVER if not needed. */
  private fallbackAt(): i64 {
    const silentSince = this.dhcp.silentSince;
    if (this.applied || !this.iface.up || silentSince < 0 || this.dhcp.lease != null) return NEVER;
    return this.settings.addresses.length > 0 ? silentSince + FALLBACK_WAIT : NEVER;
  }

  /** Sets the static addresses and routes. */
  private apply(): void {
    const addresses = this.settings.addresses;
    this.applied = true;
    this.changes++;
    for (let i = 0; i < addresses.length; i++) this.addAddress(addresses[i]);
    this.applyRoutes(false);
  }

  /** Adds the routes of the static settings, and those to the peers of their addresses. */
  private applyRoutes(quiet: bool): void {
    const addresses = this.settings.addresses;
    for (let i = 0; i < addresses.length; i++) {
      const own = addresses[i];
      const peer = own.peer;
      if (peer == null || !this.iface.ipv4.owns(own.address)) continue;
      addPeerRoute(this.ip, this.iface, own.address, peer.address, peer.prefix);
    }
    const routes = this.staticRoutes(this.settings.gateway);
    for (let i = 0; i < routes.length; i++) addRoute(this.ip, this.iface, routes[i], quiet);
  }

  /** Adds the configured routes again, which went when the interface was switched off. */
  private restoreRoutes(): void {
    this.timesDown = this.iface.timesDown;
    const lease = this.dhcp.lease;
    if (lease != null) this.addLeaseRoutes(lease, false);
    if (this.applied && !this.byHand) this.applyRoutes(true);
    else if (lease != null) this.addStaticRoutes();
  }

  /** Returns the default route via `gateway`, if not 0, and all routes not via a lease's router. */
  private staticRoutes(gateway: Ipv4Address): Array<Route> {
    const settings = this.settings;
    const origin = RouteOrigin.Static;
    const routes: Array<Route> = [];
    if (gateway != 0) routes.push(new Route(0, 0, gateway, this.iface, 0, origin));
    for (let i = 0; i < settings.routes.length; i++) {
      const it = settings.routes[i];
      if (it.gateway == DHCP_GATEWAY || it.type != RouteType.Unicast) continue;
      const metric = max<i64>(it.metric, 0) as u32;
      const route = it.build(this.ip, this.iface, it.gateway, metric, origin);
      if (route != null) routes.push(route);
    }
    return routes;
  }

  private addAddress(own: NetworkAddress): void {
    if (this.ip.setAddress(this.iface, own.address, own.prefix)) return;
    const what = `Could not set address ${formatIpv4(own.address)}/${own.prefix}`;
    const why = `too many addresses, expected at most ${INTERFACE_ADDRESSES}`;
    log(`${this.iface.name}: ${what}: ${why}`);
  }

  /** Removes the addresses of the settings except `kept`, and all static routes. */
  private withdraw(kept: Ipv4Address): void {
    const addresses = this.settings.addresses;
    this.applied = false;
    this.byHand = false;
    for (let i = 0; i < addresses.length; i++) {
      const own = addresses[i].address;
      if (own != kept) this.ip.removeAddress(this.iface, own);
    }
    this.ip.routes.flush(this.iface, RouteOrigin.Static);
  }

  /**
   * Adds the routes of a lease, and those of the settings via its router (`Gateway=_dhcp4`).
   * `first` is false for a renewal.
   */
  private addLeaseRoutes(lease: Lease, first: bool): void {
    const use = this.settings.lease;
    const usual = DHCP_METRIC + this.iface.index;
    const metric = use.routeMetric < 0 ? usual : (use.routeMetric as u32);
    const origin = RouteOrigin.Dhcp;
    let last: Ipv4Address = 0;
    for (let i = 0; i < lease.routes.length; i++) {
      const it = lease.routes[i];
      if (!use.takesRoute(it.prefix)) continue;
      const route = new Route(it.destination, it.prefix, it.router, this.iface, metric, origin);
      addRoute(this.ip, this.iface, route, !first || it.router == last);
      last = it.router;
    }
    const router = lease.defaultRouter();
    for (let i = 0; i < this.settings.routes.length && router != 0; i++) {
      const it = this.settings.routes[i];
      if (it.gateway != DHCP_GATEWAY) continue;
      const own = it.metric < 0 ? metric : (it.metric as u32);
      const route = it.build(this.ip, this.iface, router, own, origin);
      if (route != null) addRoute(this.ip, this.iface, route, !first);
    }
  }

  /**
   * Adds the static routes beside those of a lease, as systemd-networkd does, and logs those that
   * cannot be added. Omits `Gateway=` if it is part of a fallback with static addresses.
   */
  private addStaticRoutes(): void {
    const settings = this.settings;
    const routes = this.staticRoutes(settings.addresses.length == 0 ? settings.gateway : 0);
    for (let i = 0; i < routes.length; i++)
      reportRoute(this.iface, routes[i], this.ip.routes.add(routes[i], RouteMode.Append));
  }

  // --- LeaseTarget ---

  device(): u32 {
    return this.iface.index;
  }
  name(): string {
    return this.iface.name;
  }
  hardwareAddress(): u64 {
    return this.iface.hardware;
  }

  ownAddress(): NetworkAddress | null {
    const own = this.iface.ipv4;
    return own.count == 0 ? null : new NetworkAddress(own.at(0).address, own.at(0).prefix);
  }

  configure(lease: Lease): void {
    this.changes++;
    const first = this.leased != lease.address || !this.holds(lease);
    this.leased = lease.address;
    if (!lease.informed) this.takeAddress(lease);
    const useMtu = this.settings.lease.useMtu;
    if (lease.mtu > 0 && this.settings.mtu == 0 && useMtu) this.ip.setMtu(this.iface, lease.mtu);
    this.ip.routes.flush(this.iface, RouteOrigin.Dhcp);
    this.addLeaseRoutes(lease, first);
    if (first) this.addStaticRoutes();
  }

  /** Replaces the static settings by the address of a lease. */
  private takeAddress(lease: Lease): void {
    // The address is added before the others are removed: a route with next hops on several
    // interfaces keeps those of this one whose gateways are in the lease's network.
    const added = this.ip.setAddress(this.iface, lease.address, lease.prefix);
    if (this.applied) this.withdraw(lease.address);
    // There may have been as many addresses as an interface can have.
    if (!added) this.ip.setAddress(this.iface, lease.address, lease.prefix);
  }

  deconfigure(lease: Lease): void {
    this.changes++;
    this.leased = UNSPECIFIED;
    this.ip.routes.flush(this.iface, RouteOrigin.Dhcp);
    if (!lease.informed) this.ip.removeAddress(this.iface, lease.address);
  }

  holds(lease: Lease): bool {
    return this.iface.ipv4.owns(lease.address);
  }

  probe(address: Ipv4Address): void {
    this.ip.probe(this.iface, address);
  }

  conflict(address: Ipv4Address): bool {
    const conflicts = this.iface.conflicts;
    return conflicts.probeResult == ProbeResult.Taken && conflicts.probeAddress == address;
  }
}
