/**
 * TCP options (RFC 9293 section 3.2, RFC 7323 section 2). Maximum segment size and window scale are
 * supported; all others are skipped.
 *
 *     ┌──────┬────────┬──────┐     kind 0: end of the list, kind 1: no operation;
 *     │ kind │ length │ data │     these two have neither length nor data
 *     └──────┴────────┴──────┘
 */
import { loadNet16, storeNet32 } from "../../core/bytes";

export const KIND_END: u32 = 0;
export const KIND_NO_OPERATION: u32 = 1;
export const KIND_MAXIMUM_SEGMENT_SIZE: u32 = 2;
export const KIND_WINDOW_SCALE: u32 = 3;
/** Selective acknowledgment (RFC 2018 sections 2 and 3). */
export const KIND_SACK_PERMITTED: u32 = 4;
export const KIND_SACK: u32 = 5;
/** Round-trip time measurement (RFC 7323 section 3). */
export const KIND_TIMESTAMPS: u32 = 8;

/** The largest window shift (RFC 7323 section 2.3). */
const WINDOW_SHIFT_MAXIMUM: u32 = 14;
/** Bytes of options in a SYN: MSS 4, no operation 1, window scale 3. */
export const SYN_OPTIONS: u32 = 8;
/** Bytes of options in a SYN without window scale. */
export const SYN_OPTIONS_UNSCALED: u32 = 4;

/** The options of one SYN. */
export class TcpOptions {
  /** The peer's maximum segment size; 0 if it sent no such option, or the value 0. */
  segmentSize: u32 = 0;
  /** Whether the peer sent the window scale option, and its shift. */
  scaled: bool = false;
  windowShift: u32 = 0;

  /** Forgets the options parsed before. */
  clear(): void {
    this.segmentSize = 0;
    this.scaled = false;
    this.windowShift = 0;
  }

  /**
   * Parses `length` bytes of options. At an illegal length it stops (RFC 9293, MUST-7) and keeps
   * the options before it. A shift above 14 counts as 14.
   */
  parse(pointer: usize, length: u32): void {
    this.clear();
    const end = pointer + length;
    let at = pointer;
    while (at < end) {
      const kind = load<u8>(at) as u32;
      if (kind == KIND_END) return;
      if (kind == KIND_NO_OPERATION) {
        at++;
        continue;
      }
      if (at + 2 > end) return;
      const size = load<u8>(at, 1) as u32;
      if (size < 2 || at + size > end) return;
      if (kind == KIND_MAXIMUM_SEGMENT_SIZE && size == 4) {
        this.segmentSize = loadNet16(at + 2);
      } else if (kind == KIND_WINDOW_SCALE && size == 3) {
        const shift = load<u8>(at, 2) as u32;
        this.windowShift = shift > WINDOW_SHIFT_MAXIMUM ? WINDOW_SHIFT_MAXIMUM : shift;
        this.scaled = true;
      }
      at += size;
    }
  }
}

/** Writes the options of a SYN, SYN_OPTIONS bytes: segment size and window scale. */
export function emitSynOptions(pointer: usize, segmentSize: u32, windowShift: u32): void {
  emitSegmentSize(pointer, segmentSize);
  const scale = (KIND_NO_OPERATION << 24) | (KIND_WINDOW_SCALE << 16) | (3 << 8) | windowShift;
  storeNet32(pointer + 4, scale);
}

/** Writes the segment size alone, SYN_OPTIONS_UNSCALED bytes. */
export function emitSegmentSize(pointer: usize, segmentSize: u32): void {
  storeNet32(pointer, (KIND_MAXIMUM_SEGMENT_SIZE << 24) | (4 << 16) | segmentSize);
}
