/**
 * What can be set of the network, and how people write it. Boot configuration (kernel/config), the
 * console and the public API fill these in; nothing here knows where a value comes from.
 */
import { parseDecimalText } from "../../core/text";
import { isUnicast, maskOf, NOT_AN_ADDRESS, parseIpv4 } from "../wire/address";
import { DNS_PORT } from "../wire/dns";

/** An IPv4 address and the length of its network's prefix, 0 to 32. */
export class NetworkAddress {
  constructor(
    readonly address: u32,
    readonly prefix: u32,
  ) {}

  /** Reports whether `other` is the address of another host in this network. */
  hasNeighbor(other: u32): bool {
    const inside = ((this.address ^ other) & maskOf(this.prefix)) == 0;
    return inside && other != this.address && new NetworkAddress(other, this.prefix).usable();
  }

  /** Reports whether all bits after the prefix are zero. */
  isNetwork(): bool {
    return (this.address & ~maskOf(this.prefix)) == 0;
  }

  /** Reports whether a host in this network can have this address. */
  usable(): bool {
    if (!isUnicast(this.address) || this.prefix == 0) return false;
    const host = this.address & ~maskOf(this.prefix);
    return this.prefix > 30 || (host != 0 && host != ~maskOf(this.prefix));
  }
}

export class NameServer {
  constructor(
    readonly address: u32,
    readonly port: u32,
  ) {}
}

/** A static route. `prefix` 0 makes it a default route, `gateway` is never 0. */
export class RouteSetting {
  constructor(
    readonly destination: u32,
    readonly prefix: u32,
    readonly gateway: u32,
    readonly metric: u32,
  ) {}
}

/** How one interface is to be configured. */
export class InterfaceSettings {
  /** Ask a DHCP server; `addresses` and `gateway` are then the fallback if none answers. */
  dhcp: bool = true;
  addresses: Array<NetworkAddress> = [];
  /** 0 = none. */
  gateway: u32 = 0;
  /** If not empty, they replace those that DHCP supplies. */
  nameServers: Array<NameServer> = [];
  /** Names or addresses, each with `#PORT` if it is not 123; they replace those of DHCP. */
  ntpServers: Array<string> = [];
  routes: Array<RouteSetting> = [];
  /** Bytes of the largest IPv4 packet; 0 = what the device is made for. */
  mtu: u32 = 0;

  /** Returns a copy; the two share their lists, which are replaced and never changed. */
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

/** Parses `192.168.1.2/24`. Returns null unless a host can have the address. */
export function parseNetworkAddress(text: string): NetworkAddress | null {
  const network = parsePrefix(text);
  return network != null && network.usable() ? network : null;
}

/** Parses `10.1.0.0/16`, with any bits after the prefix. Returns null on a syntax error. */
export function parsePrefix(text: string): NetworkAddress | null {
  const slash = text.indexOf("/");
  if (slash < 0) return null;
  const address = parseIpv4(text.substring(0, slash));
  const prefix = parseDecimalText(text.substring(slash + 1));
  if (address == NOT_AN_ADDRESS || prefix < 0 || prefix > 32) return null;
  return new NetworkAddress(address as u32, prefix as u32);
}

/** Parses `ADDRESS`, `ADDRESS#PORT` or systemd's `ADDRESS:PORT`. Returns null if it is neither. */
export function parseNameServer(text: string): NameServer | null {
  let mark = text.indexOf("#");
  if (mark < 0) mark = text.indexOf(":");
  const address = parseIpv4(mark < 0 ? text : text.substring(0, mark));
  const port = mark < 0 ? (DNS_PORT as i64) : parseDecimalText(text.substring(mark + 1));
  if (address == NOT_AN_ADDRESS || port < 1 || port > 65535) return null;
  // Includes every unicast address, even of networks that this host is not in.
  return isUnicast(address as u32) ? new NameServer(address as u32, port as u32) : null;
}
