/**
 * A frame: a window on a fixed block of DMA memory. Each layer pushes its header in front of the
 * window on the way out and pulls it off on the way in, so no layer needs to know how deeply it is
 * nested (after the mbuf of xv6's network lab).
 *
 *     frame                 storage            start           end             end of storage
 *     ├── fields (64 B) ────┼── head room ─────┼── window ─────┼── tail room ────────┤
 */
import { FRAME_HEADROOM, FRAME_STORAGE } from "../../core/limits";

/** Bytes reserved for the fields, in front of the storage: one cache line. */
export const FRAME_FIELDS: u32 = 64;
/**
 * Bytes in front of any window that a driver may use for its device's own header: the last of the
 * fields' line, or head room.
 */
export const FRAME_DEVICE_HEADER: u32 = 16;
/** Bytes from one frame of a pool to the next. */
export const FRAME_STRIDE: u32 = FRAME_FIELDS + FRAME_STORAGE;

@unmanaged
export class Frame {
  /** The next frame of the list that holds this one. */
  next: Frame | null;
  /** Address of the first byte of the window. */
  start: usize;
  /** Bytes in the window. */
  length: u32;
  /** When a discipline queued the frame, in microseconds since boot; only CoDel sets it. */
  queuedAt: i64;

  /** Address of the first byte of storage, which a receive descriptor points to. */
  get storage(): usize {
    return changetype<usize>(this) + FRAME_FIELDS;
  }

  get end(): usize {
    return this.start + this.length;
  }

  /** Empties the window and moves it behind the head room, ready for a frame to be sent. */
  reset(): void {
    this.next = null;
    this.start = this.storage + FRAME_HEADROOM;
    this.length = 0;
  }

  /** Grows the window at its front by `bytes`; returns its new start. */
  push(bytes: u32): usize {
    assert(this.start - bytes >= this.storage, "no head room left in the frame");
    this.start -= bytes;
    this.length += bytes;
    return this.start;
  }

  /** Removes `bytes` from the front of the window; returns their address. */
  pull(bytes: u32): usize {
    assert(bytes <= this.length, "the frame is shorter than the bytes to pull");
    const start = this.start;
    this.start += bytes;
    this.length -= bytes;
    return start;
  }

  /** Grows the window at its end by `bytes`; returns the address of the first new byte. */
  append(bytes: u32): usize {
    const end = this.end;
    assert(end + bytes <= this.storage + FRAME_STORAGE, "no tail room left in the frame");
    this.length += bytes;
    return end;
  }

  /** Shortens the window to `length` bytes, which removes link-layer padding. */
  trim(length: u32): void {
    assert(length <= this.length, "a frame cannot be trimmed to more than its length");
    this.length = length;
  }
}
