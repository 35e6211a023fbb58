/**
 * The transmit ring of an RTL8139C+ (DS: C+ mode transmit descriptors). The driver sets the OWN bit
 * of a descriptor to hand its frame over; the card clears the bit once it has sent the frame.
 */
import { REALTEK_RING } from "../../core/limits";
import { allocateDma, physical } from "../../machine/dma";
import { dmaLoad64, dmaReady } from "../../machine/host";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { DESCRIPTOR_BYTES, EOR, FS, LS, OWN, RING_ALIGNMENT } from "./registers";

const MASK: u32 = REALTEK_RING - 1;

export class TransmitRing {
  private readonly descriptors: usize = allocateDma(
    REALTEK_RING * DESCRIPTOR_BYTES,
    RING_ALIGNMENT,
  );
  private readonly frames: StaticArray<usize> = new StaticArray<usize>(REALTEK_RING);
  /** The oldest frame that has not been reclaimed, and the number of frames in the ring. */
  private clean: u32 = 0;
  private used: u32 = 0;

  constructor(private readonly pool: FramePool) {
    assert((REALTEK_RING & MASK) == 0, "the size of the rings must be a power of two");
  }

  /** Releases all frames and empties the ring of a stopped card. Returns its physical address. */
  reset(): u64 {
    while (this.used != 0) this.release();
    this.clean = 0;
    for (let i: u32 = 0; i < REALTEK_RING; i++) {
      store<u64>(this.pointer(i), i == MASK ? EOR : 0);
      store<u64>(this.pointer(i), 0, 8);
    }
    return physical(this.descriptors);
  }

  room(): u32 {
    return REALTEK_RING - this.used;
  }

  /** Queues a frame and takes ownership of it; there must be room. */
  queue(frame: Frame): void {
    const index = (this.clean + this.used) & MASK;
    const at = this.pointer(index);
    store<u64>(at, physical(frame.start), 8);
    dmaReady(frame.start, frame.length);
    store<u32>(at, OWN | (index == MASK ? EOR : 0) | FS | LS | frame.length);
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
    this.clean = (this.clean + 1) & MASK;
    this.used--;
  }

  private pointer(index: u32): usize {
    return this.descriptors + ((index * DESCRIPTOR_BYTES) as usize);
  }
}
