/**
 * Network settings and their notation. Boot configuration (kernel/config), the console and the
 * public API fill them in; nothing here depends on where a value comes from.
 */
import { HOST_NAME_LENGTH } from "../../core/limits";
import { isDigit, isLetter, parseDecimalText } from "../../core/text";
import {
  formatIpv4,
  Ipv4Address,
  isHostAddress,
  isUnicast,
  maskOf,
  NOT_AN_ADDRESS,
  parseIpv4,
} from "../wire/address";
import { DNS_PORT, DNS_TLS_PORT } from "../wire/dns";
import { LeaseSettings } from "./lease-settings";
import { RouteSetting, RuleSetting } from "./routing-settings";
import { TrafficSetting } from "./traffic-settings";

/** An IPv4 address and the length of its network's prefix, 0 to 32. */
export class NetworkAddress {
  constructor(
    readonly address: Ipv4Address,
    readonly prefix: u32,
    /** The other end of a point-to-point link, in place of the network; null if there is none. */
    readonly peer: NetworkAddress | null = null,
  ) {}

  /** Reports whether `other` is in this network. */
  contains(other: Ipv4Address): bool {
    return ((this.address ^ other) & maskOf(this.prefix)) == 0;
  }

  /** Reports whether `other` is in this network but cannot be another host's address. */
  excludes(other: Ipv4Address): bool {
    if (other == this.address) return true;
    return this.contains(other) && !isHostAddress(other, this.prefix);
  }

  /** Reports whether all host bits are zero. */
  isNetwork(): bool {
    return (this.address & ~maskOf(this.prefix)) == 0;
  }

  /** Reports whether the address is a valid host address in its network. */
  usable(): bool {
    return isHostAddress(this.address, this.prefix);
  }
}

/** A DNS server. */
export class NameServer {
  constructor(
    readonly address: Ipv4Address,
    /** 1 to 65535. */
    readonly port: u32,
    /** The name in its certificate (`ADDRESS#NAME`), or "". */
    readonly serverName: string = "",
  ) {}

  /** Reports whether to query it over TLS. */
  get secure(): bool {
    return this.serverName != "";
  }

  equals(other: NameServer): bool {
    const same = this.address == other.address && this.port == other.port;
    return same && this.serverName == other.serverName;
  }

  /** Returns the server in the notation that `parseNameServer` parses. */
  toString(): string {
    const usual = this.secure ? DNS_TLS_PORT : DNS_PORT;
    const port = this.port == usual ? "" : `#${this.port}`;
    return formatIpv4(this.address) + port + (this.secure ? `#${this.serverName}` : "");
  }
}

/** The settings of one interface. */
export class InterfaceSettings {
  /** Whether to use DHCP. If so, `addresses` and their `gateway` apply only without a lease. */
  dhcp: bool = true;
  /** Whether to keep `addresses` and take only options from DHCP servers (`DHCP=inform`). */
  inform: bool = false;
  addresses: Array<NetworkAddress> = [];
  /** The router of the default route; 0 for none. */
  gateway: Ipv4Address = 0;
  /** Unless empty, these replace the name servers of DHCP. */
  nameServers: Array<NameServer> = [];
  /** Unless empty, these replace the search domains of DHCP. */
  searchDomains: Array<string> = [];
  /** `HOST` or `HOST#PORT`. Unless empty, these replace the time servers of DHCP. */
  ntpServers: Array<string> = [];
  routes: Array<RouteSetting> = [];
  rules: Array<RuleSetting> = [];
  /** The maximum size of an IPv4 packet in bytes; 0 for the device's default. */
  mtu: u32 = 0;
  /** Queueing disciplines and classes, parents before children. */
  traffic: Array<TrafficSetting> = [];
  /** The section [DHCPv4]. */
  lease: LeaseSettings = new LeaseSettings();

  /** Returns a copy. Lists are shared: replace them, do not modify them. */
  copy(): InterfaceSettings {
    const copy = new InterfaceSettings();
    copy.dhcp = this.dhcp;
    copy.inform = this.inform;
    copy.addresses = this.addresses;
    copy.gateway = this.gateway;
    copy.nameServers = this.nameServers;
    copy.searchDomains = this.searchDomains;
    copy.ntpServers = this.ntpServers;
    copy.routes = this.routes;
    copy.rules = this.rules;
    copy.mtu = this.mtu;
    copy.traffic = this.traffic;
    copy.lease = this.lease;
    return copy;
  }
}

/**
 * Reports whether a gateway can be another host on the link of an interface with these addresses.
 * It may be outside all their networks: `InterfaceConfigurator` then assumes it is on the link.
 */
export function isGatewayOf(gateway: Ipv4Address, addresses: Array<NetworkAddress>): bool {
  for (let i = 0; i < addresses.length; i++) {
    if (addresses[i].excludes(gateway)) return false;
  }
  return true;
}

/** Parses a host address such as `192.168.1.2/24`. Returns null if invalid. */
export function parseNetworkAddress(text: string): NetworkAddress | null {
  const network = parsePrefix(text);
  return network != null && network.usable() ? network : null;
}

/** Parses `10.1.0.0/16`; host bits may be set. Returns null on a syntax error. */
export function parsePrefix(text: string): NetworkAddress | null {
  const slash = text.indexOf("/");
  if (slash < 0) return null;
  const address = parseIpv4(text.substring(0, slash));
  const prefix = parseDecimalText(text.substring(slash + 1));
  if (address == NOT_AN_ADDRESS || prefix < 0 || prefix > 32) return null;
  return new NetworkAddress(address as u32, prefix as u32);
}

/**
 * Parses `ADDRESS`, `ADDRESS#PORT` or systemd's `ADDRESS:PORT`, each optionally followed by
 * `#NAME`. Returns null if invalid.
 */
export function parseNameServer(text: string): NameServer | null {
  const parts = text.split("#");
  if (parts.includes("")) return null;
  const colon = parts[0].indexOf(":");
  let portText = colon < 0 ? "" : parts[0].substring(colon + 1);
  const address = parseIpv4(colon < 0 ? parts[0] : parts[0].substring(0, colon));
  let next = 1;
  if (colon < 0 && next < parts.length && !isServerName(parts[next])) portText = parts[next++];
  const name = next < parts.length ? parts[next++] : "";
  if (next < parts.length || (name != "" && !isServerName(name))) return null;
  const hasPort = colon >= 0 || portText != "";
  const usual = name == "" ? DNS_PORT : DNS_TLS_PORT;
  const port = hasPort ? parseDecimalText(portText) : (usual as i64);
  if (address == NOT_AN_ADDRESS || port < 1 || port > 65535) return null;
  return isUnicast(address as u32) ? new NameServer(address as u32, port as u32, name) : null;
}

/** Reports whether text can be a server's name: letters, digits, '-', dots; at least one letter. */
function isServerName(text: string): bool {
  let letters = false;
  for (let i = 0; i < text.length; i++) {
    const c: u32 = text.charCodeAt(i);
    if (isLetter(c)) letters = true;
    else if (!isDigit(c) && c != 0x2d && c != 0x2e) return false;
  }
  return letters && text.length <= (HOST_NAME_LENGTH as i32) && !text.includes("..");
}
