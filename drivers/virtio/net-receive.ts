/**
 * The receive queue of a virtio network device (VIRTIO 5.1.6.3, 5.1.6.4). Each buffer is a frame of
 * the pool. A used one is replaced by an empty one, so the device always holds all buffers except
 * those that are about to be published. The device's header lies in front of the frame's storage.
 */
import { FRAME_STORAGE, RECEIVE_RING } from "../../core/limits";
import { physical } from "../../machine/dma";
import { DeviceCounters } from "../../net/phy/counters";
import { LARGEST_FRAME } from "../../net/phy/device";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { deliver } from "../deliver";
import { NO_BUFFER, Virtqueue } from "./virtqueue";

/** Buffers made available at a time: a notification is expensive. */
const RETURN_BATCH: u32 = 32;

export class NetReceive {
  /** The frame of each buffer; 0 before `start`. */
  private readonly frames: StaticArray<usize>;
  /** The number of buffers. */
  private readonly count: u32;
  /** Buffers offered since the last publication. */
  private unpublished: u32 = 0;
  private readonly batch: u32;

  /**
   * `headerBytes` is the length of the device's header. A header that is `apart` is a buffer of its
   * own (VIRTIO 5.1.6.6): descriptor i, which continues with descriptor `count` + i.
   */
  constructor(
    readonly queue: Virtqueue,
    private readonly headerBytes: u32,
    private readonly apart: bool,
    private readonly pool: FramePool,
    private readonly counters: DeviceCounters,
  ) {
    const count = min(apart ? queue.size / 2 : queue.size, RECEIVE_RING);
    this.frames = new StaticArray<usize>(count as i32);
    this.count = count;
    this.batch = min(RETURN_BATCH, max<u32>(count / 4, 1));
  }

  /** Offers all buffers; the queue has just been enabled. */
  start(): void {
    for (let id: u32 = 0; id < this.count; id++) {
      if (this.frames[id] == 0) this.frames[id] = changetype<usize>(this.pool.allocate());
      assert(this.frames[id] != 0, "the pool has no frames for the receive queue");
      this.give(id, changetype<Frame>(this.frames[id]));
    }
    this.unpublished = 0;
  }

  /** Takes the oldest good frame; returns null if there is none, or no free frame in the pool. */
  receive(): Frame | null {
    // Bounded, because a device may use bad buffers as fast as they are returned.
    for (let i: u32 = 0; i < this.count; i++) {
      const id = this.queue.take();
      if (id == NO_BUFFER) return null;
      const frame = this.replace(id, this.queue.length);
      if (++this.unpublished >= this.batch) this.publish();
      if (frame != null) return frame;
    }
    return null;
  }

  /** Makes all returned buffers available. */
  publish(): void {
    this.unpublished = 0;
    this.queue.publish();
  }

  /** Takes the frame of a used buffer. If it is bad, or the pool is empty, returns null. */
  private replace(id: u32, used: u32): Frame | null {
    const frame = changetype<Frame>(unchecked(this.frames[id]));
    const length = used - this.headerBytes;
    const fresh = this.accept(used, length) ? this.pool.allocate() : null;
    if (fresh == null) {
      this.give(id, frame);
      return null;
    }
    this.frames[id] = changetype<usize>(fresh);
    this.give(id, fresh);
    return deliver(frame, length, this.counters);
  }

  /** Reports whether a used buffer can hold a frame, and the pool another; counts it if not. */
  private accept(used: u32, length: u32): bool {
    if (used <= this.headerBytes) this.counters.lengthErrors++;
    else if (length > LARGEST_FRAME) this.counters.oversized++;
    else if (this.pool.available == 0) this.counters.noFrame++;
    else return true;
    return false;
  }

  /** Offers the storage of `frame` in buffer `id`. */
  private give(id: u32, frame: Frame): void {
    const storage = physical(frame.storage);
    const header = storage - this.headerBytes;
    if (this.apart) {
      this.queue.describe(id, header, this.headerBytes, true);
      this.queue.describe(this.count + id, storage, FRAME_STORAGE, true);
      this.queue.chain(id, this.count + id);
    } else this.queue.describe(id, header, this.headerBytes + FRAME_STORAGE, true);
    this.queue.offer(id);
  }
}
