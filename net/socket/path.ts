/**
 * The route that a socket keeps toward a destination (RFC 1122 section 3.3.1.3 calls it a route
 * cache): source address, next hop and the largest packet that is sent unfragmented. A path records
 * the generation of the tables in which it was looked up, so that one comparison shows whether
 * routes, addresses or interfaces have changed since.
 */
import { FrameQueue } from "../phy/frame-queue";
import { Ipv4Address, UNSPECIFIED } from "../wire/address";
import { IpAddress } from "../wire/ip-address";
import { DEFAULT_TTL, ECN_BITS, IPV4_HEADER, IPV4_START, PROTOCOL_TCP } from "../wire/ipv4";
import { Endpoints } from "./endpoints";
import { SocketError } from "./error";

/** Stands for any interface, in place of an index. */
export const ANY_DEVICE: u32 = 0xffff_ffff;
/** The generation of a path that must be looked up; generations of the tables start at 1. */
const STALE: u32 = 0;
/** The bits of the TOS in its octet (RFC 1349 section 3). */
const TOS_BITS: u32 = 0x1e;

export class Path {
  // Three 16-byte addresses, held inline; see IpAddress.
  destinationHigh: u64 = 0;
  destinationLow: u64 = 0;
  sourceHigh: u64 = 0;
  sourceLow: u64 = 0;
  nextHopHigh: u64 = 0;
  nextHopLow: u64 = 0;
  /** The sum of both addresses, for the pseudo header of UDP and TCP. */
  addressSum: u64 = 0;
  private generation: u32 = STALE;
  /** The largest unfragmented packet, in bytes with its IP header; 0 if there is no route. */
  mtu: u32 = 0;
  /** The largest transport segment, in bytes: `mtu` less the IP header. */
  room: u32 = 0;
  /** The first two bytes of the IP header of packets, in memory order; see `trafficClass`. */
  headerStart: u32 = IPV4_START;
  /** The TTL of the packets. */
  timeToLive: u32 = DEFAULT_TTL;
  /** The index of the only interface that packets may leave by, or ANY_DEVICE. */
  device: u32 = ANY_DEVICE;
  /** Whether the caller chose the source; a lookup then does not change it. */
  sourceFixed: bool = false;
  /** Why there is no route; valid only then. */
  error: SocketError = SocketError.NetworkUnreachable;
  /** The mark of the packets, by which routing rules can select a table (SO_MARK in Linux). */
  mark: u32 = 0;
  /** Distinguishes conversations between the same hosts: made of protocol and ports. */
  flow: u32 = 0;
  /** Whether the route has several next hops, of which `flow` selects one. */
  spread: bool = false;
  /** Whether routers may fragment TCP's packets, because a link's MTU is too small for TCP. */
  fragmentable: bool = false;
  /** Whether the destination can be the address of one host, not of a group or a network. */
  toHost: bool = false;

  // Set and used by the sink alone: the interface, the next hop's index in its neighbor cache, the
  // next hop's hardware address, and the egress queue that the last packet went to.
  link: u32 = 0;
  neighbor: u32 = 0;
  hardware: u64 = 0;
  queue: FrameQueue | null = null;

  get destination(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<Path>("destinationHigh"));
  }
  /** The address of this host that packets are sent from; unspecified if there is none. */
  get source(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<Path>("sourceHigh"));
  }
  /** The station on the link that packets are sent to: a gateway, or the destination itself. */
  get nextHop(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<Path>("nextHopHigh"));
  }

  /** The octet with the DS field and ECN of packets (RFC 2474, RFC 3168), once called TOS. */
  get trafficClass(): u32 {
    return this.headerStart >>> 8;
  }
  set trafficClass(octet: u32) {
    // Routing rules can select a table by these bits.
    if (((this.trafficClass ^ octet) & TOS_BITS) != 0) this.generation = STALE;
    this.headerStart = IPV4_START | ((octet & 0xff) << 8);
  }

  /** Sets the ECN bits of packets (RFC 3168 section 5). */
  setEcn(bits: u32): void {
    this.headerStart = (this.headerStart & ~(ECN_BITS << 8)) | (bits << 8);
  }

  // --- setting the ends: a path that has these ends already stays valid ---

  /** Points the path at a destination; the lookup chooses the source. */
  toward(destination: IpAddress, device: u32 = ANY_DEVICE): void {
    const same = !this.sourceFixed && this.device == device;
    if (same && this.destination.equals(destination)) return;
    this.destination.copyFrom(changetype<usize>(destination));
    this.point(false, device);
  }

  /** As `toward`, for an IPv4 address in host order. */
  towardIpv4(destination: Ipv4Address, device: u32 = ANY_DEVICE): void {
    const same = !this.sourceFixed && this.device == device;
    if (same && this.destination.equalsIpv4(destination)) return;
    this.destination.ipv4 = destination;
    this.point(false, device);
  }

  /** Points the path from the local end of a TCP conversation to the remote one. */
  along(ends: Endpoints): void {
    this.setFlow(PROTOCOL_TCP, ends.ports);
    const same = this.sourceFixed && this.device == ANY_DEVICE && this.source.equals(ends.local);
    if (same && this.destination.equals(ends.remote)) return;
    this.source.copyFrom(changetype<usize>(ends.local));
    this.destination.copyFrom(changetype<usize>(ends.remote));
    this.point(true, ANY_DEVICE);
  }

  /** Points the path at a destination, from a source of the caller's choice. */
  betweenIpv4(source: Ipv4Address, destination: Ipv4Address, device: u32 = ANY_DEVICE): void {
    const same = this.sourceFixed && this.device == device && this.source.equalsIpv4(source);
    if (same && this.destination.equalsIpv4(destination)) return;
    this.source.ipv4 = source;
    this.destination.ipv4 = destination;
    this.point(true, device);
  }

  /** Sets the mark of the packets. */
  setMark(mark: u32): void {
    if (mark != this.mark) this.generation = STALE;
    this.mark = mark;
  }

  /** Sets `flow` from the protocol, and two ports or whatever else identifies a conversation. */
  setFlow(protocol: u32, ports: u32): void {
    const flow = ports ^ (protocol * 0x9e37_79b1);
    if (this.spread && flow != this.flow) this.generation = STALE;
    this.flow = flow;
  }

  private point(sourceFixed: bool, device: u32): void {
    this.sourceFixed = sourceFixed;
    this.device = device;
    this.generation = STALE;
  }

  // --- lookup, for the sink ---

  /** Whether the path was looked up in the tables of this generation. */
  isCurrent(generation: u32): bool {
    return this.generation == generation;
  }

  /** Notes that a lookup found no route, and the error for sending. */
  settleNone(generation: u32, error: SocketError): void {
    this.generation = generation;
    this.queue = null;
    this.error = error;
    if (!this.sourceFixed) this.source.ipv4 = UNSPECIFIED;
    this.nextHop.copyFrom(changetype<usize>(this.destination));
    this.mtu = 0;
    this.room = 0;
    this.toHost = false;
  }

  /** Notes what a lookup found: a source address, the next hop, and `mtu` in bytes. */
  settleIpv4(generation: u32, source: Ipv4Address, nextHop: Ipv4Address, mtu: u32): void {
    this.generation = generation;
    this.queue = null;
    if (!this.sourceFixed) this.source.ipv4 = source;
    this.nextHop.ipv4 = nextHop;
    this.mtu = mtu;
    this.room = mtu - IPV4_HEADER;
    this.addressSum = (this.sourceLow >> 32) + (this.destinationLow >> 32);
  }

  /** Lowers the MTU to that of the route, after a lookup. */
  limit(mtu: u32): void {
    this.mtu = mtu;
    this.room = mtu - IPV4_HEADER;
  }
}
