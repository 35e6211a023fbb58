/**
 * The neighbours of one interface: which hardware address an IPv4 address on the link has
 * (RFC 826), how long that is believed (RFC 1122 section 2.3.2.1), and the packets that wait to
 * know it (2.3.2.2). The states are those of RFC 4861 section 7.3.2.
 *
 *     a packet for it > Incomplete ──an answer──> Reachable ──30 s──> Stale
 *                        │ 3 requests unanswered    ^                  │ a packet for it
 *                        v                          └───an answer──── Probe
 *                      Failed                                          │ 3 requests unanswered
 *                                                                      v  forgotten
 *
 * A hardware address that is in use is never replaced because someone says so: a contrary
 * claim only makes the old one be asked (Probe), and when it is silent, everyone be asked anew.
 */
import { NEIGHBOR_QUEUE, NEIGHBORS } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import { BROADCAST_HARDWARE, Ipv4Address } from "../../wire/address";
import { ARP_REQUEST } from "../../wire/arp";
import { ETHERTYPE_IPV4 } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import { Interface, NO_HARDWARE } from "../interface";

/** How long an answer is believed without asking again (RFC 4861 section 10). */
export const REACHABLE_TIME: i64 = 30 * SECOND;
/** Between two requests for one address: RFC 1122 section 2.3.2.1 allows one a second. */
export const REQUEST_INTERVAL: i64 = SECOND;
export const REQUESTS: u32 = 3;
/** An entry used less long ago than this is not given to another address. */
const IN_USE: i64 = SECOND;
/** Chains that entries are found by; a power of two. */
const CHAINS: u32 = 64;

export const enum NeighborState {
  Free,
  Incomplete,
  Reachable,
  Stale,
  Probe,
  Failed,
  /** Set by hand: never asked, never replaced. */
  Permanent,
}

/** In the order of `NeighborState`, as `ip neigh` names them. */
export const NEIGHBOR_STATE_NAMES: StaticArray<string> = [
  "NONE",
  "INCOMPLETE",
  "REACHABLE",
  "STALE",
  "PROBE",
  "FAILED",
  "PERMANENT",
];

/** In place of an entry's index, in a path: none is known, or none is needed. */
export const NEIGHBOR_UNKNOWN: u32 = 0xffff_ffff;
export const NEIGHBOR_FIXED: u32 = 0xffff_fffe;

export class Neighbor {
  address: Ipv4Address = 0;
  hardware: u64 = 0;
  state: NeighborState = NeighborState.Free;
  /** Until when packets go out without a second look; 0 in every state but two. */
  until: i64 = 0;
  /** When it last answered. */
  confirmedAt: i64 = 0;
  /** When a packet was last sent there; 0: never. */
  usedAt: i64 = 0;
  /** True while some route leads through it. */
  gateway: bool = false;
  /** Requests sent without an answer, and when the next is due. */
  requests: u32 = 0;
  dueAt: i64 = NEVER;
  queued: u32 = 0;
  first: Frame | null = null;
  last: Frame | null = null;
  next: Neighbor | null = null;

  constructor(readonly index: u32) {}
}

export class NeighborCache {
  /** No entry has anything to do before this. */
  timer: i64 = NEVER;
  private readonly entries: StaticArray<Neighbor> = new StaticArray<Neighbor>(NEIGHBORS);
  private readonly chains: StaticArray<Neighbor | null> = new StaticArray<Neighbor | null>(CHAINS);

  constructor() {
    for (let i: u32 = 0; i < NEIGHBORS; i++) this.entries[i] = new Neighbor(i);
  }

  /** Every entry there can be, from 0 to NEIGHBORS - 1; those in state Free hold nothing. */
  at(index: u32): Neighbor {
    return this.entries[index];
  }

  /** Entries that are not free. */
  count(): u32 {
    let count: u32 = 0;
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      if (this.entries[i].state != NeighborState.Free) count++;
    }
    return count;
  }

  find(address: Ipv4Address): Neighbor | null {
    let entry = unchecked(this.chains[chainOf(address) & (CHAINS - 1)]);
    while (entry != null && entry.address != address) entry = entry.next;
    return entry;
  }

  /**
   * Sends an IPv4 packet to a neighbour, now or when it has answered. `gateway` says that a
   * route leads through it. The frame is taken in any case. Answers its entry, if there is one.
   */
  send(iface: Interface, address: Ipv4Address, gateway: bool, frame: Frame): Neighbor | null {
    const now = iface.now;
    let entry = this.find(address);
    if (entry == null) {
      entry = this.claim(address, now, false);
      if (entry == null) {
        iface.counters.neighborOverflow++;
        iface.pool.release(frame);
        return null;
      }
    }
    entry.usedAt = now;
    if (gateway) entry.gateway = true;
    if (entry.until > now) {
      iface.transmit(frame, entry.hardware, ETHERTYPE_IPV4);
    } else {
      this.sendSlowly(iface, entry, frame);
    }
    return entry;
  }

  private sendSlowly(iface: Interface, entry: Neighbor, frame: Frame): void {
    const state = entry.state;
    if (state == NeighborState.Reachable || state == NeighborState.Stale) this.ask(iface, entry);
    if (entry.state == NeighborState.Probe) {
      iface.transmit(frame, entry.hardware, ETHERTYPE_IPV4);
      return;
    }
    enqueue(iface, entry, frame);
    if (state != NeighborState.Incomplete) {
      entry.state = NeighborState.Incomplete;
      this.request(iface, entry, 0);
    }
  }

  /** Asks a known neighbour whether it still has its hardware address. */
  private ask(iface: Interface, entry: Neighbor): void {
    entry.state = NeighborState.Probe;
    entry.until = 0;
    this.request(iface, entry, 0);
  }

  private request(iface: Interface, entry: Neighbor, before: u32): void {
    entry.requests = before + 1;
    entry.dueAt = iface.now + REQUEST_INTERVAL;
    if (entry.dueAt < this.timer) this.timer = entry.dueAt;
    const to = entry.state == NeighborState.Probe ? entry.hardware : BROADCAST_HARDWARE;
    const sender = iface.sourceFor(entry.address);
    iface.sendArp(ARP_REQUEST, to, sender, NO_HARDWARE, entry.address);
  }

  /**
   * A station says that `address` is at `hardware`. `answer`: it replied to us. `create`: it
   * asked for us, so it is worth remembering (RFC 826, "Packet Reception").
   */
  learn(iface: Interface, address: Ipv4Address, hardware: u64, answer: bool, create: bool): void {
    let entry = this.find(address);
    if (entry == null) {
      if (create) entry = this.claim(address, iface.now, true);
      if (entry == null) return;
    }
    const state = entry.state;
    if (state == NeighborState.Permanent) return;
    const known = state >= NeighborState.Reachable && state <= NeighborState.Probe;
    if (known && hardware != entry.hardware && entry.usedAt != 0) {
      // Who answered a moment ago is not asked again: claims must not make a flood of requests.
      const fresh = iface.now - entry.confirmedAt < REQUEST_INTERVAL;
      if (state != NeighborState.Probe && !fresh) this.ask(iface, entry);
      return;
    }
    if (answer && state != NeighborState.Free) {
      this.settle(entry, hardware, NeighborState.Reachable, iface.now);
    } else if (!known || hardware != entry.hardware) {
      this.settle(entry, hardware, NeighborState.Stale, 0);
    }
    this.release(iface, entry);
  }

  private settle(entry: Neighbor, hardware: u64, state: NeighborState, confirmedAt: i64): void {
    entry.hardware = hardware;
    entry.state = state;
    entry.confirmedAt = confirmedAt;
    entry.until = state == NeighborState.Reachable ? confirmedAt + REACHABLE_TIME : 0;
    entry.requests = 0;
    entry.dueAt = NEVER;
  }

  /** Sends what waited for the hardware address. */
  private release(iface: Interface, entry: Neighbor): void {
    let frame = takeQueue(entry);
    while (frame != null) {
      const next = frame.next;
      iface.transmit(frame, entry.hardware, ETHERTYPE_IPV4);
      frame = next;
    }
  }

  /**
   * Repeats requests that are due. Answers the packets that no neighbour will ever take, linked
   * by `next`, their windows the IPv4 packets: the caller tells the sockets and releases them.
   */
  poll(iface: Interface): Frame | null {
    const now = iface.now;
    if (now < this.timer) return null;
    this.timer = NEVER;
    let lost: Frame | null = null;
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      const entry = this.entries[i];
      if (entry.dueAt <= now) {
        if (entry.requests < REQUESTS) {
          this.request(iface, entry, entry.requests);
        } else {
          const last = entry.last;
          const first = this.giveUp(entry);
          if (first != null && last != null) {
            last.next = lost;
            lost = first;
          }
        }
      }
      if (entry.dueAt < this.timer) this.timer = entry.dueAt;
    }
    return lost;
  }

  /** The neighbour stayed silent. Answers what waited for it. */
  private giveUp(entry: Neighbor): Frame | null {
    entry.dueAt = NEVER;
    const waiting = takeQueue(entry);
    if (entry.state == NeighborState.Probe) this.forget(entry);
    else entry.state = NeighborState.Failed;
    return waiting;
  }

  /** Sets an entry by hand (`ip neigh add`); false: every other one is in use. */
  add(iface: Interface, address: Ipv4Address, hardware: u64): bool {
    let entry = this.find(address);
    if (entry == null) entry = this.claim(address, iface.now, false);
    if (entry == null) return false;
    this.settle(entry, hardware, NeighborState.Permanent, iface.now);
    entry.until = NEVER;
    this.release(iface, entry);
    return true;
  }

  /** Forgets an entry (`ip neigh del`) and drops what waited for it; false: there is none. */
  remove(iface: Interface, address: Ipv4Address): bool {
    const entry = this.find(address);
    if (entry == null) return false;
    let frame = takeQueue(entry);
    while (frame != null) {
      const next = frame.next;
      iface.pool.release(frame);
      frame = next;
    }
    this.forget(entry);
    return true;
  }

  /** Forgets all entries (`ip neigh flush`), those set by hand only when `permanent`. */
  flush(iface: Interface, permanent: bool): void {
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      const entry = this.entries[i];
      if (entry.state == NeighborState.Free) continue;
      if (entry.state != NeighborState.Permanent || permanent) this.remove(iface, entry.address);
    }
  }

  /** What was known may be wrong now (the link was down): every neighbour is asked when used. */
  doubt(): void {
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      const entry = this.entries[i];
      if (entry.state != NeighborState.Reachable) continue;
      entry.state = NeighborState.Stale;
      entry.until = 0;
    }
  }

  /** Routes have changed: who is a gateway shows when packets go there. */
  forgetGateways(): void {
    for (let i: u32 = 0; i < NEIGHBORS; i++) this.entries[i].gateway = false;
  }

  private forget(entry: Neighbor): void {
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
   * A free entry for `address`, if need be that of the least wanted neighbour; for one that
   * was only `heard` of, never that of a neighbour in use. Null: there is none.
   */
  private claim(address: Ipv4Address, now: i64, heard: bool): Neighbor | null {
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
    best.address = address;
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

function chainOf(address: Ipv4Address): u32 {
  return address ^ (address >>> 8);
}

/** How much is lost with an entry; i64.MAX_VALUE: it must stay. */
function worthOf(entry: Neighbor, now: i64, heard: bool): i64 {
  const state = entry.state;
  if (state == NeighborState.Free) return -2;
  if (state == NeighborState.Failed) return -1;
  const settled = state == NeighborState.Reachable || state == NeighborState.Stale;
  if (!settled || entry.gateway) return i64.MAX_VALUE;
  // Never used: older is worth less. All of these go before any that was used.
  if (entry.usedAt == 0) return entry.confirmedAt;
  if (heard || now - entry.usedAt < IN_USE) return i64.MAX_VALUE;
  return entry.usedAt + (i64.MAX_VALUE >> 1);
}

/** Puts a frame at the end of the queue; where it is full, the oldest makes room. */
function enqueue(iface: Interface, entry: Neighbor, frame: Frame): void {
  if (entry.queued == NEIGHBOR_QUEUE) {
    const oldest = entry.first!;
    entry.first = oldest.next;
    entry.queued--;
    iface.counters.neighborOverflow++;
    iface.pool.release(oldest);
  }
  frame.next = null;
  const last = entry.last;
  if (last == null) entry.first = frame;
  else last.next = frame;
  entry.last = frame;
  entry.queued++;
}

function takeQueue(entry: Neighbor): Frame | null {
  const first = entry.first;
  entry.first = null;
  entry.last = null;
  entry.queued = 0;
  return first;
}
