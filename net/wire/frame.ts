/**
 * A frame: a window on a fixed block of DMA memory. Each layer pushes its header in front of
 * the window on the way out and pulls it off on the way in; no layer knows how deep it is
 * nested (the mbuf of xv6's network lab).
 *
 *     frame                 storage            start           start + length        end
 *     ├── fields (64 B) ────┼── head room ─────┼── window ─────┼── tail room ────────┤
 */
import { FRAME_HEADROOM, FRAME_STORAGE } from "../../core/limits";

/** Bytes of fields in front of the storage: one cache line. */
export const FRAME_FIELDS: u32 = 64;
/** Bytes from one frame of a pool to the next. */
export const FRAME_STRIDE: u32 = FRAME_FIELDS + FRAME_STORAGE;

@unmanaged
export class Frame {
  /** The next frame of whatever list this one is in. */
  next: Frame | null;
  /** Address of the first byte of the window. */
  start: usize;
  /** Bytes in the window. */
  length: u32;

  /** Address of the first byte of storage: what a receive descriptor points at. */
  get storage(): usize {
    return changetype<usize>(this) + FRAME_FIELDS;
  }

  get end(): usize {
    return this.start + this.length;
  }

  /** An empty window behind the head room, for a frame that is to be filled and sent. */
  reset(): void {
    this.next = null;
    this.start = this.storage + FRAME_HEADROOM;
    this.length = 0;
  }

  /** Grows the window to the front by `bytes`; answers its new start. */
  push(bytes: u32): usize {
    assert(this.start - bytes >= this.storage, "no head room left in the frame");
    this.start -= bytes;
    this.length += bytes;
    return this.start;
  }

  /** Takes `bytes` off the front of the window; answers where they were. */
  pull(bytes: u32): usize {
    assert(bytes <= this.length, "the frame is shorter than what is pulled off it");
    const start = this.start;
    this.start += bytes;
    this.length -= bytes;
    return start;
  }

  /** Grows the window at its end by `bytes`; answers where the new bytes begin. */
  append(bytes: u32): usize {
    const end = this.end;
    assert(end + bytes <= this.storage + FRAME_STORAGE, "no tail room left in the frame");
    this.length += bytes;
    return end;
  }

  /** Cuts the window to `length` bytes: link-layer padding goes. */
  trim(length: u32): void {
    assert(length <= this.length, "a frame cannot be trimmed to more than it is");
    this.length = length;
  }
}
