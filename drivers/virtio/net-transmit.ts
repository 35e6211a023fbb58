/**
 * The transmit queue of a virtio network device (VIRTIO 5.1.6.2). All queued frames are made
 * available with one notification at most. The device's header, all zeros without offloads, lies in
 * front of the frame's window.
 */
import { TRANSMIT_RING } from "../../core/limits";
import { physical } from "../../machine/dma";
import { dmaReady } from "../../machine/host";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { NO_BUFFER, Virtqueue } from "./virtqueue";

export class NetTransmit {
  /** The frame of each buffer that the device holds; 0 for a free one. */
  private readonly frames: StaticArray<usize>;
  /** The free buffers are the first `room` of these. */
  private readonly free: StaticArray<u16>;
  private readonly count: u32;
  /** Frames that can be queued now. */
  room: u32 = 0;

  /** `headerBytes` and `apart` are those of NetReceive. */
  constructor(
    readonly queue: Virtqueue,
    private readonly headerBytes: u32,
    private readonly apart: bool,
    private readonly pool: FramePool,
  ) {
    const count = min(apart ? queue.size / 2 : queue.size, TRANSMIT_RING);
    this.frames = new StaticArray<usize>(count as i32);
    this.free = new StaticArray<u16>(count as i32);
    this.count = count;
  }

  /** Returns all frames to the pool; the device has been reset. */
  reset(): void {
    this.room = 0;
    for (let id: u32 = 0; id < this.count; id++) {
      if (this.frames[id] != 0) this.pool.release(changetype<Frame>(this.frames[id]));
      this.release(id);
    }
  }

  /** Queues a frame and takes ownership of it; there must be room. */
  transmit(frame: Frame): void {
    const id = unchecked(this.free[--this.room]) as u32;
    this.frames[id] = changetype<usize>(frame);
    const header = frame.start - this.headerBytes;
    store<u64>(header, 0);
    store<u32>(frame.start - 4, 0);
    dmaReady(header, this.headerBytes + frame.length);
    if (this.apart) {
      this.queue.describe(id, physical(header), this.headerBytes, false);
      this.queue.describe(this.count + id, physical(frame.start), frame.length, false);
      this.queue.chain(id, this.count + id);
    } else this.queue.describe(id, physical(header), this.headerBytes + frame.length, false);
    this.queue.offer(id);
  }

  /** Releases the frames that the device has sent. */
  reclaim(): void {
    for (;;) {
      const id = this.queue.take();
      if (id == NO_BUFFER) return;
      this.pool.release(changetype<Frame>(unchecked(this.frames[id])));
      this.release(id);
    }
  }

  /** Requests an interrupt once about half of the frames on the way are sent; see Virtqueue.arm. */
  arm(): bool {
    return this.queue.arm(max<u32>((this.count - this.room) / 2, 1));
  }

  private release(id: u32): void {
    this.frames[id] = 0;
    this.free[this.room++] = id as u16;
  }
}
