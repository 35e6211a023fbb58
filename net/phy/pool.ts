/** The fixed pool of frames: every frame comes from it and goes back to it. */
import { allocateBlock } from "../../core/block";
import { FRAME_COUNT } from "../../core/limits";
import { FRAME_STRIDE, Frame } from "../wire/frame";

export class FramePool {
  /** Free frames. */
  available: u32 = 0;
  /** All frames, free or not. */
  count: u32 = 0;
  private first: Frame | null = null;

  constructor(count: u32 = FRAME_COUNT) {
    this.extend(count);
  }

  /** Adds `count` frames. Their memory is never freed. */
  extend(count: u32): void {
    this.count += count;
    const memory = allocateBlock(count * FRAME_STRIDE);
    for (let i: u32 = 0; i < count; i++) {
      this.release(changetype<Frame>(memory + i * FRAME_STRIDE));
    }
  }

  /** Returns an empty frame with head room, or null if all are in use. */
  allocate(): Frame | null {
    const frame = this.first;
    if (frame == null) return null;
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
