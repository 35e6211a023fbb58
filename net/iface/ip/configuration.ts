/**
 * What a user can configure of a host's interfaces: addresses, routes, MTU, up and down. The
 * methods keep the rest consistent: they add or remove the route to an address's network,
 * invalidate paths, announce new addresses (RFC 5227 section 2.3) and end the connections of
 * removed ones.
 */
import { Random } from "../../../core/random";
import { Tcp } from "../../socket/tcp/tcp";
import { Ipv4Address, isHostAddress, maskOf, UNSPECIFIED } from "../../wire/address";
import { ETHERNET_MTU } from "../../wire/ethernet";
import { Interface } from "../interface";
import { SMALLEST_MTU } from "../link/link";
import { Egress } from "./egress";
import { Route, RouteOrigin } from "./route";
import { RouteMode, RouteTable } from "./routes";
import { TrafficControl } from "./traffic-control";

export class IpConfiguration {
  readonly traffic: TrafficControl;

  constructor(
    readonly routes: RouteTable,
    readonly tcp: Tcp,
    protected readonly egress: Egress,
    protected readonly random: Random,
  ) {
    this.traffic = new TrafficControl(egress, random);
  }

  /**
   * Adds an address to the interface, or changes its prefix length. Returns false if no host can
   * have the address, the prefix length is not from 1 to 32, or the interface already has
   * INTERFACE_ADDRESSES others.
   */
  setAddress(iface: Interface, address: Ipv4Address, prefix: u32): bool {
    if (!isHostAddress(address, prefix)) return false;
    const known = iface.ipv4.find(address);
    const before = known == null ? 32 : known.prefix;
    if (known != null && before == prefix) return true;
    if (!iface.ipv4.add(address, prefix)) return false;
    if (known != null) this.removeNetwork(iface, address, before);
    if (iface.ipv4.sharing(address, prefix) == iface.ipv4.count) {
      this.addNetwork(iface, address, prefix);
    }
    this.egress.paths.invalidate();
    if (iface.up) iface.conflicts.announce(iface.ipv4.find(address)!, this.egress.now);
    return true;
  }

  /** Removes an address, its routes and its connections; returns false if it does not exist. */
  removeAddress(iface: Interface, address: Ipv4Address): bool {
    const own = iface.ipv4.find(address);
    if (own == null) return false;
    const prefix = own.prefix;
    iface.ipv4.remove(address);
    this.removeNetwork(iface, address, prefix);
    this.routes.addressGone(iface, address);
    this.egress.paths.invalidate();
    this.tcp.addressGone(address);
    return true;
  }

  /** Adds the route to an address's network, once for all of the addresses in it. */
  private addNetwork(iface: Interface, address: Ipv4Address, prefix: u32): void {
    if (prefix == 32 || !iface.up) return;
    const network = address & maskOf(prefix);
    const route = new Route(network, prefix, UNSPECIFIED, iface, 0, RouteOrigin.Kernel);
    route.source = address;
    this.routes.add(route, RouteMode.Append);
  }

  /** Deletes the route to an address's network, or gives it another source in that network. */
  private removeNetwork(iface: Interface, address: Ipv4Address, prefix: u32): void {
    if (!this.routes.removeNetwork(iface, address, prefix)) return;
    const heir = iface.ipv4.sharing(address, prefix);
    if (heir < iface.ipv4.count) this.addNetwork(iface, iface.ipv4.at(heir).address, prefix);
  }

  /**
   * Switches an interface on or off (`ip link set`); flushes all but permanent neighbors. As in
   * Linux, its routes go when it goes down, and only those to its networks return when it is up.
   */
  setUp(iface: Interface, up: bool): void {
    if (iface.up == up) return;
    iface.up = up;
    if (!up) iface.timesDown++;
    iface.device.setUp(up);
    iface.neighbors.flush(false);
    if (!up) this.routes.removeDown();
    for (let i: u32 = 0; up && i < iface.ipv4.count; i++) {
      const own = iface.ipv4.at(i);
      if (!iface.ipv4.isSecondary(i)) this.addNetwork(iface, own.address, own.prefix);
    }
    this.egress.paths.invalidate();
    if (up) this.announceAll(iface);
  }

  /** Sets the MTU; returns false if it is not from SMALLEST_MTU to ETHERNET_MTU bytes. */
  setMtu(iface: Interface, mtu: u32): bool {
    if (mtu < SMALLEST_MTU || mtu > ETHERNET_MTU) return false;
    iface.mtu = mtu;
    this.egress.paths.invalidate();
    return true;
  }

  /** Starts probing for `address` on the link; see ConflictDetection.probe. */
  probe(iface: Interface, address: Ipv4Address): void {
    iface.conflicts.probe(address, this.random, this.egress.now);
  }

  /** Reports whether an interface other than the loopback has this address. */
  owns(address: Ipv4Address): bool {
    return this.egress.owns(address);
  }

  /** Announces all addresses of the interface. */
  protected announceAll(iface: Interface): void {
    const conflicts = iface.conflicts;
    const ipv4 = iface.ipv4;
    for (let i: u32 = 0; i < ipv4.count; i++) conflicts.announce(ipv4.at(i), this.egress.now);
  }
}
