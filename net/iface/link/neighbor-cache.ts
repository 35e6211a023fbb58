/**
 * The neighbor cache of one interface: the hardware addresses of neighbors, which expire (RFC 1122
 * section 2.3.2.1), and the packets waiting for one (section 2.3.2.2). The states are those of RFC
 * 4861 section 7.3.2.
 *
 *     send > Incomplete ──reply──> Reachable <──reply or progress──┐
 *             │ 3 requests           │ send, after 2 s             │
 *             v without a reply      v                             │
 *           Failed                 Delay ──1 s──> Probe ───────────┘
 *                                    ^              │ a unicast and 2 broadcast requests
 *                      Stale ──send──┘              v without a reply: the entry is freed
 *
 * A conversation that makes progress keeps a neighbor reachable without requests (`confirm`). Other
 * traffic causes a request every 3 s, so that it follows a neighbor to a new hardware address
 * within 4 s.
 *
 * A claim by another station (a gratuitous ARP packet) does not replace an address in use at once:
 * the old address is probed twice, and the claim is believed if there is no reply within 0.8 s.
 */
import { NEIGHBOR_WAITING } from "../../../core/limits";
import { MILLISECOND, NEVER, SECOND } from "../../../core/time";
import { BROADCAST_HARDWARE } from "../../wire/address";
import { ETHERTYPE_IPV4 } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import { IpAddress } from "../../wire/ip-address";
import { IpCounter } from "../counters";
import { Link } from "./link";
import { Neighbor, NeighborState } from "./neighbor";
import { NeighborTable } from "./neighbor-table";
import { Resolver } from "./resolver";

/** How long packets are sent after a confirmation before the next one is needed. */
const CONFIRMED_TIME: i64 = 2 * SECOND;
/** How long to wait for a confirmation before a request (DELAY_FIRST_PROBE_TIME of RFC 4861). */
const DELAY_TIME: i64 = SECOND;
/** Between two requests for one address: at most one a second (RFC 1122 section 2.3.2.1). */
const REQUEST_INTERVAL: i64 = SECOND;
const REQUESTS: u32 = 3;
/** Requests for an address that another station claims: to the known hardware address only. */
const CLAIM_INTERVAL: i64 = 400 * MILLISECOND;
const CLAIM_REQUESTS: u32 = 2;
/** How long claims are ignored after one was refuted, so that they cause no flood of requests. */
const REFUTED_TIME: i64 = SECOND;
/** How long a neighbor that did not reply is remembered as failed. */
const FAILED_TIME: i64 = 60 * SECOND;

export class NeighborCache extends NeighborTable {
  /** `poll` has nothing to do before this time. */
  timer: i64 = NEVER;
  /** Packets in the queues of all entries. */
  private waiting: u32 = 0;
  /** Where the next search for a queue to shorten begins. */
  private queueHand: u32 = 0;

  constructor(
    private readonly link: Link,
    private readonly resolver: Resolver,
    capacity: u32,
  ) {
    super(capacity);
  }

  /**
   * Sends an IPv4 packet to a neighbor, now or after its reply; takes over the frame. `gateway` is
   * true if a route leads through the neighbor. Returns the neighbor's entry, or null if the cache
   * is full and the packet was dropped.
   */
  send(address: IpAddress, gateway: bool, frame: Frame, now: i64): Neighbor | null {
    const link = this.link;
    let entry = this.find(address);
    if (entry == null) {
      entry = this.claim(address, now, false);
      if (entry == null) {
        link.counters.add(IpCounter.NeighborOverflow);
        link.pool.release(frame);
        return null;
      }
    }
    entry.usedAt = now;
    if (gateway) entry.gateway = true;
    const state = entry.state;
    const settled = state == NeighborState.Reachable || state == NeighborState.Stale;
    if (settled && entry.until <= now) this.delay(entry, now);
    if (entry.known || entry.until > now) {
      link.transmit(frame, entry.hardware, ETHERTYPE_IPV4, now);
    } else this.enqueue(entry, frame, now);
    return entry;
  }

  /** Waits for the next confirmation; packets are still sent meanwhile. */
  private delay(entry: Neighbor, now: i64): void {
    entry.state = NeighborState.Delay;
    this.schedule(entry, now + DELAY_TIME);
    entry.until = entry.dueAt;
  }

  /** Queues a packet until the hardware address is known. */
  private enqueue(entry: Neighbor, frame: Frame, now: i64): void {
    if (entry.queue.full) this.dropFirst(entry);
    else if (this.waiting == NEIGHBOR_WAITING) this.dropFirst(this.oldQueue());
    entry.queue.push(frame);
    this.waiting++;
    if (entry.state != NeighborState.Incomplete) {
      entry.state = NeighborState.Incomplete;
      this.request(entry, 0, now);
    }
  }

  /** Drops the packet that has waited longest for a neighbor. */
  private dropFirst(entry: Neighbor): void {
    this.waiting--;
    this.link.counters.add(IpCounter.NeighborOverflow);
    this.link.pool.release(entry.queue.pop()!);
  }

  /** Returns an entry with queued packets, usually an old one; there must be one. */
  private oldQueue(): Neighbor {
    let entry: Neighbor;
    do {
      entry = this.at(this.queueHand);
      this.queueHand = this.queueHand + 1 < this.capacity ? this.queueHand + 1 : 0;
    } while (entry.queue.count == 0);
    return entry;
  }

  /** Empties the queue of an entry. Returns the frames, oldest first, linked by `next`. */
  private takeQueue(entry: Neighbor): Frame | null {
    this.waiting -= entry.queue.count;
    return entry.queue.takeAll();
  }

  /** Returns a new entry; evicts the least useful one if needed. Returns null if all must stay. */
  private claim(address: IpAddress, now: i64, heard: bool): Neighbor | null {
    if (this.count == this.capacity) {
      const victim = this.victim(now, heard);
      if (victim == null) return null;
      this.discard(victim);
    }
    return this.take(address, now);
  }

  /** Frees an entry, and drops the packets that wait for it. */
  private discard(entry: Neighbor): void {
    while (entry.queue.count > 0) this.dropFirst(entry);
    this.forget(entry);
  }

  private schedule(entry: Neighbor, at: i64): void {
    entry.dueAt = at;
    if (at < this.timer) this.timer = at;
  }

  /** Probes the known hardware address of a neighbor, to which packets are still sent. */
  private probe(entry: Neighbor, now: i64): void {
    entry.state = NeighborState.Probe;
    this.request(entry, 0, now);
  }

  /** Sends the next request: first to the known station, then to all. */
  private request(entry: Neighbor, before: u32, now: i64): void {
    entry.requests = before + 1;
    const checking = entry.claimed != 0;
    this.schedule(entry, now + (checking ? CLAIM_INTERVAL : REQUEST_INTERVAL));
    const known = entry.known;
    if (known) entry.until = entry.dueAt;
    const unicast = known && (checking || before == 0);
    this.resolver.solicit(entry.address, unicast ? entry.hardware : BROADCAST_HARDWARE, now);
  }

  /**
   * Notes that packets reach a neighbor, because a conversation through it makes progress (RFC 4861
   * section 7.3.1). Does not refute a claim: a router that has handed over its address may still
   * forward packets.
   */
  confirm(entry: Neighbor, now: i64): void {
    if (!entry.known || entry.claimed != 0) return;
    entry.state = NeighborState.Reachable;
    entry.confirmedAt = now;
    entry.until = now + CONFIRMED_TIME;
    entry.dueAt = NEVER;
  }

  /**
   * Learns from an ARP packet that `address` is at `hardware`. `answer` is true if the packet is a
   * reply to this host; `create` is true if it is a request for one of this host's addresses, whose
   * sender gets an entry (RFC 826, "Packet Reception").
   */
  learn(address: IpAddress, hardware: u64, answer: bool, create: bool, now: i64): void {
    let entry = this.find(address);
    if (entry == null) {
      if (create) entry = this.claim(address, now, true);
      if (entry == null) return;
    }
    const state = entry.state;
    if (state == NeighborState.Permanent) return;
    const known = entry.known;
    if (known && hardware != entry.hardware && entry.usedAt != 0) {
      // Once the known address has not replied to a request, others are believed.
      const silent = state == NeighborState.Probe && entry.requests > 1 && entry.claimed == 0;
      if (!silent) {
        this.check(entry, hardware, now);
        return;
      }
    }
    if (answer && state != NeighborState.Free) {
      if (entry.claimed != 0 && hardware == entry.hardware) entry.refutedAt = now;
      settle(entry, hardware, NeighborState.Reachable, now);
    } else if (!known || hardware != entry.hardware) {
      settle(entry, hardware, NeighborState.Stale, 0);
    }
    this.sendWaiting(entry, now);
  }

  /** Checks a claim that a neighbor in use now has the address `hardware`. */
  private check(entry: Neighbor, hardware: u64, now: i64): void {
    if (entry.refutedAt != i64.MIN_VALUE && now - entry.refutedAt < REFUTED_TIME) return;
    const first = entry.claimed == 0;
    entry.claimed = hardware;
    if (first) this.probe(entry, now);
  }

  /** Sends the packets that waited for the hardware address. */
  private sendWaiting(entry: Neighbor, now: i64): void {
    let frame = this.takeQueue(entry);
    while (frame != null) {
      const next = frame.next;
      this.link.transmit(frame, entry.hardware, ETHERTYPE_IPV4, now);
      frame = next;
    }
  }

  /**
   * Does what is due for each entry. Returns the IPv4 packets to neighbors that did not reply,
   * linked by `next`; the caller reports and releases them.
   */
  poll(now: i64): Frame | null {
    if (now < this.timer) return null;
    this.timer = NEVER;
    let lost: Frame | null = null;
    for (let i: u32 = 0; i < this.capacity; i++) {
      const entry = this.at(i);
      if (entry.dueAt <= now) {
        const last = entry.queue.newest;
        const first = this.advance(entry, now);
        if (first != null && last != null) {
          last.next = lost;
          lost = first;
        }
      }
      if (entry.dueAt < this.timer) this.timer = entry.dueAt;
    }
    return lost;
  }

  /** Does what is due for an entry. Returns the packets to report as lost, if it gives up. */
  private advance(entry: Neighbor, now: i64): Frame | null {
    if (entry.state == NeighborState.Delay) this.probe(entry, now);
    else if (entry.state == NeighborState.Failed) this.forget(entry);
    else if (entry.claimed != 0 && entry.requests == CLAIM_REQUESTS) {
      entry.hardware = entry.claimed;
      entry.claimed = 0;
      this.probe(entry, now);
    } else if (entry.requests < REQUESTS) this.request(entry, entry.requests, now);
    else return this.giveUp(entry, now);
    return null;
  }

  /** Gives up on a neighbor that did not reply. Returns the packets that waited for it. */
  private giveUp(entry: Neighbor, now: i64): Frame | null {
    const waiting = this.takeQueue(entry);
    if (entry.state == NeighborState.Probe) this.forget(entry);
    else {
      entry.state = NeighborState.Failed;
      entry.dueAt = now + FAILED_TIME;
    }
    return waiting;
  }

  /** Sets a permanent entry (`ip neigh add`); returns false if the cache is full. */
  add(address: IpAddress, hardware: u64, now: i64): bool {
    let entry = this.find(address);
    if (entry == null) entry = this.claim(address, now, false);
    if (entry == null) return false;
    settle(entry, hardware, NeighborState.Permanent, now);
    entry.until = NEVER;
    this.sendWaiting(entry, now);
    return true;
  }

  /**
   * Deletes an entry (`ip neigh del`) and drops its packets; returns false if there is no entry.
   */
  remove(address: IpAddress): bool {
    const entry = this.find(address);
    if (entry == null) return false;
    this.discard(entry);
    return true;
  }

  /** Deletes all entries (`ip neigh flush`), permanent ones only if `permanent`. */
  flush(permanent: bool): void {
    for (let i: u32 = 0; i < this.capacity; i++) {
      const entry = this.at(i);
      if (entry.state == NeighborState.Free) continue;
      if (entry.state != NeighborState.Permanent || permanent) this.discard(entry);
    }
  }

  /** Makes all reachable entries stale, after the carrier has changed. */
  markStale(): void {
    for (let i: u32 = 0; i < this.capacity; i++) {
      const entry = this.at(i);
      if (entry.state != NeighborState.Reachable) continue;
      entry.state = NeighborState.Stale;
      entry.until = 0;
    }
  }

  /** Unmarks gateways, after routes have changed; `send` marks them again. */
  forgetGateways(): void {
    for (let i: u32 = 0; i < this.capacity; i++) this.at(i).gateway = false;
  }
}

/** Sets an entry's hardware address, and ends the requests for it. */
function settle(entry: Neighbor, hardware: u64, state: NeighborState, confirmedAt: i64): void {
  entry.hardware = hardware;
  entry.state = state;
  entry.confirmedAt = confirmedAt;
  entry.until = state == NeighborState.Reachable ? confirmedAt + CONFIRMED_TIME : 0;
  entry.claimed = 0;
  entry.requests = 0;
  entry.dueAt = NEVER;
}
