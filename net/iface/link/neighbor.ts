/**
 * A neighbor: another station on a link, the state of its hardware address (RFC 4861 section
 * 7.3.2), and the packets waiting for it (RFC 1122 section 2.3.2.2).
 */
import { NEIGHBOR_QUEUE } from "../../../core/limits";
import { NEVER } from "../../../core/time";
import { Frame } from "../../wire/frame";
import { IpAddress } from "../../wire/ip-address";

export const enum NeighborState {
  /** The entry is unused. */
  Free,
  Incomplete,
  Reachable,
  Stale,
  Probe,
  Failed,
  /** Set by `ip neigh add`: never probed, never replaced. */
  Permanent,
}

export class Neighbor {
  // A 16-byte address, held inline; see IpAddress.
  addressHigh: u64 = 0;
  addressLow: u64 = 0;
  hardware: u64 = 0;
  state: NeighborState = NeighborState.Free;
  /** The hardware address is valid until this time; 0 unless Reachable or Permanent. */
  until: i64 = 0;
  /** When the neighbor last replied or its entry was created; 0 if its address was only heard. */
  confirmedAt: i64 = 0;
  /** When a packet was last sent to the neighbor, or 0. */
  usedAt: i64 = 0;
  /** Whether a route leads through the neighbor. */
  gateway: bool = false;
  /** Requests sent without a reply, and when the next request is due. */
  requests: u32 = 0;
  dueAt: i64 = NEVER;
  /** The next entry of the hash chain. */
  next: Neighbor | null = null;
  private waiting: u32 = 0;
  private first: Frame | null = null;
  private last: Frame | null = null;

  constructor(readonly index: u32) {}

  get address(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<Neighbor>("addressHigh"));
  }

  /**
   * Queues a frame. If the queue was full, removes and returns the oldest, for the caller to drop.
   */
  enqueue(frame: Frame): Frame | null {
    let oldest: Frame | null = null;
    if (this.waiting == NEIGHBOR_QUEUE) {
      oldest = this.first!;
      this.first = oldest.next;
      this.waiting--;
    }
    frame.next = null;
    const last = this.last;
    if (last == null) this.first = frame;
    else last.next = frame;
    this.last = frame;
    this.waiting++;
    return oldest;
  }

  /** The last frame queued, or null. */
  get newest(): Frame | null {
    return this.last;
  }

  /** Empties the queue. Returns the frames, oldest first, linked by `next`. */
  takeQueue(): Frame | null {
    const first = this.first;
    this.first = null;
    this.last = null;
    this.waiting = 0;
    return first;
  }
}
