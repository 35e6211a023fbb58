/**
 * Network settings and their notation. Boot configuration (kernel/config), the console and the
 * public API fill them in; nothing here depends on where a value comes from.
 */
import { parseDecimalText } from "../../core/text";
import { Ipv4Address, isUnicast, maskOf, NOT_AN_ADDRESS, parseIpv4 } from "../wire/address";
import { DNS_PORT } from "../wire/dns";

/** An IPv4 address and the length of its network's prefix, 0 to 32. */
export class NetworkAddress {
  constructor(
    readonly address: Ipv4Address,
    readonly prefix: u32,
  ) {}

  /** Reports whether `other` is a valid address of another host in this network. */
  hasNeighbor(other: Ipv4Address): bool {
    const inside = ((this.address ^ other) & maskOf(this.prefix)) == 0;
    return inside && other != this.address && new NetworkAddress(other, this.prefix).usable();
  }

  /** Reports whether all host bits are zero. */
  isNetwork(): bool {
    return (this.address & ~maskOf(this.prefix)) == 0;
  }

  /** Reports whether the address is a valid host address in its network. */
  usable(): bool {
    if (!isUnicast(this.address) || this.prefix == 0) return false;
    const host = this.address & ~maskOf(this.prefix);
    return this.prefix > 30 || (host != 0 && host != ~maskOf(this.prefix));
  }
}

/** A DNS server. */
export class NameServer {
  constructor(
    readonly address: Ipv4Address,
    /** 1 to 65535. */
    readonly port: u32,
  ) {}
}

/** A static route. `prefix` is 0 for a default route; `gateway` is never 0. */
export class RouteSetting {
  constructor(
    readonly destination: Ipv4Address,
    readonly prefix: u32,
    readonly gateway: Ipv4Address,
    readonly metric: u32,
  ) {}
}

/** The settings of one interface. */
export class InterfaceSettings {
  /** Use DHCP; `addresses` and `gateway` are then a fallback while no server answers. */
  dhcp: bool = true;
  addresses: Array<NetworkAddress> = [];
  /** 0 for none. */
  gateway: Ipv4Address = 0;
  /** Unless empty, these replace the name servers of DHCP. */
  nameServers: Array<NameServer> = [];
  /** `HOST` or `HOST#PORT`. Unless empty, these replace the time servers of DHCP. */
  ntpServers: Array<string> = [];
  routes: Array<RouteSetting> = [];
  /** Bytes of the largest IPv4 packet; 0 for the device's default. */
  mtu: u32 = 0;

  /** Returns a copy. Lists are shared: replace them, do not modify them. */
  copy(): InterfaceSettings {
    const copy = new InterfaceSettings();
    copy.dhcp = this.dhcp;
    copy.addresses = this.addresses;
    copy.gateway = this.gateway;
    copy.nameServers = this.nameServers;
    copy.ntpServers = this.ntpServers;
    copy.routes = this.routes;
    copy.mtu = this.mtu;
    return copy;
  }
}

/** Parses `192.168.1.2/24`. Returns null unless it is a valid host address. */
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

/** Parses `ADDRESS`, `ADDRESS#PORT` or systemd's `ADDRESS:PORT`. Returns null if invalid. */
export function parseNameServer(text: string): NameServer | null {
  let mark = text.indexOf("#");
  if (mark < 0) mark = text.indexOf(":");
  const address = parseIpv4(mark < 0 ? text : text.substring(0, mark));
  const port = mark < 0 ? (DNS_PORT as i64) : parseDecimalText(text.substring(mark + 1));
  if (address == NOT_AN_ADDRESS || port < 1 || port > 65535) return null;
  return isUnicast(address as u32) ? new NameServer(address as u32, port as u32) : null;
}
