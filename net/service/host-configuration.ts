/**
 * Configures this host: one configurator for each interface, the host name, and the name and time
 * servers of all interfaces, which it passes to the resolver and the NTP client.
 */
import { log } from "../../core/log";
import { Pollable } from "../../core/pollable";
import { Random } from "../../core/random";
import { earlier, NEVER } from "../../core/time";
import { Wakeable, wake } from "../../core/wakeable";
import { Interface } from "../iface/interface";
import { IpLayer } from "../iface/layer";
import { NetworkDevice } from "../phy/device";
import { formatHardware, Ipv4Address } from "../wire/address";
import { DnsResolver } from "./dns/resolver";
import { InterfaceConfigurator } from "./interface-configurator";
import { NtpClient } from "./ntp/client";
import { InterfaceSettings, NameServer } from "./settings";

/** The host name until one is set or DHCP supplies one. */
const DEFAULT_HOSTNAME: string = "anonymos";

/** The configuration of the host. */
export class HostConfiguration extends Pollable {
  /** The configurator of each interface, by interface index. */
  readonly configurators: Array<InterfaceConfigurator> = [];
  /** Woken when an address, a server or a lease has changed. */
  watcher: Wakeable | null = null;
  /** The host name set by the user, or "". */
  private ownHostname: string = "";
  /** Sum of the configurators' change counters when the servers were last passed on. */
  private changesSeen: u32 = 0;
  /** Whether the host had an address at the generation `routesSeen` of its routes. */
  private hasAddress: bool = false;
  private routesSeen: u32 = 0;

  constructor(
    private readonly ip: IpLayer,
    private readonly dns: DnsResolver,
    private readonly ntp: NtpClient,
    private readonly random: Random,
  ) {
    super();
  }

  /** Adds a device as the next interface and starts to configure it. */
  addDevice(device: NetworkDevice, settings: InterfaceSettings, now: i64): void {
    const iface = this.ip.addInterface(device);
    const configurator = new InterfaceConfigurator(this.ip, iface, settings, this.random);
    this.configurators.push(configurator);
    log(
      `${iface.name}: ${device.driverName()}, ${formatHardware(iface.hardware)}, ` +
        `link ${iface.linkUp ? "up" : "down"}`,
    );
    configurator.start(now, this.hostname());
  }

  poll(now: i64): bool {
    for (let i = 0; i < this.configurators.length; i++) {
      unchecked(this.configurators[i]).poll(now);
    }
    this.apply(now);
    return false;
  }

  /** Passes changed servers and search domains on to the resolver and the NTP client. */
  apply(now: i64): void {
    let changes: u32 = 0;
    for (let i = 0; i < this.configurators.length; i++) {
      changes += unchecked(this.configurators[i]).changes;
    }
    const first = this.firstAddress();
    if (changes == this.changesSeen && !first) return;
    this.changesSeen = changes;
    this.dns.setServers(this.nameServers());
    this.dns.setSearchDomains(this.searchDomains());
    this.ntp.setServers(this.timeServers(), now);
    wake(this.watcher);
  }

  /** Reports whether the host has got an address since the last call, having had none. */
  private firstAddress(): bool {
    const generation = this.ip.routes.generation; // changes with every address
    if (generation == this.routesSeen) return false;
    this.routesSeen = generation;
    const had = this.hasAddress;
    this.hasAddress = this.configured();
    return this.hasAddress && !had;
  }

  pollAt(_now: i64): i64 {
    let at = NEVER;
    for (let i = 0; i < this.configurators.length; i++) {
      at = earlier(at, unchecked(this.configurators[i]).pollAt());
    }
    return at;
  }

  /** Returns the configurator of an interface, or null for the loopback interface. */
  of(iface: Interface): InterfaceConfigurator | null {
    const index = iface.index;
    return index < (this.configurators.length as u32) ? this.configurators[index] : null;
  }

  /** Returns the host name: the user's, else that of DHCP (option 12), else "anonymos". */
  hostname(): string {
    if (this.ownHostname != "") return this.ownHostname;
    for (let i = 0; i < this.configurators.length; i++) {
      const configurator = this.configurators[i];
      const lease = configurator.dhcp.lease;
      if (lease == null || !configurator.settings.lease.useHostname) continue;
      if (lease.hostname != "") return lease.hostname;
    }
    return DEFAULT_HOSTNAME;
  }

  /** Sets the host name; "" reverts to that of DHCP. */
  setHostname(name: string): void {
    this.ownHostname = name;
    for (let i = 0; i < this.configurators.length; i++) {
      this.configurators[i].setHostname(this.hostname());
    }
  }

  /** Reports whether any interface is up and has an address. */
  configured(): bool {
    for (let i = 0; i < this.ip.interfaces.length; i++) {
      const iface = this.ip.interfaces[i];
      if (iface.up && iface.ipv4.count > 0) return true;
    }
    return false;
  }

  /** Reports whether `configured` is false, and a DHCP server is still being asked. */
  awaited(): bool {
    for (let i = 0; i < this.configurators.length; i++) {
      if (this.configurators[i].asking()) return !this.configured();
    }
    return false;
  }

  /** Returns why the first interface is not configured, such as "net0 has no link". */
  reason(): string {
    if (this.configurators.length == 0) return "no network device found";
    return this.configurators[0].reason();
  }

  /**
   * Returns the microseconds until the DHCP lease of an address expires: NEVER for an infinite
   * lease, -1 if the address is not from DHCP.
   */
  leaseTimeLeft(iface: Interface, address: Ipv4Address, now: i64): i64 {
    const configurator = this.of(iface);
    if (configurator == null) return -1;
    const lease = configurator.dhcp.lease;
    if (lease == null || lease.informed || lease.address != address) return -1;
    return lease.expiresAt == NEVER ? NEVER : lease.expiresAt - now;
  }

  /** Returns the name servers of all interfaces, in the order of the interfaces. */
  nameServers(): Array<NameServer> {
    let servers: Array<NameServer> = [];
    for (let i = 0; i < this.configurators.length; i++) {
      servers = servers.concat(this.configurators[i].nameServers());
    }
    return servers;
  }

  /** Returns the search domains of all interfaces, in the order of the interfaces. */
  private searchDomains(): Array<string> {
    let domains: Array<string> = [];
    for (let i = 0; i < this.configurators.length; i++) {
      domains = domains.concat(this.configurators[i].searchDomains());
    }
    return domains;
  }

  /** Returns the time servers of all interfaces; none while the host has no address. */
  private timeServers(): Array<string> {
    let servers: Array<string> = [];
    if (!this.configured()) return servers;
    for (let i = 0; i < this.configurators.length; i++) {
      servers = servers.concat(this.configurators[i].timeServers());
    }
    return servers;
  }
}
