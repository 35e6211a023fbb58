/** The IPv4 addresses of one interface, with their networks (RFC 1122 section 3.3.1). */
import { INTERFACE_ADDRESSES } from "../../core/limits";
import {
  BROADCAST_ADDRESS,
  Ipv4Address,
  isLinkLocal,
  isUnicast,
  maskOf,
  UNSPECIFIED,
} from "../wire/address";

/** An address, its network, and the state of its announcement and defense (RFC 5227). */
export class InterfaceAddress {
  address: Ipv4Address = UNSPECIFIED;
  prefix: u32 = 0;
  mask: u32 = 0;
  /** The network's directed broadcast address; UNSPECIFIED for a /31 or /32 (RFC 3021). */
  broadcast: Ipv4Address = UNSPECIFIED;
  /** ARP announcements left to send (RFC 5227 section 2.3), and the time of the next. */
  announcements: u32 = 0;
  announceAt: i64 = 0;
  /** When the address was last defended against another station (RFC 5227 section 2.4). */
  defendedAt: i64 = i64.MIN_VALUE;

  /** Sets the address and its network; it is not announced and was never defended. */
  set(address: Ipv4Address, prefix: u32): void {
    this.address = address;
    this.prefix = prefix;
    this.mask = maskOf(prefix);
    this.broadcast = prefix < 31 ? address | ~this.mask : UNSPECIFIED;
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

export class Ipv4Addresses {
  /** The primary address and its prefix length; UNSPECIFIED and 0 if there is none. */
  address: Ipv4Address = UNSPECIFIED;
  prefix: u32 = 0;
  /** The directed broadcast of the primary address; 255.255.255.255 if it has none. */
  private broadcast: Ipv4Address = BROADCAST_ADDRESS;
  count: u32 = 0;
  private readonly list: StaticArray<InterfaceAddress> = new StaticArray<InterfaceAddress>(
    INTERFACE_ADDRESSES,
  );

  constructor() {
    for (let i: u32 = 0; i < INTERFACE_ADDRESSES; i++) this.list[i] = new InterfaceAddress();
  }

  /** Returns an address by its index, from 0 (the primary one) to `count` - 1. */
  at(index: u32): InterfaceAddress {
    assert(index < this.count, "there is no such address");
    return this.list[index];
  }

  /** Returns the entry of an address, or null. */
  find(address: Ipv4Address): InterfaceAddress | null {
    const count = this.count;
    for (let i: u32 = 0; i < count; i++) {
      const own = this.list[i];
      if (own.address == address) return own;
    }
    return null;
  }

  owns(address: Ipv4Address): bool {
    return this.find(address) != null;
  }

  /** Returns the first entry whose network contains `address`, or null. */
  onLink(address: Ipv4Address): InterfaceAddress | null {
    const count = this.count;
    for (let i: u32 = 0; i < count; i++) {
      const own = this.list[i];
      if (((own.address ^ address) & own.mask) == 0) return own;
    }
    return null;
  }

  /**
   * Returns the index of the first other address with the same network and prefix length as
   * `address`, or `count` if there is none.
   */
  sharing(address: Ipv4Address, prefix: u32): u32 {
    const mask = maskOf(prefix);
    let i: u32 = 0;
    for (; i < this.count; i++) {
      const other = this.list[i];
      if (other.prefix != prefix || other.address == address) continue;
      if (((other.address ^ address) & mask) == 0) break;
    }
    return i;
  }

  /** Whether an earlier address has the same network, as `secondary` means in Linux. */
  isSecondary(index: u32): bool {
    return this.sharing(this.at(index).address, this.at(index).prefix) < index;
  }

  /**
   * Returns the source address for packets to `destination` by way of `neighbor` on this link;
   * UNSPECIFIED if there is none. The scope comes first and the longest matching prefix last (RFC
   * 6724 section 5, rules 2 and 8); in between, an address in the neighbor's network is preferred,
   * as in Linux.
   */
  sourceFor(neighbor: Ipv4Address, destination: Ipv4Address): Ipv4Address {
    if (this.count <= 1) return this.address;
    let best: Ipv4Address = UNSPECIFIED;
    let highest: u32 = 0;
    for (let i: u32 = 0; i < this.count; i++) {
      const own = this.list[i];
      const sameScope = isLinkLocal(own.address) == isLinkLocal(destination);
      const near = ((own.address ^ neighbor) & own.mask) == 0;
      const common: u32 = min<u32>(clz<u32>(own.address ^ destination), own.prefix);
      const rank: u32 = 1 + (sameScope ? 128 : 0) + (near ? 64 : 0) + common;
      if (rank <= highest) continue;
      highest = rank;
      best = own.address;
    }
    return best;
  }

  /** Reports whether `address` is 255.255.255.255 or a directed broadcast of this link. */
  isBroadcast(address: Ipv4Address): bool {
    if (address == BROADCAST_ADDRESS || address == this.broadcast) return true;
    const count = this.count;
    for (let i: u32 = 1; i < count; i++) {
      const broadcast = this.list[i].broadcast;
      if (broadcast == address && broadcast != UNSPECIFIED) return true;
    }
    return false;
  }

  /** Reports whether `address` is unicast, and not a broadcast or network address of this link. */
  isHost(address: Ipv4Address): bool {
    if (!isUnicast(address) || this.isBroadcast(address)) return false;
    const own = this.onLink(address);
    return own == null || own.prefix > 30 || (address & ~own.mask) != 0;
  }

  /** Adds an address or changes its prefix length; returns false if there is no room for it. */
  add(address: Ipv4Address, prefix: u32): bool {
    let own = this.find(address);
    if (own == null) {
      if (this.count == INTERFACE_ADDRESSES) return false;
      own = this.list[this.count++];
    }
    own.set(address, prefix);
    this.setPrimary();
    return true;
  }

  /** Removes an address, which must exist; the others keep their order. */
  remove(address: Ipv4Address): void {
    let at: u32 = 0;
    while (this.at(at).address != address) at++;
    this.count--;
    for (let i = at; i < this.count; i++) this.list[i].copy(this.list[i + 1]);
    this.setPrimary();
  }

  private setPrimary(): void {
    const any = this.count > 0;
    this.address = any ? this.list[0].address : UNSPECIFIED;
    this.prefix = any ? this.list[0].prefix : 0;
    const broadcast = any ? this.list[0].broadcast : UNSPECIFIED;
    this.broadcast = broadcast == UNSPECIFIED ? BROADCAST_ADDRESS : broadcast;
  }
}
