/**
 * The egress scheduler of an interface stands in front of its device, queues what is given to
 * `transmit`, and hands it on in the order of its disciplines. An interface without one has no
 * queue, and its packets are not tested for one: `Link.output` is then the device itself.
 *
 * It queues frames, not sockets, because replies, fragments and packets that waited for ARP have no
 * socket, and because filters look at packets. The queues are short: a socket whose queue is full
 * waits (`admits`) and keeps its data, so it loses nothing and delays no other queue. A discipline
 * may drop packets, for instance beyond its limit. If all together hold more than EGRESS_FRAMES,
 * the oldest packet of the longest queue is dropped, which TCP sees as a loss.
 *
 * ARP is not queued: there is little of it, and nothing can be sent without it.
 */
import { EGRESS_BATCH, EGRESS_FRAMES } from "../../../core/limits";
import { MILLISECOND, NEVER } from "../../../core/time";
import { NetworkDevice, Transmitter } from "../../phy/device";
import { FramePool } from "../../phy/pool";
import { Path } from "../../socket/path";
import { ETHERTYPE_IPV4, EthernetHeader } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import { Qdisc } from "./qdisc";

/** How long to wait before trying a full device again, in microseconds. */
export const DEVICE_WAIT: i64 = MILLISECOND;

/** Tells the time of the turn, in microseconds since boot. */
export interface TurnTime {
  now: i64;
}

export class Scheduler implements Transmitter {
  /** Frames that the last `flush` handed to the device. */
  flushed: u32 = 0;
  /** Whether a sender has had to wait since `takeRefused`. */
  private refused: bool = false;
  /** The path about to send, and its frame: `transmit` stores the queue in the path. */
  private asking: Path | null = null;
  private asked: usize = 0;

  constructor(
    private readonly device: NetworkDevice,
    private readonly pool: FramePool,
    private readonly time: TurnTime,
    public root: Qdisc,
  ) {}

  /** Reports whether the queue of the path's last packet has room. */
  admits(path: Path): bool {
    const queue = path.queue;
    if (queue == null || !queue.full) return true;
    this.refused = true;
    return false;
  }

  /** Notes that the path is about to send in this frame. */
  expect(path: Path, frame: Frame): void {
    this.asking = path;
    this.asked = changetype<usize>(frame);
  }

  /** Returns whether a sender has had to wait since the last call. */
  takeRefused(): bool {
    const refused = this.refused;
    this.refused = false;
    return refused;
  }

  transmit(frame: Frame): bool {
    if (EthernetHeader.at(frame.start).type != ETHERTYPE_IPV4) return this.device.transmit(frame);
    const queue = this.root.enqueue(frame);
    if (changetype<usize>(frame) == this.asked) {
      this.asking!.queue = queue;
      this.asked = 0;
    }
    if (queue == null) {
      this.pool.release(frame);
      return false;
    }
    if (this.root.counters.backlog > EGRESS_FRAMES) this.pool.release(this.root.shed()!);
    return true;
  }

  /**
   * Hands the device what may leave now, at most EGRESS_BATCH frames, so that senders can refill a
   * queue before it runs empty and others use its share.
   */
  flush(): void {
    const device = this.device;
    let count: u32 = 0;
    while (count < EGRESS_BATCH && device.canTransmit()) {
      const frame = this.root.dequeue(this.time.now);
      if (frame == null) break;
      device.transmit(frame);
      count++;
    }
    this.flushed = count;
    this.asked = 0;
    device.flush();
  }

  /** Returns when `flush` has something to do. */
  pollAt(now: i64): i64 {
    if (this.root.counters.backlog == 0) return NEVER;
    return this.device.canTransmit() ? this.root.readyAt(now) : now + DEVICE_WAIT;
  }

  /** Always false: there may be room for one path and not for another; see `admits`. */
  canTransmit(): bool {
    return false;
  }

  /** Drops everything queued; called before the disciplines change. */
  purge(): void {
    for (let frame = this.root.shed(); frame != null; frame = this.root.shed()) {
      this.pool.release(frame);
    }
    this.asked = 0;
  }
}
