/** The fixed pool that every frame comes from and goes back to: nothing else makes frames. */
import { allocateBlock } from "../../core/block";
import { FRAME_COUNT } from "../../core/limits";
import { FRAME_STRIDE, Frame } from "../wire/frame";

export class FramePool {
  /** Frames that are free now. */
  available: u32 = 0;
  /** Times that there was none. */
  exhausted: u64 = 0;
  private first: Frame | null = null;

  /** Takes `count` frames of memory once, for ever. */
  constructor(readonly count: u32 = FRAME_COUNT) {
    const memory = allocateBlock(count * FRAME_STRIDE);
    for (let i: u32 = 0; i < count; i++) {
      this.release(changetype<Frame>(memory + i * FRAME_STRIDE));
    }
  }

  /** An empty frame with head room, or null when all are in use. */
  allocate(): Frame | null {
    const frame = this.first;
    if (frame == null) {
      this.exhausted++;
      return null;
    }
    this.first = frame.next;
    this.available--;
    frame.reset();
    return frame;
  }

  release(frame: Frame): void {
    frame.next = this.first;
    this.first = frame;
    this.available++;
  }
}
