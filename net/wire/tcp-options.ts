/**
 * TCP options (RFC 9293 section 3.2): maximum segment size, window scale and timestamps (RFC 7323
 * sections 2 and 3), selective acknowledgment (RFC 2018) and Fast Open (RFC 7413) are supported;
 * all others are skipped.
 *
 *     ┌──────┬────────┬──────┐     kind 0: end of the list, kind 1: no operation;
 *     │ kind │ length │ data │     these two have neither length nor data
 *     └──────┴────────┴──────┘
 */
import { loadNet16, loadNet32, storeNet16, storeNet32 } from "../../core/bytes";

export const KIND_END: u32 = 0;
export const KIND_NO_OPERATION: u32 = 1;
export const KIND_MAXIMUM_SEGMENT_SIZE: u32 = 2;
export const KIND_WINDOW_SCALE: u32 = 3;
/** Selective acknowledgment (RFC 2018 sections 2 and 3). */
export const KIND_SACK_PERMITTED: u32 = 4;
export const KIND_SACK: u32 = 5;
/** Round-trip time measurement (RFC 7323 section 3). */
export const KIND_TIMESTAMPS: u32 = 8;
/** Fast Open (RFC 7413 section 4.1.1). */
export const KIND_FAST_OPEN: u32 = 34;
/** Experiments, which an identifier tells apart (RFC 6994): Fast Open was one of them. */
export const KIND_EXPERIMENT: u32 = 254;
export const FAST_OPEN_EXPERIMENT: u32 = 0xf989;

/** The largest window shift (RFC 7323 section 2.3). */
const WINDOW_SHIFT_MAXIMUM: u32 = 14;
/** Bytes of one block of a SACK option: its first sequence number, and the one after its last. */
export const SACK_BLOCK: u32 = 8;
/** Blocks that fit a header (RFC 2018 section 3). */
export const SACK_BLOCKS: u32 = 4;
/** Bytes before the blocks: two no-operations, kind and length. */
export const SACK_PREFIX: u32 = 4;
/** Bytes of the timestamps option after two no-operations, as nearly all segments carry it. */
export const TIMESTAMPS_BYTES: u32 = 12;
/** Bytes of options that a header has room for (RFC 9293 section 3.1). */
export const OPTIONS_MAXIMUM: u32 = 40;
/** Bytes of a Fast Open cookie: an even number between these (RFC 7413 section 4.1.1). */
const COOKIE_MINIMUM: u32 = 4;
export const COOKIE_MAXIMUM: u32 = 16;

/** The first four bytes of the aligned timestamps option: two no-operations, kind and length. */
const TIMESTAMPS_PREFIX: u32 =
  (KIND_NO_OPERATION << 24) | (KIND_NO_OPERATION << 16) | (KIND_TIMESTAMPS << 8) | 10;

/** The options of one segment. */
export class TcpOptions {
  /** The peer's maximum segment size; 0 if it sent no such option, or the value 0. */
  segmentSize: u32 = 0;
  /** Whether the peer sent the window scale option, and its shift. */
  scaled: bool = false;
  windowShift: u32 = 0;
  /** Whether the peer sent the SACK-permitted option. */
  sackPermitted: bool = false;
  /** The number of blocks of the SACK option. */
  sackBlocks: u32 = 0;
  /** Whether the segment has the timestamps option, and its TSval and TSecr. */
  timestamped: bool = false;
  timestamp: u32 = 0;
  echo: u32 = 0;
  /**
   * Whether the segment has a valid Fast Open option, which counts only on a SYN: a cookie of
   * `cookieBytes` bytes at `cookie` or, with 0 bytes, a request for one. `experimental` is whether
   * it has the form of the experiment.
   */
  fastOpen: bool = false;
  experimental: bool = false;
  cookieBytes: u32 = 0;
  cookie: usize = 0;
  /** The address of the first block of the SACK option. */
  private blocks: usize = 0;

  /** Forgets the options parsed before. */
  clear(): void {
    this.segmentSize = 0;
    this.scaled = false;
    this.windowShift = 0;
    this.sackPermitted = false;
    this.sackBlocks = 0;
    this.timestamped = false;
    this.fastOpen = false;
  }

  /** Sets what `clear` has cleared to the options of a SYN without timestamps. */
  restore(segmentSize: u32, scaled: bool, windowShift: u32, sackPermitted: bool): void {
    this.segmentSize = segmentSize;
    this.scaled = scaled;
    this.windowShift = windowShift;
    this.sackPermitted = sackPermitted;
  }

  /** The first sequence number of a SACK block. */
  sackFrom(index: u32): u32 {
    return loadNet32(this.blocks + index * SACK_BLOCK);
  }
  /** The sequence number after the last one of a SACK block. */
  sackTo(index: u32): u32 {
    return loadNet32(this.blocks + index * SACK_BLOCK + 4);
  }

  /**
   * Parses `length` bytes of options, which must stay in place while SACK blocks or a cookie are
   * read. At an illegal length it stops (RFC 9293, MUST-7) and keeps the options before it. A shift
   * above 14 counts as 14.
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
      this.take(kind, at, size);
      at += size;
    }
  }

  /** Parses one option of `size` bytes; ignores it if its length is wrong for its kind. */
  private take(kind: u32, at: usize, size: u32): void {
    if (kind == KIND_SACK && size > 2 && (size - 2) % SACK_BLOCK == 0) {
      this.blocks = at + 2;
      this.sackBlocks = (size - 2) / SACK_BLOCK;
    } else if (kind == KIND_TIMESTAMPS && size == 10) {
      this.timestamped = true;
      this.timestamp = loadNet32(at + 2);
      this.echo = loadNet32(at + 6);
    } else if (kind == KIND_MAXIMUM_SEGMENT_SIZE && size == 4) {
      this.segmentSize = loadNet16(at + 2);
    } else if (kind == KIND_SACK_PERMITTED && size == 2) {
      this.sackPermitted = true;
    } else if (kind == KIND_WINDOW_SCALE && size == 3) {
      const shift = load<u8>(at, 2) as u32;
      this.windowShift = shift > WINDOW_SHIFT_MAXIMUM ? WINDOW_SHIFT_MAXIMUM : shift;
      this.scaled = true;
    } else if (kind == KIND_FAST_OPEN) {
      this.takeFastOpen(at + 2, size - 2, false);
    } else if (kind == KIND_EXPERIMENT && size >= 4 && loadNet16(at + 2) == FAST_OPEN_EXPERIMENT) {
      this.takeFastOpen(at + 4, size - 4, true);
    }
  }

  private takeFastOpen(cookie: usize, bytes: u32, experimental: bool): void {
    if ((bytes & 1) != 0 || bytes > COOKIE_MAXIMUM) return;
    if (bytes > 0 && bytes < COOKIE_MINIMUM) return;
    this.fastOpen = true;
    this.experimental = experimental;
    this.cookieBytes = bytes;
    this.cookie = cookie;
  }
}

/** Writes the segment size. Returns the address after it. */
export function emitSegmentSize(pointer: usize, segmentSize: u32): usize {
  storeNet32(pointer, (KIND_MAXIMUM_SEGMENT_SIZE << 24) | (4 << 16) | segmentSize);
  return pointer + 4;
}

/** Writes a no-operation and the window scale. Returns the address after them. */
export function emitWindowScale(pointer: usize, shift: u32): usize {
  storeNet32(pointer, (KIND_NO_OPERATION << 24) | (KIND_WINDOW_SCALE << 16) | (3 << 8) | shift);
  return pointer + 4;
}

/** Reports whether TIMESTAMPS_BYTES of options are nothing but the aligned timestamps option. */
export function areAlignedTimestamps(pointer: usize): bool {
  return load<u32>(pointer) == bswap<u32>(TIMESTAMPS_PREFIX);
}

/** Writes two no-operations and the timestamps option. Returns the address after them. */
export function emitTimestamps(pointer: usize, timestamp: u32, echo: u32): usize {
  storeNet32(pointer, TIMESTAMPS_PREFIX);
  storeNet32(pointer + 4, timestamp);
  storeNet32(pointer + 8, echo);
  return pointer + (TIMESTAMPS_BYTES as usize);
}

/** Writes SACK-permitted in place of the two no-operations of the timestamps at `pointer`. */
export function emitSackPermittedBeforeTimestamps(pointer: usize): void {
  store<u8>(pointer, KIND_SACK_PERMITTED as u8);
  store<u8>(pointer, 2, 1);
}

/** Writes two no-operations and SACK-permitted. Returns the address after them. */
export function emitSackPermitted(pointer: usize): usize {
  storeNet32(
    pointer,
    (KIND_NO_OPERATION << 24) | (KIND_NO_OPERATION << 16) | (KIND_SACK_PERMITTED << 8) | 2,
  );
  return pointer + 4;
}

/** Writes the SACK_PREFIX bytes before `blocks` SACK blocks. Returns the address after them. */
export function emitSackPrefix(pointer: usize, blocks: u32): usize {
  const length = 2 + blocks * SACK_BLOCK;
  storeNet32(
    pointer,
    (KIND_NO_OPERATION << 24) | (KIND_NO_OPERATION << 16) | (KIND_SACK << 8) | length,
  );
  return pointer + SACK_PREFIX;
}

/** Returns how many bytes `emitFastOpen` writes, a multiple of 4. */
export function fastOpenBytes(cookieBytes: u32, experimental: bool): u32 {
  return ((experimental ? 4 : 2) + cookieBytes + 3) & ~3;
}

/**
 * Writes the Fast Open option with the cookie at `cookie`, an even number of bytes, or without one,
 * and then no-operations. Returns the address after them.
 */
export function emitFastOpen(
  pointer: usize,
  cookie: usize,
  cookieBytes: u32,
  experimental: bool,
): usize {
  const prefix: u32 = experimental ? 4 : 2;
  const length = prefix + cookieBytes;
  const kind = experimental ? KIND_EXPERIMENT : KIND_FAST_OPEN;
  storeNet16(pointer, (kind << 8) | length);
  if (experimental) storeNet16(pointer + 2, FAST_OPEN_EXPERIMENT);
  memory.copy(pointer + prefix, cookie, cookieBytes);
  if ((length & 2) != 0) {
    storeNet16(pointer + length, (KIND_NO_OPERATION << 8) | KIND_NO_OPERATION);
  }
  return pointer + fastOpenBytes(cookieBytes, experimental);
}
