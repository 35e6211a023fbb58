/**
 * Memory that is followed by an unmapped page, so that an access one byte too far traps.
 * tests/fuzz/driver.c maps it; the addresses here and there must agree.
 */
import { FRAME_STORAGE } from "../../../core/limits";
import { FramePool } from "../../../net/phy/pool";
import { FRAME_FIELDS, Frame } from "../../../net/wire/frame";

const PAGE: u32 = 4096;
/** The first frame's page; mapped and unmapped pages alternate from here. */
const FRAMES: usize = 0xc0000000;
/** Frames in a FencedPool. */
export const FENCED_FRAMES: u32 = 48;
/** The bytes that `fenced` copies to; the page after them is not mapped. */
const COPIES: usize = 0xd0000000;
const COPIES_BYTES: usize = 64 << 10;

/**
 * Copies bytes, at most COPIES_BYTES, so that they end at the unmapped page. Returns their address,
 * which is valid until the next call.
 */
export function fenced(pointer: usize, length: u32): usize {
  const at = COPIES + COPIES_BYTES - length;
  memory.copy(at, pointer, length);
  return at;
}

/** A pool of FENCED_FRAMES frames, each of which ends at an unmapped page. */
export class FencedPool extends FramePool {
  constructor() {
    super(0);
    for (let i: u32 = 0; i < FENCED_FRAMES; i++) {
      const end = FRAMES + (2 * i + 1) * PAGE;
      this.release(changetype<Frame>(end - FRAME_STORAGE - FRAME_FIELDS));
    }
  }

  /** Returns a frame of these bytes, flush with its end, as if received; null if none is free. */
  received(pointer: usize, length: u32): Frame | null {
    const frame = this.allocate();
    if (frame == null) return null;
    frame.start = frame.storage + FRAME_STORAGE - length;
    frame.length = length;
    memory.copy(frame.start, pointer, length);
    return frame;
  }
}
