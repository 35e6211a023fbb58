/** The entries of a neighbor cache: a hash table of fixed size, with replacement. */
import { NEIGHBORS } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import { IpAddress } from "../../wire/ip-address";
import { Neighbor, NeighborState } from "./neighbor";

/** A reachable or stale entry that was used within this time is not evicted. */
const IN_USE: i64 = SECOND;
/** Hash chains; a power of two. */
const CHAINS: u32 = 64;

export class NeighborTable {
  private readonly entries: StaticArray<Neighbor> = new StaticArray<Neighbor>(NEIGHBORS);
  private readonly chains: StaticArray<Neighbor | null> = new StaticArray<Neighbor | null>(CHAINS);

  constructor() {
    for (let i: u32 = 0; i < NEIGHBORS; i++) this.entries[i] = new Neighbor(i);
  }

  /** Returns an entry by its index, from 0 to NEIGHBORS - 1; it may be free. */
  at(index: u32): Neighbor {
    return this.entries[index];
  }

  /** Returns the number of entries that are not free. */
  count(): u32 {
    let count: u32 = 0;
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      if (this.entries[i].state != NeighborState.Free) count++;
    }
    return count;
  }

  find(address: IpAddress): Neighbor | null {
    let entry = unchecked(this.chains[chainOf(address) & (CHAINS - 1)]);
    while (entry != null && !entry.address.equals(address)) entry = entry.next;
    return entry;
  }

  /** Frees an entry. */
  protected forget(entry: Neighbor): void {
    const index = chainOf(entry.address) & (CHAINS - 1);
    let before: Neighbor | null = null;
    let at = this.chains[index];
    while (at != null && at !== entry) {
      before = at;
      at = at.next;
    }
    if (before == null) this.chains[index] = entry.next;
    else before.next = entry.next;
    entry.next = null;
    entry.state = NeighborState.Free;
    entry.until = 0;
    entry.dueAt = NEVER;
  }

  /**
   * Returns an entry for `address`. If no entry is free, evicts the least useful one, or returns
   * null if none may be evicted. `heard` is true if the neighbor only sent a request; then no
   * neighbor that packets were sent to is evicted.
   */
  protected claim(address: IpAddress, now: i64, heard: bool): Neighbor | null {
    let best: Neighbor | null = null;
    let least = i64.MAX_VALUE;
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      const entry = this.entries[i];
      const worth = worthOf(entry, now, heard);
      if (worth >= least) continue;
      least = worth;
      best = entry;
    }
    if (best == null) return null;
    if (best.state != NeighborState.Free) this.forget(best);
    best.address.copyFrom(changetype<usize>(address));
    best.hardware = 0;
    best.usedAt = 0;
    best.gateway = false;
    best.requests = 0;
    best.confirmedAt = now;
    const chain = chainOf(address) & (CHAINS - 1);
    best.next = this.chains[chain];
    this.chains[chain] = best;
    return best;
  }
}

/** Hashes an address: mixes its last bytes, which differ most within a network. */
function chainOf(address: IpAddress): u32 {
  const end = address.lastWord;
  return (end >>> 24) ^ (end >>> 16);
}

/** Returns how useful an entry is: the least useful is evicted; i64.MAX_VALUE if it must stay. */
function worthOf(entry: Neighbor, now: i64, heard: bool): i64 {
  const state = entry.state;
  if (state == NeighborState.Free) return -2;
  if (state == NeighborState.Failed) return -1;
  const settled = state == NeighborState.Reachable || state == NeighborState.Stale;
  if (!settled || entry.gateway) return i64.MAX_VALUE;
  // Among settled entries, those that were never used are evicted first.
  if (entry.usedAt == 0) return entry.confirmedAt;
  if (heard || now - entry.usedAt < IN_USE) return i64.MAX_VALUE;
  return entry.usedAt + (i64.MAX_VALUE >> 1);
}
