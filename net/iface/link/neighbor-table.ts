/** The entries of a neighbor cache: a hash table of fixed size, with replacement. */
import { NEVER, SECOND } from "../../../core/time";
import { IpAddress } from "../../wire/ip-address";
import { Neighbor, NeighborState } from "./neighbor";

/** An entry with a hardware address that was used within this time is not evicted. */
const IN_USE: i64 = 5 * SECOND;
/** Hash chains; a power of two. */
const CHAINS: u32 = 256;
/** How many entries are compared to find the least useful one. */
const SAMPLE: u32 = 64;

// Ranks of entries: the lowest is evicted first. Within a rank, the oldest goes first.
const FAILED: i64 = 0;
const INCOMPLETE: i64 = 1 << 60;
/** Known, but no packet was ever sent there. */
const UNUSED: i64 = 2 << 60;
const IDLE: i64 = 3 << 60;
const KEPT: i64 = i64.MAX_VALUE;

export class NeighborTable {
  private readonly entries: StaticArray<Neighbor>;
  private readonly chains: StaticArray<Neighbor | null> = new StaticArray<Neighbor | null>(CHAINS);
  /** The free entries, linked by `next`. */
  private free: Neighbor | null = null;
  /** Where the next search for an entry to evict begins, so that old entries come first. */
  private hand: u32 = 0;
  /** The number of entries that are not free. */
  count: u32 = 0;

  /** Creates a table of `capacity` entries. */
  constructor(readonly capacity: u32) {
    const entries = new StaticArray<Neighbor>(capacity);
    this.entries = entries;
    for (let i = capacity; i > 0; i--) {
      const entry = new Neighbor(i - 1);
      entries[i - 1] = entry;
      entry.next = this.free;
      this.free = entry;
    }
  }

  /** Returns an entry by its index, from 0 to `capacity` - 1; it may be free. */
  at(index: u32): Neighbor {
    return unchecked(this.entries[index]);
  }

  find(address: IpAddress): Neighbor | null {
    let entry = unchecked(this.chains[chainOf(address)]);
    while (entry != null && !entry.address.equals(address)) entry = entry.next;
    return entry;
  }

  /** Frees an entry; its queue must be empty. */
  protected forget(entry: Neighbor): void {
    const index = chainOf(entry.address);
    let before: Neighbor | null = null;
    let at = this.chains[index];
    while (at != null && at !== entry) {
      before = at;
      at = at.next;
    }
    if (before == null) this.chains[index] = entry.next;
    else before.next = entry.next;
    entry.state = NeighborState.Free;
    entry.until = 0;
    entry.dueAt = NEVER;
    entry.next = this.free;
    this.free = entry;
    this.count--;
  }

  /** Takes a free entry for `address`; there must be one. */
  protected take(address: IpAddress, now: i64): Neighbor {
    const entry = this.free!;
    this.free = entry.next;
    this.count++;
    entry.begin(address, now);
    const chain = chainOf(address);
    entry.next = this.chains[chain];
    this.chains[chain] = entry;
    return entry;
  }

  /**
   * Returns the entry to evict from a full table, or null if none may be. If `heard`, the new
   * neighbor is known only because it sent a request; it displaces no entry that is used to send.
   */
  protected victim(now: i64, heard: bool): Neighbor | null {
    let best: Neighbor | null = null;
    let lowest = KEPT;
    for (let i: u32 = 0; i < this.capacity; i++) {
      if (i >= SAMPLE && best != null) break;
      const entry = this.entries[this.hand];
      this.hand = this.hand + 1 < this.capacity ? this.hand + 1 : 0;
      const rank = rankOf(entry, now, heard);
      if (rank >= lowest) continue;
      lowest = rank;
      best = entry;
    }
    return best;
  }
}

/** Returns the hash chain of an address: from its last two bytes, which differ most on a link. */
function chainOf(address: IpAddress): u32 {
  const end = address.lastWord;
  return ((end >>> 24) ^ (end >>> 16)) & (CHAINS - 1);
}

/** Returns the rank of an entry: higher is more useful. */
function rankOf(entry: Neighbor, now: i64, heard: bool): i64 {
  const state = entry.state;
  if (state == NeighborState.Failed) return FAILED;
  if (state == NeighborState.Permanent || entry.gateway) return KEPT;
  if (entry.usedAt == 0) return UNUSED + entry.confirmedAt;
  if (heard) return KEPT;
  if (state == NeighborState.Incomplete) return INCOMPLETE + entry.confirmedAt;
  return now - entry.usedAt < IN_USE ? KEPT : IDLE + entry.usedAt;
}
