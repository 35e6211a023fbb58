/**
 * The neighbor cache of one interface: which hardware address a neighbor has, how long that is
 * believed (RFC 1122 section 2.3.2.1), and the packets that wait to know it (2.3.2.2).
 *
 *     a packet for it > Incomplete ──an answer──> Reachable ──30 s──> Stale
 *                        │ 3 requests unanswered    ^                  │ a packet for it
 *                        v                          └───an answer──── Probe
 *                      Failed                                          │ 3 requests unanswered
 *                                                                      v  forgotten
 *
 * A hardware address in use is never replaced because someone claims so: a contrary claim only
 * makes the known station be asked (Probe), and if it is silent, everyone be asked anew.
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

/** How long an answer is believed without asking again (RFC 4861 section 10). */
const REACHABLE_TIME: i64 = 30 * SECOND;
/** Between two requests for one address: RFC 1122 section 2.3.2.1 allows one a second. */
const REQUEST_INTERVAL: i64 = SECOND;
const REQUESTS: u32 = 3;

export class NeighborCache extends NeighborTable {
  /** `poll` has nothing to do before this. */
  timer: i64 = NEVER;

  constructor(
    private readonly link: Link,
    private readonly resolver: Resolver,
  ) {
    super();
  }

  /**
   * Sends an IPv4 packet to a neighbor, now or once it has answered. `gateway`: a route leads
   * through it. The frame is taken in any case. Returns the neighbor's entry; null: there is none
   * left, and the packet is dropped.
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
    if (state == NeighborState.Reachable || state == NeighborState.Stale) this.ask(entry, now);
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

  /** Asks a known neighbor whether it still has its hardware address. */
  private ask(entry: Neighbor, now: i64): void {
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
   * A station says that `address` is at `hardware`. `answer`: it replied to this host. `create`:
   * it asked for this host, so it is worth remembering (RFC 826, "Packet Reception").
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
      // Who answered a moment ago is not asked again: claims must not cause a flood of requests.
      const fresh = now - entry.confirmedAt < REQUEST_INTERVAL;
      if (state != NeighborState.Probe && !fresh) this.ask(entry, now);
      return;
    }
    if (answer && state != NeighborState.Free) {
      settle(entry, hardware, NeighborState.Reachable, now);
    } else if (!known || hardware != entry.hardware) {
      settle(entry, hardware, NeighborState.Stale, 0);
    }
    this.release(entry, now);
  }

  /** Sends what waited for the hardware address. */
  private release(entry: Neighbor, now: i64): void {
    let frame = entry.takeQueue();
    while (frame != null) {
      const next = frame.next;
      this.link.transmit(frame, entry.hardware, ETHERTYPE_IPV4, now);
      frame = next;
    }
  }

  /**
   * Repeats requests that are due. Returns the packets that no neighbor will ever take, linked by
   * `next`, their windows the IPv4 packets: the caller tells the sockets and releases them.
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

  /** The neighbor stayed silent. Returns what waited for it. */
  private giveUp(entry: Neighbor): Frame | null {
    entry.dueAt = NEVER;
    const waiting = entry.takeQueue();
    if (entry.state == NeighborState.Probe) this.forget(entry);
    else entry.state = NeighborState.Failed;
    return waiting;
  }

  /** Sets an entry by hand (`ip neigh add`); false: every other one is in use. */
  add(address: IpAddress, hardware: u64, now: i64): bool {
    let entry = this.find(address);
    if (entry == null) entry = this.claim(address, now, false);
    if (entry == null) return false;
    settle(entry, hardware, NeighborState.Permanent, now);
    entry.until = NEVER;
    this.release(entry, now);
    return true;
  }

  /** Forgets an entry (`ip neigh del`) and drops what waited for it; false: there is none. */
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

  /** Forgets all entries (`ip neigh flush`), those set by hand only if `permanent`. */
  flush(permanent: bool): void {
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      const entry = this.at(i);
      if (entry.state == NeighborState.Free) continue;
      if (entry.state != NeighborState.Permanent || permanent) this.remove(entry.address);
    }
  }

  /** The carrier was lost: what is known may be wrong, and every neighbor is asked when used. */
  doubt(): void {
    for (let i: u32 = 0; i < NEIGHBORS; i++) {
      const entry = this.at(i);
      if (entry.state != NeighborState.Reachable) continue;
      entry.state = NeighborState.Stale;
      entry.until = 0;
    }
  }

  /** Routes have changed: which neighbors are gateways shows when packets go there. */
  forgetGateways(): void {
    for (let i: u32 = 0; i < NEIGHBORS; i++) this.at(i).gateway = false;
  }
}

/** Notes a hardware address: nothing is to be asked until it grows old. */
function settle(entry: Neighbor, hardware: u64, state: NeighborState, confirmedAt: i64): void {
  entry.hardware = hardware;
  entry.state = state;
  entry.confirmedAt = confirmedAt;
  entry.until = state == NeighborState.Reachable ? confirmedAt + REACHABLE_TIME : 0;
  entry.requests = 0;
  entry.dueAt = NEVER;
}
