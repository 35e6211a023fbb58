/**
 * A neighbor: another station on a link, the state of its hardware address (RFC 4861 section
 * 7.3.2), and the packets waiting for it (RFC 1122 section 2.3.2.2).
 */
import { NEIGHBOR_QUEUE } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import { FrameQueue } from "../../phy/frame-queue";
import { IpAddress } from "../../wire/ip-address";

export const enum NeighborState {
  /** The entry is unused. */
  Free,
  Incomplete,
  Reachable,
  Stale,
  /** Packets are sent; the neighbor is probed unless a confirmation arrives soon. */
  Delay,
  Probe,
  Failed,
  /** Set by `ip neigh add`: never probed, never replaced. */
  Permanent,
}

/** How long after a confirmation a neighbor is shown as reachable (RFC 4861 section 10). */
const REACHABLE_TIME: i64 = 30 * SECOND;

export class Neighbor {
  // A 16-byte address, held inline; see IpAddress.
  addressHigh: u64 = 0;
  addressLow: u64 = 0;
  hardware: u64 = 0;
  state: NeighborState = NeighborState.Free;
  /** Packets may be sent to the hardware address without further checks until this time. */
  until: i64 = 0;
  /**
   * When the neighbor was last confirmed, by a reply or a conversation, or its entry was created; 0
   * if its address was only heard.
   */
  confirmedAt: i64 = 0;
  /** The hardware address that another station claims for the neighbor; 0 if none. */
  claimed: u64 = 0;
  /** When the neighbor last refuted such a claim by a reply. */
  refutedAt: i64 = i64.MIN_VALUE;
  /** When a packet was last sent to the neighbor, or 0. */
  usedAt: i64 = 0;
  /** Whether a route leads through the neighbor. */
  gateway: bool = false;
  /** Requests sent without a reply, and when the next request is due. */
  requests: u32 = 0;
  dueAt: i64 = NEVER;
  /** The next entry of the hash chain. */
  next: Neighbor | null = null;
  /** The packets that wait for the hardware address. */
  readonly queue: FrameQueue = new FrameQueue(NEIGHBOR_QUEUE);

  constructor(readonly index: u32) {}

  /** Prepares a free entry for `address`. */
  begin(address: IpAddress, now: i64): void {
    this.address.copyFrom(changetype<usize>(address));
    this.hardware = 0;
    this.usedAt = 0;
    this.gateway = false;
    this.requests = 0;
    this.confirmedAt = now;
    this.claimed = 0;
    this.refutedAt = i64.MIN_VALUE;
  }

  /**
   * Whether the hardware address has been learned, confirmed lately or not; false for a permanent
   * entry, to which packets are sent because of `until`.
   */
  get known(): bool {
    return this.state >= NeighborState.Reachable && this.state <= NeighborState.Probe;
  }

  /** Returns the state to show: a neighbor not confirmed for REACHABLE_TIME is stale. */
  stateAt(now: i64): NeighborState {
    const old = this.state == NeighborState.Reachable && now - this.confirmedAt >= REACHABLE_TIME;
    return old ? NeighborState.Stale : this.state;
  }

  get address(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<Neighbor>("addressHigh"));
  }
}
