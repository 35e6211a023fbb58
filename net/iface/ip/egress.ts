/**
 * Sends packets (RFC 791, RFC 1122 section 3.3): prepends the IPv4 header to what sockets send,
 * fragments long packets, and passes packets to the link or to the neighbor cache.
 */
import { Random } from "../../../core/random";
import { FramePool } from "../../phy/pool";
import { Path } from "../../socket/path";
import { PacketSink, SendResult } from "../../socket/sink";
import { Ipv4Address, isLoopback } from "../../wire/address";
import { ETHERTYPE_IPV4 } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import {
  DONT_FRAGMENT,
  emitIpv4,
  IPV4_HEADER,
  IPV4_LONGEST,
  ipv4Start,
  MORE_FRAGMENTS,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../wire/ipv4";
import { IpCounter } from "../counters";
import { Interface } from "../interface";
import { TurnTime } from "../qdisc/scheduler";
import { Ipv4Identification } from "./ipv4-identification";
import { Ipv4Paths, LOOPBACK_LINK, NEIGHBOR_FIXED, NEIGHBOR_UNKNOWN } from "./ipv4-paths";
import { RouteTable } from "./routes";
import { RuleTable } from "./rules";

export class Egress implements PacketSink, TurnTime {
  /** The time of the turn, in microseconds since boot; `IpLayer.poll` sets it. */
  now: i64 = 0;
  /** The devices' interfaces, without the loopback. */
  readonly interfaces: Array<Interface>;
  readonly rules: RuleTable;
  readonly paths: Ipv4Paths;
  private readonly identification: Ipv4Identification;

  constructor(
    private readonly routes: RouteTable,
    readonly loopback: Interface,
    readonly pool: FramePool,
    random: Random,
  ) {
    const interfaces: Array<Interface> = [];
    this.interfaces = interfaces;
    const rules = new RuleTable(routes);
    this.rules = rules;
    this.paths = new Ipv4Paths(routes, rules, loopback, interfaces);
    this.identification = new Ipv4Identification(random);
  }

  /** Reports whether an interface other than the loopback has this address. */
  owns(address: Ipv4Address): bool {
    return this.paths.owns(address);
  }

  /** Reports whether a packet sent by `iface` can have the source `address`. */
  canSendFrom(iface: Interface, address: Ipv4Address): bool {
    return isLoopback(address) ? iface === this.loopback : this.owns(address);
  }

  /** Returns the interface of a path for which `lookUp` has found a route. */
  interfaceOf(path: Path): Interface {
    const link = path.link;
    return link == LOOPBACK_LINK ? this.loopback : unchecked(this.interfaces[link]);
  }

  /** See PacketSink.lookUp. */
  lookUp(path: Path): bool {
    if (!path.isCurrent(this.routes.generation)) this.paths.lookUp(path);
    if (path.mtu != 0) return true;
    this.loopback.counters.add(IpCounter.OutNoRoutes);
    return false;
  }

  /** See PacketSink.allocate. */
  allocate(path: Path): Frame | null {
    if (this.lookUp(path)) {
      const iface = this.interfaceOf(path);
      if (!makeRoom(iface)) return this.allocateScheduled(iface, path);
    }
    return this.pool.allocate();
  }

  /** Returns a frame if the interface has a scheduler with room for this path, else null. */
  private allocateScheduled(iface: Interface, path: Path): Frame | null {
    const scheduler = iface.scheduler;
    if (scheduler == null || !scheduler.admits(path)) return null;
    const frame = this.pool.allocate();
    if (frame != null) scheduler.expect(path, frame);
    return frame;
  }

  /** See PacketSink.send. TCP sets DF (RFC 1191) unless the path is `fragmentable`. */
  send(frame: Frame, path: Path, protocol: u32): SendResult {
    const total = frame.length + IPV4_HEADER;
    if (total > path.mtu) {
      this.pool.release(frame);
      return path.mtu == 0 ? SendResult.Unreachable : SendResult.TooLong;
    }
    const source = path.source.ipv4;
    const destination = path.destination.ipv4;
    // A packet with DF set needs no identification (RFC 6864 section 4.1).
    let fragment = DONT_FRAGMENT;
    if (protocol != PROTOCOL_TCP || path.fragmentable)
      fragment = this.identification.next(destination, protocol) << 16;
    const first = ipv4Start(path.headerStart, total);
    const life = path.timeToLive | (protocol << 8);
    emitIpv4(frame.push(IPV4_HEADER), first, fragment, life, source, destination);
    const iface = this.interfaceOf(path);
    count(iface, protocol);
    output(iface, path, frame, this.now);
    return SendResult.Sent;
  }

  /** See PacketSink.confirm. */
  confirm(path: Path): void {
    const index = path.neighbor;
    if (path.mtu == 0 || index == NEIGHBOR_FIXED) return;
    const neighbors = this.interfaceOf(path).neighbors;
    const nextHop = path.nextHop;
    const entry = index == NEIGHBOR_UNKNOWN ? neighbors.find(nextHop) : neighbors.at(index);
    if (entry != null && entry.address.equals(nextHop)) neighbors.confirm(entry, this.now);
  }

  /** Reports whether packets leave without waiting: there is a route, and the next hop is known. */
  reaches(path: Path): bool {
    if (!this.lookUp(path)) return false;
    if (path.neighbor == NEIGHBOR_FIXED) return true;
    const entry = this.interfaceOf(path).neighbors.find(path.nextHop);
    return entry != null && (entry.known || entry.until > this.now);
  }

  /** See PacketSink.sendBytes. */
  sendBytes(pointer: usize, length: u32, path: Path, protocol: u32): SendResult {
    if (!this.lookUp(path)) return SendResult.Unreachable;
    if (length > IPV4_LONGEST - IPV4_HEADER) return SendResult.TooLong;
    const iface = this.interfaceOf(path);
    const room = path.room;
    const chunk = length <= room ? length : room & ~7;
    const scheduler = iface.scheduler;
    if (!makeRoom(iface) && (scheduler == null || !scheduler.admits(path))) return SendResult.Busy;
    if (length > room && this.pool.available < length / chunk + 1) return SendResult.Busy;
    const source = path.source.ipv4;
    const destination = path.destination.ipv4;
    const id = this.identification.next(destination, protocol) << 16;
    const life = path.timeToLive | (protocol << 8);
    let offset: u32 = 0;
    do {
      const frame = this.pool.allocate();
      if (frame == null) return SendResult.Busy;
      if (scheduler != null) scheduler.expect(path, frame);
      const size = min(chunk, length - offset);
      memory.copy(frame.append(size), pointer + offset, size as usize);
      const more = offset + size < length ? MORE_FRAGMENTS : 0;
      const fragment = id | more | (offset >>> 3);
      const header = frame.push(IPV4_HEADER);
      const first = ipv4Start(path.headerStart, size + IPV4_HEADER);
      emitIpv4(header, first, fragment, life, source, destination);
      if (length > room) iface.counters.add(IpCounter.FragCreates);
      if (offset != 0) makeRoom(iface);
      output(iface, path, frame, this.now);
      offset += size;
    } while (offset < length);
    if (length > room) iface.counters.add(IpCounter.FragOKs);
    count(iface, protocol);
    return SendResult.Sent;
  }
}

/** Transmits a packet to its next hop, directly if the hardware address is known. */
function output(iface: Interface, path: Path, frame: Frame, now: i64): void {
  iface.counters.addMany(IpCounter.OutOctets, frame.length);
  const index = path.neighbor;
  if (index == NEIGHBOR_FIXED) {
    iface.transmit(frame, path.hardware, ETHERTYPE_IPV4, now);
    return;
  }
  const nextHop = path.nextHop;
  if (index != NEIGHBOR_UNKNOWN) {
    // The entry may have been reused for another neighbor.
    const known = iface.neighbors.at(index);
    if (known.address.equals(nextHop) && known.until > now) {
      known.usedAt = now;
      iface.transmit(frame, known.hardware, ETHERTYPE_IPV4, now);
      return;
    }
  }
  const gateway = !nextHop.equals(path.destination);
  const entry = iface.neighbors.send(nextHop, gateway, frame, now);
  path.neighbor = entry == null ? NEIGHBOR_UNKNOWN : entry.index;
}

function count(iface: Interface, protocol: u32): void {
  const counters = iface.counters;
  counters.add(IpCounter.OutRequests);
  if (protocol == PROTOCOL_UDP) counters.add(IpCounter.UdpOutDatagrams);
  else if (protocol == PROTOCOL_ICMP) counters.add(IpCounter.IcmpOutMsgs);
}

/** Reports whether the device has room, and flushes it if not. False if a scheduler decides. */
function makeRoom(iface: Interface): bool {
  const output = iface.output;
  if (output.canTransmit()) return true;
  // A scheduler picks frames only after all sockets have queued theirs.
  if (iface.scheduler != null) return false;
  output.flush();
  return output.canTransmit();
}
