/**
 * The neighbor cache of one interface: the hardware addresses of neighbors, which expire (RFC 1122
 * section 2.3.2.1), and the packets waiting for one (section 2.3.2.2).
 *
 *     send > Incomplete ──reply──> Reachable ──30 s──> Stale
 *             │ 3 requests           ^                  │ send
 *             v without a reply      └─────reply────── Probe
 *           Failed                                      │ 3 requests without a reply
 *                                                       v  entry freed
 *
 * A claim by another station never replaces a hardware address in use. It only makes the cache
 * probe the known address; if that does not reply, the next packet starts over with a broadcast.
 */
import { NEIGHBORS } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import { BROADCAST_HARDWARE } from "../../wire/address";
import { ETHERTYPE_IPV4 } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import { IpAddress } from "../../wire/ip-address";
import { Link } from "./link";
import { Neighbor, NeighborState } from "./neighbor";
import { NeighborTable } from "./neighbor-table";
import { Resolver } from "./resolver";

/** How long a reply is valid (RFC 4861 section 10). */
const REACHABLE_TIME: i64 = 30 * SECOND;
/** Between two requests for one address: at most one a second (RFC 1122 section 2.3.2.1). */
const REQUEST_INTERVAL: i64 = SECOND;
const REQUESTS: u32 = 3;

export class NeighborCache extends NeighborTable {
  /** `poll` has nothing to do before this time. */
  timer: i64 = NEVER;

  constructor(
    private readonly link: Link,
    private readonly resolver: Resolver,
  ) {
    super();
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
        link.counters.neighborOverflow++;
        link.pool.release(frame);
        return null;
      }
    }
    entry.usedAt = now;
    if (gateway) entry.gateway = true;
    if (entry.until > now) link.transmit(frame, entry.hardware, ETHERTYPE_IPV4, now);
    else this.sendSlowly(entry, frame, now);
    return entry;
  }

  private sendSlowly(entry: Neighbor, frame: Frame, now: i64): void {
    const state = entry.state;
    if (state == NeighborState.Reachable || state == NeighborState.Stale) this.probe(entry, now);
    if (entry.state == NeighborState.Probe) {
      this.link.transmit(frame, entry.hardware, ETHERTYPE_IPV4, now);
      return;
    }
    const dropped = entry.enqueue(frame);
    if (dropped != null) {
      this.link.counters.neighborOverflow++;
      this.link.pool.release(dropped);
    }
    if (state != NeighborState.Incomplete) {
      entry.state = NeighborState.Incomplete;
      this.request(entry, 0, now);
    }
  }

  /** Probes the known hardware address of a neighbor. */
  private probe(entry: Neighbor, now: i64): void {
    entry.state = NeighborState.Probe;
    entry.until = 0;
    this.request(entry, 0, now);
  }

  private request(entry: Neighbor, before: u32, now: i64): void {
    entry.requests = before + 1;
    entry.dueAt = now + REQUEST_INTERVAL;
    if (entry.dueAt < this.timer) this.timer = entry.dueAt;
    const known = entry.state == NeighborState.Probe;
    this.resolver.solicit(entry.address, known ? entry.hardware : BROADCAST_HARDWARE, now);
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
    const known = state >= NeighborState.Reachable && state <= NeighborState.Probe;
    if (known && hardware != entry.hardware && entry.usedAt != 0) {
      // A neighbor that just replied is not probed: claims must not cause a flood of requests.
      const justReplied = now - entry.confirmedAt < REQUEST_INTERVAL;
      if (state != NeighborState.Probe && !justReplied) this.probe(entry, now);
      return;
    }
    if (answer && state != NeighborState.Free) {
      settle(entry, hardware, NeighborState.Reachable, now);
    } else if (!known || hardware != entry.hardware) {
      settle(entry, hardware, NeighborState.Stale, 0);
    }
    this.sendWaiting(entry, now);
  }

  /** Sends the packets that waited for the hardware address. */
  private sendWaiting(entry: Neighbor, now: i64): void {
    let frame = entry.takeQueue();
    while (frame != null) {
      const next = frame.next;
      this.link.transmit(frame, entry.hardware, ETHERTYPE_IPV4, now);
      frame = next;
    }
  }

  /**
   * Repeats the requests that are due. Returns the IPv4 packets to neighbors that did not reply,
   * linked by `next`; the caller reports and releases them.
   */
  poll(now: i64): Frame | null {
    if (now < this.timer) return null;
    this.timer = NEVER;
    let lost: Frame | null = null;
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      const entry = this.at(i);
      if (entry.dueAt <= now) {
        if (entry.requests < REQUESTS) {
          this.request(entry, entry.requests, now);
        } else {
          const last = entry.newest;
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

  /** Gives up on a neighbor that did not reply. Returns the packets that waited for it. */
  private giveUp(entry: Neighbor): Frame | null {
    entry.dueAt = NEVER;
    const waiting = entry.takeQueue();
    if (entry.state == NeighborState.Probe) this.forget(entry);
    else entry.state = NeighborState.Failed;
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
    let frame = entry.takeQueue();
    while (frame != null) {
      const next = frame.next;
      this.link.pool.release(frame);
      frame = next;
    }
    this.forget(entry);
    return true;
  }

  /** Deletes all entries (`ip neigh flush`), permanent ones only if `permanent`. */
  flush(permanent: bool): void {
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      const entry = this.at(i);
      if (entry.state == NeighborState.Free) continue;
      if (entry.state != NeighborState.Permanent || permanent) this.remove(entry.address);
    }
  }

  /** Makes all reachable entries stale, after the carrier has changed. */
  markStale(): void {
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      const entry = this.at(i);
      if (entry.state != NeighborState.Reachable) continue;
      entry.state = NeighborState.Stale;
      entry.until = 0;
    }
  }

  /** Unmarks gateways, after routes have changed; `send` marks them again. */
  forgetGateways(): void {
    for (let i: u32 = 0; i < NEIGHBORS; i++) this.at(i).gateway = false;
  }
}

/** Sets an entry's hardware address, and ends the requests for it. */
function settle(entry: Neighbor, hardware: u64, state: NeighborState, confirmedAt: i64): void {
  entry.hardware = hardware;
  entry.state = state;
  entry.confirmedAt = confirmedAt;
  entry.until = state == NeighborState.Reachable ? confirmedAt + REACHABLE_TIME : 0;
  entry.requests = 0;
  entry.dueAt = NEVER;
}
