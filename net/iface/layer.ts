/**
 * The IP layer of a host that does not forward (RFC 1122 section 3): its interfaces, routes and
 * sockets. `poll` runs one turn of them all.
 */
import { EGRESS_BATCH, INTERFACES, RECEIVE_BATCH } from "../../core/limits";
import { Random } from "../../core/random";
import { earlier } from "../../core/time";
import { NetworkDevice } from "../phy/device";
import { LoopbackDevice } from "../phy/loopback";
import { FramePool } from "../phy/pool";
import { EchoTable } from "../socket/echo";
import { ANY_DEVICE, Path } from "../socket/path";
import { TcpConnection } from "../socket/tcp/connection";
import { SocketOptions } from "../socket/tcp/socket-options";
import { Tcp } from "../socket/tcp/tcp";
import { UdpTable } from "../socket/udp";
import { Ipv4Address } from "../wire/address";
import { Frame } from "../wire/frame";
import { IpCounter } from "./counters";
import { Interface } from "./interface";
import { IpConfiguration } from "./ip/configuration";
import { Egress } from "./ip/egress";
import { Icmp } from "./ip/icmp";
import { Ingress } from "./ip/ingress";
import { RouteTable } from "./ip/routes";
import { RuleTable } from "./ip/rules";
import { PacketTap } from "./link/link";
import { DEVICE_WAIT } from "./qdisc/scheduler";

export class IpLayer extends IpConfiguration {
  readonly udp: UdpTable;
  readonly echo: EchoTable;
  readonly ingress: Ingress;
  /** The loopback interface, which is not in `interfaces`. */
  readonly loopback: Interface;
  readonly interfaces: Array<Interface>;
  readonly rules: RuleTable;
  private readonly icmp: Icmp;
  private readonly loopbackDevice: LoopbackDevice;
  private tapped: PacketTap | null = null;
  private readonly path: Path = new Path();
  /** Whether sockets have something to send, but devices or queues are full. */
  private blocked: bool = false;
  /** Whether a device is full or has a scheduler, whose queues need attention. */
  private congested: bool = false;

  constructor(
    readonly pool: FramePool,
    random: Random,
  ) {
    const routes = new RouteTable();
    const loopbackDevice = new LoopbackDevice(pool);
    const loopback = new Interface(ANY_DEVICE, "lo", loopbackDevice, pool);
    const udp = new UdpTable(random);
    const tcp = new Tcp(random);
    const echo = new EchoTable(random);
    const egress = new Egress(routes, loopback, pool, random);
    const icmp = new Icmp(egress, udp, tcp, echo, random);
    super(routes, tcp, egress, random);
    this.udp = udp;
    this.echo = echo;
    this.ingress = new Ingress(egress, icmp, udp, tcp);
    this.loopbackDevice = loopbackDevice;
    this.loopback = loopback;
    this.interfaces = egress.interfaces;
    this.rules = egress.rules;
    this.icmp = icmp;
  }

  // --- interfaces ---

  /** Adds an interface for a device and names it net0, net1, ...; at most INTERFACES. */
  addInterface(device: NetworkDevice): Interface {
    const index = this.interfaces.length;
    assert((index as u32) < INTERFACES, "there are already INTERFACES interfaces");
    const iface = new Interface(index, "net" + index.toString(), device, this.pool);
    iface.tap = this.tapped;
    this.interfaces.push(iface);
    this.egress.paths.invalidate();
    return iface;
  }

  /** Returns the interface of that name, or null; does not find the loopback. */
  interfaceNamed(name: string): Interface | null {
    for (let i = 0; i < this.interfaces.length; i++) {
      if (this.interfaces[i].name == name) return this.interfaces[i];
    }
    return null;
  }

  /** The tap of all interfaces, or null. */
  get tap(): PacketTap | null {
    return this.tapped;
  }
  set tap(to: PacketTap | null) {
    this.tapped = to;
    this.loopback.tap = to;
    for (let i = 0; i < this.interfaces.length; i++) this.interfaces[i].tap = to;
  }

  // --- the turn ---

  /** The time of the last poll, in microseconds since boot. */
  get now(): i64 {
    return this.egress.now;
  }

  /**
   * Receives up to RECEIVE_BATCH frames from each device, lets the sockets send, and flushes the
   * devices. Reports whether there is more to do at once.
   */
  poll(now: i64): bool {
    this.egress.now = now;
    const interfaces = this.interfaces;
    const count = interfaces.length;
    let more = this.pollInterface(this.loopback, now);
    for (let i = 0; i < count; i++) {
      if (this.pollInterface(unchecked(interfaces[i]), now)) more = true;
    }
    this.ingress.poll(now, interfaces);
    const udpBusy = this.udp.dispatch(now, this.egress);
    const tcpBusy = this.tcp.dispatch(now, this.egress);
    const echoBusy = this.echo.dispatch(now, this.egress);
    let congested = false;
    for (let i = 0; i < count; i++) {
      const output = unchecked(interfaces[i]).output;
      output.flush();
      if (!output.canTransmit()) congested = true;
    }
    const busy = udpBusy || tcpBusy || echoBusy;
    this.congested = congested;
    if (congested) more = this.relieved(busy) || more;
    else if (busy) more = true;
    return more || this.loopbackDevice.queued > 0;
  }

  /**
   * Reports whether the next turn can send more although a device is full or has a scheduler.
   * `busy` is true if sockets had to wait.
   */
  private relieved(busy: bool): bool {
    let room = false;
    let waits = false;
    let again = false;
    for (let i = 0; i < this.interfaces.length; i++) {
      const iface = this.interfaces[i];
      const scheduler = iface.scheduler;
      if (scheduler != null) {
        const refused = scheduler.takeRefused();
        if (refused) waits = true;
        if (scheduler.flushed == EGRESS_BATCH || (refused && scheduler.flushed > 0)) again = true;
      } else if (iface.device.canTransmit()) room = true;
    }
    // A device with room does not help sockets that wait for a scheduler.
    const continues = again || (busy && room && !waits);
    this.blocked = busy && !continues;
    return continues;
  }

  /** Receives from one device and runs its timers. Reports whether it may have more frames. */
  private pollInterface(iface: Interface, now: i64): bool {
    const device = iface.device;
    if (device.linkUp() != iface.linkUp) this.linkChanged(iface);
    let left = RECEIVE_BATCH;
    while (left > 0) {
      const frame = device.receive();
      if (frame == null) break;
      if (iface.up) this.ingress.process(iface, frame, now);
      else this.pool.release(frame);
      left--;
    }
    iface.conflicts.poll(now);
    this.reportLost(iface, iface.neighbors.poll(now), now);
    return left == 0;
  }

  private linkChanged(iface: Interface): void {
    iface.linkUp = !iface.linkUp;
    iface.linkChanges++;
    iface.neighbors.markStale();
    // Other interfaces may lead to the same destinations.
    this.egress.paths.invalidate();
    if (iface.linkUp && iface.up) this.announceAll(iface);
  }

  /** Reports packets to unreachable neighbors to their sockets, and releases them. */
  private reportLost(iface: Interface, lost: Frame | null, now: i64): void {
    let frame = lost;
    while (frame != null) {
      const next = frame.next;
      iface.counters.add(IpCounter.NeighborUnreachable);
      this.icmp.reportLost(now, frame.start, frame.length);
      this.pool.release(frame);
      frame = next;
    }
  }

  /** Returns when to call `poll` next if no frame arrives. */
  pollAt(now: i64): i64 {
    if (this.loopbackDevice.queued > 0) return now;
    let sockets = earlier(this.udp.pollAt(), earlier(this.tcp.pollAt(), this.echo.pollAt()));
    if (this.congested) sockets = this.congestedPollAt(sockets, now);
    let at = earlier(sockets, this.ingress.reassembly.timer);
    const interfaces = this.interfaces;
    for (let i = 0, count = interfaces.length; i < count; i++) {
      const iface = unchecked(interfaces[i]);
      at = earlier(at, earlier(iface.neighbors.timer, iface.conflicts.timer));
    }
    return at;
  }

  /** Returns when to poll while congested; sockets want to be polled at `sockets`. */
  private congestedPollAt(sockets: i64, now: i64): i64 {
    let at = this.blocked && sockets < now + DEVICE_WAIT ? now + DEVICE_WAIT : sockets;
    for (let i = 0; i < this.interfaces.length; i++) {
      const scheduler = this.interfaces[i].scheduler;
      if (scheduler != null) at = earlier(at, scheduler.pollAt(now));
    }
    return at;
  }

  // --- connections and paths ---

  /** Opens a TCP connection; see Tcp.connect. */
  connect(
    now: i64,
    address: Ipv4Address,
    port: u32,
    options: SocketOptions | null = null,
  ): TcpConnection | null {
    return this.tcp.connect(now, address, port, this.egress, options);
  }

  /**
   * Looks up the path to a destination; its `mtu` is 0 if there is no route. The layer reuses the
   * path in the next call.
   */
  pathTo(destination: Ipv4Address, mark: u32 = 0): Path {
    const path = this.path;
    path.setMark(mark);
    path.towardIpv4(destination);
    this.egress.lookUp(path);
    return path;
  }

  /** Looks a path up if it is out of date. Reports whether there is a route. */
  lookUp(path: Path): bool {
    return this.egress.lookUp(path);
  }

  /** Reports whether packets on a path leave without waiting for ARP. */
  reaches(path: Path): bool {
    return this.egress.reaches(path);
  }

  /** Returns the interface of a path, possibly the loopback; null if there is no route. */
  interfaceOf(path: Path): Interface | null {
    return path.mtu == 0 ? null : this.egress.interfaceOf(path);
  }
}
