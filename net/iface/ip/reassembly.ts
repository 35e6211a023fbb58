/**
 * Reassembles fragments (RFC 791 section 3.2, RFC 815). Each datagram has its own buffer, and a map
 * with one bit for each 8 bytes, so the cost of a fragment depends only on its length, not on the
 * order of arrival. An overlap discards the whole datagram (as RFC 5722 section 4 demands for
 * IPv6); exact duplicates are harmless.
 *
 *     buffer   ┌ 64 bytes ──────────────────┬──────────────────────────────────┐
 *              │          header of the     │ payload, up to 65,535 bytes      │
 *              │          first fragment ──>│                                  │
 *              └────────────────────────────┴──────────────────────────────────┘
 */
import { allocateBlock } from "../../../core/block";
import { storeNet16 } from "../../../core/bytes";
import { REASSEMBLIES, REASSEMBLIES_AT_LEAST } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import { Ipv4Address } from "../../wire/address";
import { checksum } from "../../wire/checksum";
import { Drop } from "../../wire/drop";
import { IPV4_HEADER, IPV4_LONGEST, Ipv4Header } from "../../wire/ipv4";

/** How long to wait for all fragments of a datagram (RFC 1122 section 3.3.2: 60 to 120 s). */
const REASSEMBLY_TIME: i64 = 60 * SECOND;
const HEADER_SPACE: u32 = 64;
const BUFFER: u32 = HEADER_SPACE + 65536;
/** Words of a map: one bit for each 8 bytes, and a spare word. */
const MAP_WORDS: u32 = 65536 / 8 / 64 + 1;
const UNKNOWN: u32 = 0xffffffff;

const enum Marked {
  None,
  Some,
  All,
}

/** A datagram of which fragments have arrived. */
class Reassembly {
  /** False if the slot is free. */
  active: bool = false;
  /** True after an error; further fragments are then dropped until the timeout. */
  spoilt: bool = false;
  source: Ipv4Address = 0;
  destination: Ipv4Address = 0;
  protocol: u32 = 0;
  identification: u32 = 0;
  startedAt: i64 = 0;
  /** Datagrams are numbered in the order in which their reassembly began. */
  order: u64 = 0;
  /** Whether the fragment at offset 0, and so the header, has arrived. */
  hasFirst: bool = false;
  headerLength: u32 = 0;
  /** Bytes of payload received, the end of the furthest byte, and the total length if known. */
  received: u32 = 0;
  end: u32 = 0;
  total: u32 = UNKNOWN;
  /** The index of the interface on which the earliest fragment arrived. */
  iface: u32 = 0;
  readonly payload: usize;
  private readonly map: StaticArray<u64> = new StaticArray<u64>(MAP_WORDS);

  constructor() {
    this.payload = allocateBlock(BUFFER) + HEADER_SPACE;
  }

  /** The header of the first fragment, immediately in front of the payload. */
  get header(): Ipv4Header {
    return Ipv4Header.at(this.payload - this.headerLength);
  }

  /** Whether a fragment with this header belongs to the datagram. */
  isOf(header: Ipv4Header): bool {
    return (
      this.active &&
      this.identification == header.identification &&
      this.source == header.source &&
      this.destination == header.destination &&
      this.protocol == header.protocol
    );
  }

  /** Begins the datagram of a fragment that arrived on the interface with the index `iface`. */
  start(header: Ipv4Header, now: i64, iface: u32): void {
    this.active = true;
    this.spoilt = false;
    this.source = header.source;
    this.destination = header.destination;
    this.protocol = header.protocol;
    this.identification = header.identification;
    this.startedAt = now;
    this.hasFirst = false;
    this.headerLength = IPV4_HEADER;
    this.received = 0;
    this.end = 0;
    this.total = UNKNOWN;
    this.iface = iface;
    memory.fill(changetype<usize>(this.map), 0, (MAP_WORDS << 3) as usize);
  }

  /** Adds a fragment that passed `parseIpv4Header` and `checkFragment`. */
  add(header: Ipv4Header): Drop {
    if (this.spoilt) return Drop.FragmentOverlap;
    const drop = this.place(header);
    this.spoilt = drop != Drop.None;
    return drop;
  }

  private place(header: Ipv4Header): Drop {
    const offset = header.fragmentOffset;
    const length = header.payloadLength;
    const end = offset + length;
    // All fragments must agree on the end, and none may exceed it.
    const last = !header.moreFragments;
    if (this.total != UNKNOWN && (last ? end != this.total : end > this.total)) {
      return Drop.FragmentOverlap;
    }
    if (last && end < this.end) return Drop.FragmentOverlap;

    const unit = offset >>> 3;
    const marked = this.mark(unit, (length + 7) >>> 3);
    if (marked == Marked.Some) return Drop.FragmentOverlap;
    if (marked == Marked.All) {
      const same = memory.compare(this.payload + offset, header.payload, length as usize) == 0;
      return end <= this.end && same ? Drop.None : Drop.FragmentOverlap;
    }
    memory.copy(this.payload + offset, header.payload, length as usize);
    this.received += length;
    if (end > this.end) this.end = end;
    if (last) this.total = end;
    if (offset == 0) this.keepHeader(header);
    return Drop.None;
  }

  private keepHeader(header: Ipv4Header): void {
    const length = header.headerLength;
    this.hasFirst = true;
    this.headerLength = length;
    memory.copy(this.payload - length, changetype<usize>(header), length as usize);
  }

  /** Marks `count` bits from `first`; returns whether none, some or all were marked before. */
  private mark(first: u32, count: u32): Marked {
    let any = false;
    let all = true;
    let at = first;
    const end = first + count;
    while (at < end) {
      const shift = at & 63;
      const here = min(64 - shift, end - at);
      const mask = (u64.MAX_VALUE >> ((64 - here) as u64)) << (shift as u64);
      const word = this.map[at >>> 6];
      if ((word & mask) != 0) any = true;
      if ((word & mask) != mask) all = false;
      this.map[at >>> 6] = word | mask;
      at += here;
    }
    return all ? Marked.All : any ? Marked.Some : Marked.None;
  }

  get complete(): bool {
    return this.received == this.total && this.hasFirst && !this.spoilt;
  }

  /**
   * Turns the first fragment's header into that of the whole datagram. Returns false if the total
   * exceeds 65,535 bytes, which is possible with options in that header.
   */
  finish(): bool {
    const total = this.headerLength + this.total;
    if (total > IPV4_LONGEST) return false;
    const header = changetype<usize>(this.header);
    storeNet16(header + 2, total);
    storeNet16(header + 6, 0);
    store<u16>(header, 0, 10);
    store<u16>(header, checksum(header, this.headerLength), 10);
    return true;
  }
}

export class ReassemblyTable {
  /** No datagram times out before this time. */
  timer: i64 = NEVER;
  /** Datagrams dropped to make room for others. */
  evicted: u64 = 0;
  /** Why the last fragment was dropped, or None. */
  drop: Drop = Drop.None;
  /** The number of the last datagram. */
  private started: u64 = 0;
  private readonly slots: Array<Reassembly> = [];

  constructor() {
    this.extend(REASSEMBLIES_AT_LEAST);
  }

  /** Makes room for `count` datagrams, at most REASSEMBLIES. */
  extend(count: u32): void {
    while ((this.slots.length as u32) < min(count, REASSEMBLIES)) {
      this.slots.push(new Reassembly());
    }
  }

  /** Returns the number of incomplete datagrams. */
  count(): u32 {
    let count: u32 = 0;
    for (let i = 0; i < this.slots.length; i++) if (this.slots[i].active) count++;
    return count;
  }

  /**
   * Processes a fragment that passed `parseIpv4Header`. Returns the datagram if it is now complete;
   * the caller must `release` it. Otherwise returns null and sets `drop`, which is None if the
   * fragment was kept or is a duplicate.
   */
  process(header: Ipv4Header, now: i64, iface: u32): Reassembly | null {
    this.drop = checkFragment(header);
    if (this.drop == Drop.FragmentTooLong) this.forget(header);
    if (this.drop != Drop.None) return null;
    const slot = this.slotFor(header, now, iface);
    this.drop = slot.add(header);
    if (!slot.complete) return null;
    if (slot.finish()) return slot;
    this.drop = Drop.FragmentTooLong;
    slot.active = false;
    return null;
  }

  release(slot: Reassembly): void {
    slot.active = false;
  }

  /** Drops the datagram that a fragment belongs to. */
  private forget(header: Ipv4Header): void {
    for (let i = 0; i < this.slots.length; i++) {
      if (this.slots[i].isOf(header)) this.slots[i].active = false;
    }
  }

  /** Removes and returns a datagram that has timed out, or null. */
  expired(now: i64): Reassembly | null {
    if (now < this.timer) return null;
    let next = NEVER;
    for (let i = 0; i < this.slots.length; i++) {
      const slot = this.slots[i];
      if (!slot.active) continue;
      const end = slot.startedAt + REASSEMBLY_TIME;
      if (end <= now) {
        slot.active = false;
        return slot;
      }
      if (end < next) next = end;
    }
    this.timer = next;
    return null;
  }

  /** Returns the slot of a fragment's datagram; a new one takes a free slot or evicts another. */
  private slotFor(header: Ipv4Header, now: i64, iface: u32): Reassembly {
    let free: Reassembly | null = null;
    for (let i = 0; i < this.slots.length; i++) {
      const slot = this.slots[i];
      if (slot.isOf(header)) return slot;
      if (!slot.active) free = slot;
    }
    if (free == null) this.evicted++;
    const slot = free != null ? free : this.victim();
    slot.start(header, now, iface);
    slot.order = ++this.started;
    if (now + REASSEMBLY_TIME < this.timer) this.timer = now + REASSEMBLY_TIME;
    return slot;
  }

  /**
   * Returns the datagram to evict from a full table: the oldest of the source with the most
   * datagrams, so that a flood from one source does not displace the datagrams of others.
   */
  private victim(): Reassembly {
    let victim = this.slots[0];
    let most = this.countOf(victim.source);
    for (let i = 1; i < this.slots.length; i++) {
      const slot = this.slots[i];
      const count = this.countOf(slot.source);
      if (count < most || (count == most && slot.order > victim.order)) continue;
      most = count;
      victim = slot;
    }
    return victim;
  }

  /** Returns the number of incomplete datagrams from a source. */
  private countOf(source: Ipv4Address): u32 {
    let count: u32 = 0;
    for (let i = 0; i < this.slots.length; i++) {
      const slot = unchecked(this.slots[i]);
      if (slot.active && slot.source == source) count++;
    }
    return count;
  }
}

/** Checks a fragment on its own. Returns Drop.None or the reason to drop it. */
function checkFragment(header: Ipv4Header): Drop {
  const length = header.payloadLength;
  if (length == 0) return Drop.FragmentLength;
  if (header.moreFragments && (length & 7) != 0) return Drop.FragmentLength;
  if (header.fragmentOffset + length + IPV4_HEADER > IPV4_LONGEST) return Drop.FragmentTooLong;
  return Drop.None;
}
