/**
 * The IP layer: the interfaces, routes and sockets of one host, and what moves them on (`poll`).
 * RFC 1122 section 3, as a host that does not forward.
 */
import { INTERFACES, RECEIVE_BATCH } from "../../core/limits";
import { Pollable } from "../../core/pollable";
import { Random } from "../../core/random";
import { earlier, MILLISECOND } from "../../core/time";
import { NetworkDevice } from "../phy/device";
import { LoopbackDevice } from "../phy/loopback";
import { FramePool } from "../phy/pool";
import { EchoTable } from "../socket/echo";
import { ANY_DEVICE, Path } from "../socket/path";
import { TcpConnection } from "../socket/tcp/connection";
import { Tcp } from "../socket/tcp/tcp";
import { UdpTable } from "../socket/udp";
import { Ipv4Address, isUnicast, maskOf } from "../wire/address";
import { ETHERNET_MTU } from "../wire/ethernet";
import { Frame } from "../wire/frame";
import { Interface, PacketTap, SMALLEST_MTU } from "./interface";
import { Egress } from "./ip/egress";
import { Icmp } from "./ip/icmp";
import { Ingress } from "./ip/ingress";
import { RouteOrigin, RouteResult, RouteTable } from "./ip/routes";

/** When everything waits for a device that takes nothing more: how soon to try again. */
const DEVICE_WAIT: i64 = MILLISECOND;

export class IpLayer implements Pollable {
  readonly routes: RouteTable;
  readonly udp: UdpTable;
  readonly tcp: Tcp;
  readonly echo: EchoTable;
  /** Packets from this host to itself; it is none of `interfaces`. */
  readonly loopback: Interface;
  readonly interfaces: Array<Interface>;
  readonly ingress: Ingress;
  private readonly egress: Egress;
  private readonly icmp: Icmp;
  private readonly loopbackDevice: LoopbackDevice;
  private tapped: PacketTap | null = null;
  private readonly path: Path = new Path();
  /** The time of the last poll. */
  now: i64 = 0;
  /** True while sockets have something to send and the devices take nothing. */
  private blocked: bool = false;

  constructor(
    readonly pool: FramePool,
    private readonly random: Random,
  ) {
    const routes = new RouteTable();
    const loopbackDevice = new LoopbackDevice(pool);
    const loopback = new Interface(ANY_DEVICE, "lo", loopbackDevice, pool);
    const udp = new UdpTable(random);
    const tcp = new Tcp(random);
    const echo = new EchoTable(random);
    const egress = new Egress(routes, loopback, pool, random);
    const icmp = new Icmp(egress, udp, tcp, echo, random);
    this.routes = routes;
    this.loopbackDevice = loopbackDevice;
    this.loopback = loopback;
    this.interfaces = egress.interfaces;
    this.udp = udp;
    this.tcp = tcp;
    this.echo = echo;
    this.egress = egress;
    this.icmp = icmp;
    this.ingress = new Ingress(egress, icmp, udp, tcp);
  }

  // --- interfaces and addresses ---

  /** Takes a device into use as the next of net0, net1, ...; at most INTERFACES. */
  addInterface(device: NetworkDevice): Interface {
    const index = this.interfaces.length;
    assert((index as u32) < INTERFACES, "there are as many interfaces as limits.ts allows");
    const iface = new Interface(index, "net" + index.toString(), device, this.pool);
    iface.now = this.now;
    iface.tap = this.tapped;
    this.interfaces.push(iface);
    this.egress.paths.invalidate();
    return iface;
  }

  /** The interface of that name, or null. */
  interfaceNamed(name: string): Interface | null {
    for (let i = 0; i < this.interfaces.length; i++) {
      if (this.interfaces[i].name == name) return this.interfaces[i];
    }
    return null;
  }

  /** Who sees every frame, or null. */
  get tap(): PacketTap | null {
    return this.tapped;
  }
  set tap(to: PacketTap | null) {
    this.tapped = to;
    this.loopback.tap = to;
    for (let i = 0; i < this.interfaces.length; i++) this.interfaces[i].tap = to;
  }

  /**
   * Gives the interface an address besides those it has, or changes its prefix length; the route
   * to its network comes with it, and the link is told (RFC 5227 section 2.3). False: the
   * address is no host's, the prefix longer than 32, or there are as many as can be.
   */
  setAddress(iface: Interface, address: Ipv4Address, prefix: u32): bool {
    if (!isUnicast(address) || prefix == 0 || prefix > 32) return false;
    const network = address & maskOf(prefix);
    if (prefix < 31 && (address == network || address == (network | ~maskOf(prefix)))) {
      return false;
    }
    const known = iface.find(address);
    if (known != null) {
      if (known.prefix == prefix) return true;
      this.removeNetwork(iface, address, known.prefix);
    }
    if (!iface.addAddress(address, prefix)) return false;
    if (prefix < 32) {
      this.routes.add(network, prefix, 0, iface, 0, RouteOrigin.Kernel, address);
    }
    this.egress.paths.invalidate();
    if (iface.up) iface.guard.announce(iface, iface.find(address)!);
    return true;
  }

  /** Takes an address away: its routes go, and connections from it end. False: it is not there. */
  removeAddress(iface: Interface, address: Ipv4Address): bool {
    const own = iface.find(address);
    if (own == null) return false;
    const prefix = own.prefix;
    iface.dropAddress(address);
    this.removeNetwork(iface, address, prefix);
    this.routes.addressGone(iface, address);
    this.egress.paths.invalidate();
    this.tcp.addressGone(address);
    return true;
  }

  /** Deletes the route to the network of an own address; another address in it takes it over. */
  private removeNetwork(iface: Interface, address: Ipv4Address, prefix: u32): void {
    const network = address & maskOf(prefix);
    const index = this.routes.find(network, prefix, 0);
    if (index < 0 || this.routes.at(index).source != address) return;
    this.routes.removeAt(index);
    const heir = iface.onLink(address);
    if (heir == null || heir.address == address || heir.prefix != prefix) return;
    this.routes.add(network, prefix, 0, iface, 0, RouteOrigin.Kernel, heir.address);
  }

  /** `ip route add`; see RouteTable.add. */
  addRoute(
    destination: Ipv4Address,
    prefix: u32,
    gateway: Ipv4Address,
    iface: Interface,
    metric: u32,
    origin: RouteOrigin,
  ): RouteResult {
    return this.routes.add(destination, prefix, gateway, iface, metric, origin);
  }

  /** Switches an interface on or off (`ip link set`); its neighbours are then forgotten. */
  setUp(iface: Interface, up: bool): void {
    if (iface.up == up) return;
    iface.up = up;
    iface.device.setUp(up);
    iface.neighbors.flush(iface, false);
    this.egress.paths.invalidate();
    if (up) this.announceAll(iface);
  }

  /** Sets the largest packet; false: not from SMALLEST_MTU to ETHERNET_MTU bytes. */
  setMtu(iface: Interface, mtu: u32): bool {
    if (mtu < SMALLEST_MTU || mtu > ETHERNET_MTU) return false;
    iface.mtu = mtu;
    this.egress.paths.invalidate();
    return true;
  }

  /** Starts to ask whether anyone on the link uses `address`; see AddressGuard.probe. */
  probe(iface: Interface, address: Ipv4Address): void {
    iface.guard.probe(iface, address, this.random);
  }

  /** True when `address` is one of this host's. */
  owns(address: Ipv4Address): bool {
    return this.egress.owns(address);
  }

  private announceAll(iface: Interface): void {
    for (let i: u32 = 0; i < iface.addressCount; i++) {
      iface.guard.announce(iface, iface.addressAt(i));
    }
  }

  // --- the turn ---

  /**
   * Receives up to RECEIVE_BATCH frames from each device, then lets every socket answer what
   * came, once, then tells the devices to send. True: there is more to do at once.
   */
  poll(now: i64): bool {
    this.now = now;
    const interfaces = this.interfaces;
    let more = this.pollInterface(this.loopback);
    for (let i = 0; i < interfaces.length; i++) {
      if (this.pollInterface(interfaces[i])) more = true;
    }
    this.ingress.poll(now, interfaces);
    const udpBusy = this.udp.dispatch(now, this.egress);
    const tcpBusy = this.tcp.dispatch(now, this.egress);
    const echoBusy = this.echo.dispatch(now, this.egress);
    let room = false;
    for (let i = 0; i < interfaces.length; i++) {
      const device = interfaces[i].device;
      device.flush();
      if (device.canTransmit()) room = true;
    }
    const busy = udpBusy || tcpBusy || echoBusy;
    this.blocked = busy && !room;
    return more || (busy && room) || this.loopbackDevice.queued > 0;
  }

  /** Receives from one device and does what its timers ask. True: there may be more. */
  private pollInterface(iface: Interface): bool {
    iface.now = this.now;
    const device = iface.device;
    if (device.linkUp() != iface.linkUp) this.linkChanged(iface);
    let left = RECEIVE_BATCH;
    while (left > 0) {
      const frame = device.receive();
      if (frame == null) break;
      if (iface.up) this.ingress.process(iface, frame);
      else this.pool.release(frame);
      left--;
    }
    iface.guard.poll(iface);
    this.fail(iface, iface.neighbors.poll(iface));
    return left == 0;
  }

  private linkChanged(iface: Interface): void {
    iface.linkUp = !iface.linkUp;
    iface.linkChanges++;
    iface.neighbors.doubt();
    if (iface.linkUp && iface.up) this.announceAll(iface);
  }

  /** Tells the sockets of packets that no neighbour took, and ends the packets. */
  private fail(iface: Interface, lost: Frame | null): void {
    let frame = lost;
    while (frame != null) {
      const next = frame.next;
      iface.counters.neighborUnreachable++;
      this.icmp.reportLost(this.now, frame.start, frame.length);
      this.pool.release(frame);
      frame = next;
    }
  }

  /** When `poll` has something to do though nothing is received. */
  pollAt(now: i64): i64 {
    if (this.loopbackDevice.queued > 0) return now;
    let sockets = earlier(this.udp.pollAt(), earlier(this.tcp.pollAt(), this.echo.pollAt()));
    if (this.blocked && sockets < now + DEVICE_WAIT) sockets = now + DEVICE_WAIT;
    let at = earlier(sockets, this.ingress.reassembly.timer);
    for (let i = 0; i < this.interfaces.length; i++) {
      const iface = this.interfaces[i];
      at = earlier(at, earlier(iface.neighbors.timer, iface.guard.timer));
    }
    return at;
  }

  // --- toward others ---

  /** Begins a TCP connection; see Tcp.connect. */
  connect(now: i64, address: Ipv4Address, port: u32): TcpConnection | null {
    return this.tcp.connect(now, address, port, this.egress);
  }

  /**
   * Looks up the path to a destination. It belongs to the layer, and is valid until the next
   * call; `mtu` is 0 if there is no route.
   */
  pathTo(destination: Ipv4Address): Path {
    const path = this.path;
    path.towardIpv4(destination);
    this.egress.update(path);
    return path;
  }

  /** The interface that a path leaves by, the loopback too; null: there is no route. */
  interfaceOf(path: Path): Interface | null {
    return path.mtu == 0 ? null : this.egress.interfaceOf(path);
  }
}
