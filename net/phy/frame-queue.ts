/** A first-in, first-out list of frames, linked by `Frame.next`. */
import { Frame } from "../wire/frame";

export class FrameQueue {
  /** Frames and bytes queued now. */
  count: u32 = 0;
  bytes: u32 = 0;
  private first: Frame | null = null;
  private last: Frame | null = null;

  /** The queue is full once it holds this many frames or bytes; see `full`. */
  constructor(
    readonly fullFrames: u32,
    readonly fullBytes: u32 = u32.MAX_VALUE,
  ) {}

  /** Whether a sender that can wait should do so. `push` works regardless. */
  get full(): bool {
    return this.count >= this.fullFrames || this.bytes >= this.fullBytes;
  }

  push(frame: Frame): void {
    frame.next = null;
    const last = this.last;
    if (last == null) this.first = frame;
    else last.next = frame;
    this.last = frame;
    this.count++;
    this.bytes += frame.length;
  }

  /** Removes and returns the oldest frame, or returns null. */
  pop(): Frame | null {
    const frame = this.first;
    if (frame == null) return null;
    this.first = frame.next;
    if (this.first == null) this.last = null;
    this.count--;
    this.bytes -= frame.length;
    return frame;
  }

  /** The frame that was pushed last, or null. */
  get newest(): Frame | null {
    return this.last;
  }

  /** Empties the queue. Returns the frames, oldest first, linked by `Frame.next`. */
  takeAll(): Frame | null {
    const first = this.first;
    this.first = null;
    this.last = null;
    this.count = 0;
    this.bytes = 0;
    return first;
  }
}
