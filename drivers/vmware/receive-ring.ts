/**
 * The receive ring of a vmxnet3. All descriptors but one have a frame of the pool. The device uses
 * them in order, and may skip some. For each one that it used or skipped, the driver puts a
 * frame into the empty descriptor and gives that to the device; the used or skipped one is then the
 * empty one.
 *
 *           fill  oldest
 *     ────────┴─────┴──────────────────
 *       given │empty│ given, oldest first
 */
import { FRAME_STORAGE, RECEIVE_RING } from "../../core/limits";
import { allocateDma, physical } from "../../machine/dma";
import { dmaReady } from "../../machine/host";
import { DeviceCounters } from "../../net/phy/counters";
import { LARGEST_FRAME } from "../../net/phy/device";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { deliver } from "../deliver";
import { CompletionRing } from "./completion-ring";
import {
  COMPLETION_END,
  COMPLETION_ERROR,
  COMPLETION_INDEX,
  COMPLETION_LENGTH,
  COMPLETION_START,
  DESCRIPTOR_SIZE,
  GENERATION,
  RING_ALIGNMENT,
} from "./registers";

const MASK: u32 = RECEIVE_RING - 1;

export class ReceiveRing {
  /** Whether the device has returned a descriptor that it does not hold. */
  broken: bool = false;
  readonly completions: CompletionRing = new CompletionRing(RECEIVE_RING);
  private readonly descriptors: usize = allocateDma(RECEIVE_RING * DESCRIPTOR_SIZE, RING_ALIGNMENT);
  private readonly frames: StaticArray<usize> = new StaticArray<usize>(RECEIVE_RING);
  /** The empty descriptor, and the generation with which it will be given. */
  private fill: u32 = 0;
  private generation: u32 = GENERATION;
  /** The oldest descriptor with a frame that was given: used already, or used next. */
  private oldest: u32 = 0;

  constructor(
    private readonly pool: FramePool,
    private readonly counters: DeviceCounters,
  ) {
    assert((RECEIVE_RING & MASK) == 0, "the size of the receive ring must be a power of two");
  }

  /** Gives all descriptors but one to a stopped device. Returns the ring's physical address. */
  reset(): u64 {
    memory.fill(this.descriptors, 0, RECEIVE_RING * DESCRIPTOR_SIZE);
    this.broken = false;
    this.fill = 0;
    this.oldest = 0;
    this.generation = GENERATION;
    this.collect();
    for (let i: u32 = 0; i < MASK; i++) this.give(this.frames[i]);
    return physical(this.descriptors);
  }

  /** The index up to which descriptors have been given. */
  get producer(): u32 {
    return this.fill;
  }

  /** Takes the oldest good frame; returns null if there is none, or no free frame in the pool. */
  receive(): Frame | null {
    // Bounded, because a device may return bad frames as fast as it gets their buffers back.
    for (let i: u32 = 0; i < RECEIVE_RING; i++) {
      if (this.broken || !this.completions.hasNext()) return null;
      const frame = this.take(this.completions.lower(), this.completions.upper() as u32);
      this.completions.advance();
      if (frame != null) return frame;
    }
    return null;
  }

  /** Takes the frame of a completion. If it is bad, or the pool is empty, returns null. */
  private take(lower: u32, upper: u32): Frame | null {
    const index = lower & COMPLETION_INDEX;
    const skipped = (index - this.oldest) & MASK;
    // The device holds all descriptors except the one at `fill`.
    if (index >= RECEIVE_RING || skipped >= ((this.fill - this.oldest) & MASK)) {
      this.broken = true;
      return null;
    }
    for (let i: u32 = 0; i < skipped; i++) this.give(this.remove());
    const frame = changetype<Frame>(this.remove());
    const length = upper & COMPLETION_LENGTH;
    const fresh = this.accept(lower, upper, length) ? this.pool.allocate() : null;
    if (fresh == null) {
      this.give(changetype<usize>(frame));
      return null;
    }
    this.give(changetype<usize>(fresh));
    return deliver(frame, length, this.counters);
  }

  /** Reports whether this is a whole, good frame, and the pool has another; counts it if not. */
  private accept(lower: u32, upper: u32, length: u32): bool {
    const whole = COMPLETION_START | COMPLETION_END;
    if ((lower & whole) != whole || length > LARGEST_FRAME) this.counters.oversized++;
    else if ((upper & COMPLETION_ERROR) != 0) this.counters.crcErrors++;
    else if (length == 0) this.counters.lengthErrors++;
    else if (this.pool.available == 0) this.counters.noFrame++;
    else return true;
    return false;
  }

  /** Moves all frames to the front of `frames`; the first time, takes them from the pool. */
  private collect(): void {
    let count: u32 = 0;
    for (let i: u32 = 0; i < RECEIVE_RING; i++) {
      const frame = this.frames[i];
      this.frames[i] = 0;
      if (frame != 0) this.frames[count++] = frame;
    }
    for (; count < MASK; count++) {
      this.frames[count] = changetype<usize>(this.pool.allocate());
      assert(this.frames[count] != 0, "the pool has no frames for the receive ring");
    }
  }

  /** Empties the oldest descriptor and returns its frame. */
  private remove(): usize {
    const frame = this.frames[this.oldest];
    this.frames[this.oldest] = 0;
    this.oldest = (this.oldest + 1) & MASK;
    return frame;
  }

  /** Gives a frame's storage in the empty descriptor. The generation comes last. */
  private give(frame: usize): void {
    const at = this.descriptors + ((this.fill * DESCRIPTOR_SIZE) as usize);
    store<u64>(at, physical(changetype<Frame>(frame).storage));
    dmaReady(at, 0);
    store<u32>(at, FRAME_STORAGE | this.generation, 8);
    this.frames[this.fill] = frame;
    this.fill = (this.fill + 1) & MASK;
    if (this.fill == 0) this.generation ^= GENERATION;
  }
}
