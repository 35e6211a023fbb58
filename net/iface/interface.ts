/**
 * One network interface: its device, addresses and neighbours, and the last step of every frame
 * that leaves (RFC 894; RFC 1122 section 2.3).
 */
import { INTERFACE_ADDRESSES } from "../../core/limits";
import { NetworkDevice } from "../phy/device";
import { FramePool } from "../phy/pool";
import { BROADCAST_ADDRESS, Ipv4Address, isUnicast, maskOf } from "../wire/address";
import { ARP_LENGTH, emitArp } from "../wire/arp";
import { DropCounters } from "../wire/drop";
import {
  ETHERNET_HEADER,
  ETHERNET_MINIMUM,
  ETHERNET_MTU,
  ETHERTYPE_ARP,
  emitEthernet,
} from "../wire/ethernet";
import { Frame } from "../wire/frame";
import { ProtocolCounters } from "./counters";
import { AddressGuard } from "./link/conflict-detection";
import { NeighborCache } from "./link/neighbor-cache";

/** Every host must take packets of 68 bytes, so no link may carry less (RFC 791 section 3.2). */
export const SMALLEST_MTU: u32 = 68;
/** What stands for the target's hardware address in an ARP request. */
export const NO_HARDWARE: u64 = 0;

/** Sees every Ethernet frame that comes in or goes out, before anything is done with it. */
export interface PacketTap {
  frame(now: i64, index: u32, outgoing: bool, pointer: usize, length: u32): void;
}

/** An address with the network that it is in. */
export class InterfaceAddress {
  address: Ipv4Address = 0;
  prefix: u32 = 0;
  mask: u32 = 0;
  /** The directed broadcast of the network; 0 when it has none (RFC 3021: /31, and /32). */
  broadcast: Ipv4Address = 0;
  /** ARP announcements still to be sent (RFC 5227 section 2.3), and when. */
  announcements: u32 = 0;
  announceAt: i64 = 0;
  /** When it was last defended against another user (RFC 5227 section 2.4). */
  defendedAt: i64 = i64.MIN_VALUE;

  set(address: Ipv4Address, prefix: u32): void {
    this.address = address;
    this.prefix = prefix;
    this.mask = maskOf(prefix);
    this.broadcast = prefix < 31 ? address | ~this.mask : 0;
    this.announcements = 0;
    this.defendedAt = i64.MIN_VALUE;
  }

  copy(other: InterfaceAddress): void {
    this.set(other.address, other.prefix);
    this.announcements = other.announcements;
    this.announceAt = other.announceAt;
    this.defendedAt = other.defendedAt;
  }
}

export class Interface {
  /** The time of the last poll. */
  now: i64 = 0;
  /** The largest IPv4 packet, SMALLEST_MTU to ETHERNET_MTU bytes. */
  mtu: u32 = ETHERNET_MTU;
  /** False after `ip link set down`. */
  up: bool = true;
  linkUp: bool = false;
  /** Times that the link came up or went down: whoever cares remembers what it was. */
  linkChanges: u32 = 0;
  readonly hardware: u64;
  /** The primary address and its prefix length; 0 while there is none. */
  address: Ipv4Address = 0;
  prefix: u32 = 0;
  /** The directed broadcast of the primary address; 255.255.255.255 when it has none. */
  broadcast: Ipv4Address = BROADCAST_ADDRESS;
  addressCount: u32 = 0;
  tap: PacketTap | null = null;
  readonly drops: DropCounters = new DropCounters();
  readonly counters: ProtocolCounters = new ProtocolCounters();
  readonly neighbors: NeighborCache = new NeighborCache();
  readonly guard: AddressGuard = new AddressGuard();
  private readonly addresses: StaticArray<InterfaceAddress> = new StaticArray<InterfaceAddress>(
    INTERFACE_ADDRESSES,
  );

  constructor(
    readonly index: u32,
    readonly name: string,
    readonly device: NetworkDevice,
    readonly pool: FramePool,
  ) {
    this.hardware = device.hardwareAddress();
    this.linkUp = device.linkUp();
    for (let i: u32 = 0; i < INTERFACE_ADDRESSES; i++) this.addresses[i] = new InterfaceAddress();
  }

  /** True when it has an address. */
  configured(): bool {
    return this.addressCount > 0;
  }

  /** The addresses from 0 (the primary one) to `addressCount` - 1. */
  addressAt(index: u32): InterfaceAddress {
    assert(index < this.addressCount, "there is no such address");
    return this.addresses[index];
  }

  /** The entry of an own address, or null. */
  find(address: Ipv4Address): InterfaceAddress | null {
    const count = this.addressCount;
    for (let i: u32 = 0; i < count; i++) {
      const own = this.addresses[i];
      if (own.address == address) return own;
    }
    return null;
  }

  owns(address: Ipv4Address): bool {
    return this.find(address) != null;
  }

  /** The entry of the own address in the same network as `address`, or null. */
  onLink(address: Ipv4Address): InterfaceAddress | null {
    const count = this.addressCount;
    for (let i: u32 = 0; i < count; i++) {
      const own = this.addresses[i];
      if (((own.address ^ address) & own.mask) == 0) return own;
    }
    return null;
  }

  /** The own address to talk to a station on this link from; 0 when there is none. */
  sourceFor(neighbor: Ipv4Address): Ipv4Address {
    const own = this.onLink(neighbor);
    return own == null ? this.address : own.address;
  }

  /** True for 255.255.255.255 and the directed broadcast of an own network. */
  isBroadcast(address: Ipv4Address): bool {
    if (address == BROADCAST_ADDRESS || address == this.broadcast) return true;
    const count = this.addressCount;
    for (let i: u32 = 1; i < count; i++) {
      const broadcast = this.addresses[i].broadcast;
      if (broadcast == address && broadcast != 0) return true;
    }
    return false;
  }

  /** True for an address that one host can have: no group's, and none of a network on this link. */
  isHost(address: Ipv4Address): bool {
    if (!isUnicast(address) || this.isBroadcast(address)) return false;
    const own = this.onLink(address);
    return own == null || own.prefix > 30 || (address & ~own.mask) != 0;
  }

  /** Adds an address or changes its prefix length; false: there are INTERFACE_ADDRESSES. */
  addAddress(address: Ipv4Address, prefix: u32): bool {
    let own = this.find(address);
    if (own == null) {
      if (this.addressCount == INTERFACE_ADDRESSES) return false;
      own = this.addresses[this.addressCount++];
    }
    own.set(address, prefix);
    this.setPrimary();
    return true;
  }

  /** Takes an address away, keeping the order of the others; false: it is none of these. */
  dropAddress(address: Ipv4Address): bool {
    for (let i: u32 = 0; i < this.addressCount; i++) {
      if (this.addresses[i].address != address) continue;
      this.addressCount--;
      for (let j = i; j < this.addressCount; j++) this.addresses[j].copy(this.addresses[j + 1]);
      this.setPrimary();
      return true;
    }
    return false;
  }

  private setPrimary(): void {
    const any = this.addressCount > 0;
    this.address = any ? this.addresses[0].address : 0;
    this.prefix = any ? this.addresses[0].prefix : 0;
    const broadcast = any ? this.addresses[0].broadcast : 0;
    this.broadcast = broadcast == 0 ? BROADCAST_ADDRESS : broadcast;
  }

  /**
   * Puts the Ethernet header in front of the frame, pads it with zeros and hands it to the
   * device. False: the device had no room, the frame is gone.
   */
  transmit(frame: Frame, to: u64, type: u32): bool {
    emitEthernet(frame.push(ETHERNET_HEADER), to, this.hardware, type);
    const length = frame.length;
    if (length < ETHERNET_MINIMUM) {
      let at = frame.append(ETHERNET_MINIMUM - length);
      const end = frame.end;
      while (at < end) {
        // Up to seven bytes beyond the window: there is tail room behind so short a frame.
        store<u64>(at, 0);
        at += 8;
      }
    }
    const tap = this.tap;
    if (tap != null) tap.frame(this.now, this.index, true, frame.start, frame.length);
    return this.device.transmit(frame);
  }

  /** Sends an ARP packet in the name of this station. */
  sendArp(
    operation: u32,
    to: u64,
    sender: Ipv4Address,
    targetHardware: u64,
    target: Ipv4Address,
  ): void {
    const frame = this.pool.allocate();
    if (frame == null) return;
    const start = frame.append(ARP_LENGTH);
    emitArp(start, operation, this.hardware, sender, targetHardware, target);
    this.counters.arpOut++;
    this.transmit(frame, to, ETHERTYPE_ARP);
  }
}
