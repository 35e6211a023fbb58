/**
 * The transmit ring of a card with descriptors (DS: C+ mode transmit descriptors; GS 9.1.1). The
 * driver sets the OWN bit of a descriptor to hand its frame over; the card clears the bit once it
 * has sent the frame.
 */
import { allocateDma, physical } from "../../machine/dma";
import { dmaLoad64, dmaReady } from "../../machine/host";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { DESCRIPTOR_BYTES, EOR, FS, LS, OWN, RING_ALIGNMENT } from "./registers";

export class TransmitRing {
  private readonly mask: u32;
  private readonly descriptors: usize;
  private readonly frames: StaticArray<usize>;
  /** The oldest frame that has not been reclaimed, and the number of frames in the ring. */
  private clean: u32 = 0;
  private used: u32 = 0;

  /** `size` is a power of two. */
  constructor(
    private readonly pool: FramePool,
    private readonly size: u32,
  ) {
    assert((size & (size - 1)) == 0, "the size of the transmit ring must be a power of two");
    this.mask = size - 1;
    this.descriptors = allocateDma(size * DESCRIPTOR_BYTES, RING_ALIGNMENT);
    this.frames = new StaticArray<usize>(size);
  }

  /** Releases all frames and empties the ring of a stopped card. Returns its physical address. */
  reset(): u64 {
    while (this.used != 0) this.release();
    this.clean = 0;
    for (let i: u32 = 0; i < this.size; i++) {
      store<u64>(this.pointer(i), i == this.mask ? EOR : 0);
      store<u64>(this.pointer(i), 0, 8);
    }
    return physical(this.descriptors);
  }

  room(): u32 {
    return this.size - this.used;
  }

  /** Queues a frame and takes ownership of it; there must be room. */
  queue(frame: Frame): void {
    const index = (this.clean + this.used) & this.mask;
    const at = this.pointer(index);
    store<u64>(at, physical(frame.start), 8);
    dmaReady(frame.start, frame.length);
    store<u32>(at, OWN | (index == this.mask ? EOR : 0) | FS | LS | frame.length);
    this.frames[index] = changetype<usize>(frame);
    this.used++;
  }

  /** Releases the frames that the card has sent. */
  reclaim(): void {
    while (this.used != 0 && ((dmaLoad64(this.pointer(this.clean)) as u32) & OWN) == 0) {
      this.release();
    }
  }

  private release(): void {
    this.pool.release(changetype<Frame>(unchecked(this.frames[this.clean])));
    this.clean = (this.clean + 1) & this.mask;
    this.used--;
  }

  private pointer(index: u32): usize {
    return this.descriptors + ((index * DESCRIPTOR_BYTES) as usize);
  }
}
