/**
 * The way out (RFC 791, RFC 1122 section 3.3.1): finds interface, next hop and own address for a
 * destination, puts the IPv4 header in front, cuts what is too long into fragments, and hands
 * the packet to the neighbour cache.
 */
import { IP_IDENTIFICATIONS } from "../../core/limits";
import { Random } from "../../core/random";
import { FramePool } from "../phy/pool";
import { PacketSink, SendResult } from "../socket/sink";
import { Broadcaster } from "../socket/udp";
import {
  BROADCAST_ADDRESS,
  BROADCAST_HARDWARE,
  Ipv4Address,
  isLoopback,
  isMulticast,
  isUnicast,
} from "../wire/address";
import { ETHERTYPE_IPV4 } from "../wire/ethernet";
import { Frame } from "../wire/frame";
import {
  DEFAULT_TTL,
  DONT_FRAGMENT,
  emitIpv4,
  IPV4_HEADER,
  IPV4_LONGEST,
  MORE_FRAGMENTS,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4";
import { Interface } from "./interface";
import { Neighbor } from "./neighbor";
import { Route, RouteTable } from "./route";

const LOCALHOST: Ipv4Address = 0x7f000001;
/** 01:00:5e and the low 23 bits of the group (RFC 1112 section 6.4). */
const MULTICAST_HARDWARE: u64 = 0x0100_5e00_0000;

export class Egress implements PacketSink, Broadcaster {
  /** The first INTERFACES are the devices', and `loopback` is none of them. */
  readonly interfaces: Array<Interface> = [];

  // The answer to the last `find`, which is mostly also that to the next.
  private lookedUp: Ipv4Address = 0;
  private generation: u32 = 0;
  private found: Interface | null = null;
  private nextHop: Ipv4Address = 0;
  private source: Ipv4Address = 0;
  /** The next hop's entry, once it was used: still its own if the address is. */
  private neighbor: Neighbor | null = null;

  /** True when there is more than one own address; else `only` is it, or 0. */
  private several: bool = false;
  private only: Ipv4Address = 0;

  private readonly identifications: StaticArray<u16> = new StaticArray<u16>(IP_IDENTIFICATIONS);
  private readonly secret: u32;

  constructor(
    readonly routes: RouteTable,
    readonly loopback: Interface,
    readonly pool: FramePool,
    random: Random,
  ) {
    for (let i: u32 = 0; i < IP_IDENTIFICATIONS; i++) {
      this.identifications[i] = random.next32() as u16;
    }
    this.secret = random.next32() | 1;
  }

  /** True when any interface has this address. */
  owns(address: Ipv4Address): bool {
    if (!this.several) return address == this.only && address != 0;
    const interfaces = this.interfaces;
    for (let i = 0; i < interfaces.length; i++) {
      if (interfaces[i].owns(address)) return true;
    }
    return false;
  }

  /** True when a packet that went out by `iface` can have been sent from `address`. */
  sentBy(iface: Interface, address: Ipv4Address): bool {
    return isLoopback(address) ? iface === this.loopback : this.owns(address);
  }

  /** Addresses, routes or interfaces changed: what was found is out of date. */
  invalidate(): void {
    this.lookedUp = 0;
    this.found = null;
    this.neighbor = null;
    this.only = 0;
    let count: u32 = 0;
    for (let i = 0; i < this.interfaces.length; i++) {
      const iface = this.interfaces[i];
      iface.neighbors.forgetGateways();
      count += iface.addressCount;
      if (iface.address != 0) this.only = iface.address;
    }
    this.several = count > 1;
  }

  /** The interface toward `destination`, or null; next hop and source are noted beside it. */
  find(destination: Ipv4Address): Interface | null {
    if (destination != this.lookedUp || this.generation != this.routes.generation) {
      if (this.generation != this.routes.generation) this.invalidate();
      this.generation = this.routes.generation;
      this.lookedUp = destination;
      this.nextHop = destination;
      this.neighbor = null;
      this.found = this.lookUp(destination);
    }
    return this.found;
  }

  private lookUp(destination: Ipv4Address): Interface | null {
    if (isLoopback(destination) || this.owns(destination)) {
      this.source = isLoopback(destination) ? LOCALHOST : destination;
      return this.loopback;
    }
    const group = destination == BROADCAST_ADDRESS || isMulticast(destination);
    // In 0/8 and in 240/4 there is no host.
    if (!group && !isUnicast(destination)) return null;
    let route: Route | null = null;
    if (destination != BROADCAST_ADDRESS) route = this.routes.lookup(destination);
    if (route == null) {
      if (!group) return null;
      const iface = this.firstUp();
      this.source = iface == null ? 0 : iface.address;
      return iface;
    }
    if (route.gateway != 0 && !isMulticast(destination)) this.nextHop = route.gateway;
    this.source = route.source != 0 ? route.source : route.iface.sourceFor(this.nextHop);
    return route.iface;
  }

  private firstUp(): Interface | null {
    const interfaces = this.interfaces;
    for (let i = 0; i < interfaces.length; i++) if (interfaces[i].up) return interfaces[i];
    return null;
  }

  /** See `PacketSink.allocate`; without a route it answers a frame, and `send` says so. */
  allocate(destination: Ipv4Address): Frame | null {
    const iface = this.find(destination);
    if (iface != null && !hasRoom(iface)) return null;
    return this.pool.allocate();
  }

  /** See `PacketSink.mtu`. */
  mtu(destination: Ipv4Address): u32 {
    const iface = this.find(destination);
    return iface == null ? 0 : iface.mtu;
  }

  /** See `PacketSink.sourceAddress`. */
  sourceAddress(destination: Ipv4Address): Ipv4Address {
    return this.find(destination) == null ? 0 : this.source;
  }

  /** Who on the link a packet to `destination` is handed to: a gateway, or itself. */
  nextHopOf(destination: Ipv4Address): Ipv4Address {
    return this.find(destination) == null ? destination : this.nextHop;
  }

  /** See `PacketSink.isHost`. */
  isHost(destination: Ipv4Address): bool {
    const iface = this.find(destination);
    return iface != null && (iface === this.loopback || iface.isHost(destination));
  }

  /** See `PacketSink.send`. TCP's packets carry DF (RFC 1191), the others may be cut. */
  send(frame: Frame, source: Ipv4Address, destination: Ipv4Address, protocol: u32): SendResult {
    const iface = this.find(destination);
    const total = frame.length + IPV4_HEADER;
    if (iface == null || total > iface.mtu) {
      this.pool.release(frame);
      return iface == null ? SendResult.Unreachable : SendResult.TooLong;
    }
    const whole = protocol == PROTOCOL_TCP;
    // Of a packet that cannot be cut, the identification means nothing (RFC 6864 section 4.1).
    const id = whole ? 0 : this.identify(destination, protocol);
    const flags = whole ? DONT_FRAGMENT : 0;
    const header = frame.push(IPV4_HEADER);
    emitIpv4(header, total, id, flags, DEFAULT_TTL, protocol, source, destination);
    this.count(iface, protocol);
    this.output(iface, destination, frame);
    return SendResult.Sent;
  }

  /** See `Broadcaster.addressOf`. */
  addressOf(device: u32): Ipv4Address {
    const interfaces = this.interfaces;
    return device < (interfaces.length as u32) ? interfaces[device].address : 0;
  }

  /** See `Broadcaster.broadcast`. */
  broadcast(
    device: u32,
    pointer: usize,
    length: u32,
    source: Ipv4Address,
    protocol: u32,
  ): SendResult {
    const to = BROADCAST_ADDRESS;
    const interfaces = this.interfaces;
    if (device >= (interfaces.length as u32)) return SendResult.Unreachable;
    const iface = interfaces[device];
    if (!iface.up) return SendResult.Unreachable;
    return this.sendBytesBy(iface, pointer, length, source, to, protocol);
  }

  /** See `PacketSink.sendBytes`. */
  sendBytes(
    pointer: usize,
    length: u32,
    source: Ipv4Address,
    destination: Ipv4Address,
    protocol: u32,
  ): SendResult {
    const iface = this.find(destination);
    if (iface == null) return SendResult.Unreachable;
    return this.sendBytesBy(iface, pointer, length, source, destination, protocol);
  }

  /** `sendBytes` by an interface of the caller's choice. */
  sendBytesBy(
    iface: Interface,
    pointer: usize,
    length: u32,
    source: Ipv4Address,
    destination: Ipv4Address,
    protocol: u32,
  ): SendResult {
    if (length > IPV4_LONGEST - IPV4_HEADER) return SendResult.TooLong;
    const room = iface.mtu - IPV4_HEADER;
    const chunk = length <= room ? length : room & ~7;
    if (!hasRoom(iface)) return SendResult.Busy;
    if (length > room && this.pool.available < length / chunk + 1) return SendResult.Busy;
    const id = this.identify(destination, protocol);
    let offset: u32 = 0;
    do {
      const frame = this.pool.allocate();
      if (frame == null) return SendResult.Busy;
      const size = min(chunk, length - offset);
      memory.copy(frame.append(size), pointer + offset, size as usize);
      const more = offset + size < length ? MORE_FRAGMENTS : 0;
      const header = frame.push(IPV4_HEADER);
      const place = more | (offset >>> 3);
      const total = size + IPV4_HEADER;
      emitIpv4(header, total, id, place, DEFAULT_TTL, protocol, source, destination);
      if (length > room) iface.counters.fragmentsOut++;
      if (offset != 0) hasRoom(iface);
      this.output(iface, destination, frame);
      offset += size;
    } while (offset < length);
    if (length > room) iface.counters.fragmented++;
    this.count(iface, protocol);
    return SendResult.Sent;
  }

  /** Hands a packet to the one or to all on the link that it is for. */
  private output(iface: Interface, destination: Ipv4Address, frame: Frame): void {
    const known = this.neighbor;
    if (known != null && destination == this.lookedUp && known.address == this.nextHop) {
      if (known.until > iface.now) {
        known.usedAt = iface.now;
        iface.transmit(frame, known.hardware, ETHERTYPE_IPV4);
        return;
      }
    }
    if (iface === this.loopback) {
      iface.transmit(frame, iface.hardware, ETHERTYPE_IPV4);
      return;
    }
    const nextHop = destination == this.lookedUp ? this.nextHop : destination;
    if (isMulticast(nextHop)) {
      const group = MULTICAST_HARDWARE | ((nextHop & 0x7fffff) as u64);
      iface.transmit(frame, group, ETHERTYPE_IPV4);
    } else if (iface.isBroadcast(nextHop)) {
      iface.transmit(frame, BROADCAST_HARDWARE, ETHERTYPE_IPV4);
    } else {
      const entry = iface.neighbors.send(iface, nextHop, nextHop != destination, frame);
      if (destination == this.lookedUp) this.neighbor = entry;
    }
  }

  /**
   * An identification that no other packet with the same addresses and protocol had lately
   * (RFC 6864 section 4.2), from one of many counters, so that it tells nothing of the traffic
   * to others (RFC 6274 section 3.5).
   */
  private identify(destination: Ipv4Address, protocol: u32): u32 {
    const key = (destination ^ (protocol << 24) ^ (this.secret >>> 7)) * this.secret;
    const index = key >>> 24;
    const id = this.identifications[index & (IP_IDENTIFICATIONS - 1)] + 1;
    this.identifications[index & (IP_IDENTIFICATIONS - 1)] = id;
    return id as u32;
  }

  private count(iface: Interface, protocol: u32): void {
    const counters = iface.counters;
    counters.ipOut++;
    if (protocol == PROTOCOL_TCP) counters.tcpOut++;
    else if (protocol == PROTOCOL_UDP) counters.udpOut++;
    else if (protocol == PROTOCOL_ICMP) counters.icmpOut++;
  }
}

/** True when the device takes a frame, if need be after it has sent what it has. */
function hasRoom(iface: Interface): bool {
  const device = iface.device;
  if (device.canTransmit()) return true;
  device.flush();
  return device.canTransmit();
}
