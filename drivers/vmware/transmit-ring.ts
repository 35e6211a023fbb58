/**
 * The transmit ring of a vmxnet3. The generation bit of a descriptor hands its frame to the device,
 * and a completion hands it back. One descriptor always stays free.
 */
import { TRANSMIT_RING } from "../../core/limits";
import { allocateDma, physical } from "../../machine/dma";
import { dmaReady } from "../../machine/host";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { CompletionRing } from "./completion-ring";
import {
  COMPLETION_INDEX,
  DESCRIPTOR_SIZE,
  RING_ALIGNMENT,
  TRANSMIT_GENERATION,
  TRANSMIT_LAST,
} from "./registers";

const MASK: u32 = TRANSMIT_RING - 1;

export class TransmitRing {
  /** Whether the device has returned a descriptor that it does not hold. */
  broken: bool = false;
  readonly completions: CompletionRing = new CompletionRing(TRANSMIT_RING);
  private readonly descriptors: usize = allocateDma(
    TRANSMIT_RING * DESCRIPTOR_SIZE,
    RING_ALIGNMENT,
  );
  private readonly frames: StaticArray<usize> = new StaticArray<usize>(TRANSMIT_RING);
  /** The index of the oldest frame that has not been reclaimed, and of the next to queue. */
  private clean: u32 = 0;
  private tail: u32 = 0;
  private generation: u32 = TRANSMIT_GENERATION;

  constructor(private readonly pool: FramePool) {
    assert((TRANSMIT_RING & MASK) == 0, "the size of the transmit ring must be a power of two");
  }

  /** Releases all frames and empties the ring. Returns its physical address. */
  reset(): u64 {
    while (this.clean != this.tail) this.release();
    memory.fill(this.descriptors, 0, TRANSMIT_RING * DESCRIPTOR_SIZE);
    this.broken = false;
    this.clean = 0;
    this.tail = 0;
    this.generation = TRANSMIT_GENERATION;
    return physical(this.descriptors);
  }

  /** The index up to which descriptors have been handed over. */
  get producer(): u32 {
    return this.tail;
  }

  room(): u32 {
    return (this.clean - this.tail - 1) & MASK;
  }

  /** Queues a frame and takes ownership of it; there must be room. */
  queue(frame: Frame): void {
    const at = this.descriptors + ((this.tail * DESCRIPTOR_SIZE) as usize);
    store<u64>(at, physical(frame.start));
    store<u32>(at, TRANSMIT_LAST, 12);
    dmaReady(frame.start, frame.length);
    store<u32>(at, frame.length | this.generation, 8);
    this.frames[this.tail] = changetype<usize>(frame);
    this.tail = (this.tail + 1) & MASK;
    if (this.tail == 0) this.generation ^= TRANSMIT_GENERATION;
  }

  /** Releases the frames that the device has sent. */
  reclaim(): void {
    while (!this.broken && this.completions.hasNext()) {
      const index = this.completions.lower() & COMPLETION_INDEX;
      this.completions.advance();
      const held = (this.tail - this.clean) & MASK;
      if (index >= TRANSMIT_RING || ((index - this.clean) & MASK) >= held) {
        this.broken = true;
        return;
      }
      const end = (index + 1) & MASK;
      while (this.clean != end) this.release();
    }
  }

  private release(): void {
    this.pool.release(changetype<Frame>(this.frames[this.clean]));
    this.clean = (this.clean + 1) & MASK;
  }
}
