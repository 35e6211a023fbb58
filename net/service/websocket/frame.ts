/**
 * WebSocket frames (RFC 6455 section 5.2). Clients mask their frames, servers do not.
 *
 *      0                   1                   2                   3
 *     |F|RSV |opcode |M| length 0 to 125;  | 126: 16 bits of length;     |
 *     |I| =0 | 4 bits|A| 126 or 127        | 127: 64 bits of length      |
 *     |N|    |       |S|                   |                             |
 *     | masking key, 32 bits, if MASK is set                             |
 */

/** The opcodes. Those from OPCODE_CLOSE on are control frames. */
export const OPCODE_CONTINUATION: u32 = 0;
export const OPCODE_TEXT: u32 = 1;
export const OPCODE_BINARY: u32 = 2;
export const OPCODE_CLOSE: u32 = 8;
export const OPCODE_PING: u32 = 9;
export const OPCODE_PONG: u32 = 10;

/** The longest header, in bytes: with a 64-bit length and a masking key. */
export const FRAME_HEADER_BYTES: u32 = 14;
/** The longest payload of a control frame (section 5.5). */
export const CONTROL_BYTES: u32 = 125;

const FINAL: u32 = 0x80;
const MASKED: u32 = 0x80;
const RESERVED: u32 = 0x70;
const LENGTH_16: u32 = 126;
const LENGTH_64: u32 = 127;

/** Reports whether the opcode is that of a control frame (section 5.5). */
export function isControl(opcode: u32): bool {
  return opcode >= OPCODE_CLOSE;
}

/** Returns the length of a header whose second byte is `second`. */
export function headerBytes(second: u32): u32 {
  const length = second & 0x7f;
  const extended = length == LENGTH_64 ? 8 : length == LENGTH_16 ? 2 : 0;
  return 2 + extended + ((second & MASKED) == 0 ? 0 : 4);
}

/** The header of a received frame. */
export class FrameHeader {
  final: bool = false;
  opcode: u32 = 0;
  /** The length of the payload. */
  length: u64 = 0;

  /** Parses a complete header from a server. Returns what is wrong with it, or "". */
  parse(pointer: usize): string {
    const first: u32 = load<u8>(pointer);
    const second: u32 = load<u8>(pointer, 1);
    this.final = (first & FINAL) != 0;
    this.opcode = first & 0x0f;
    this.length = second & 0x7f;
    if ((first & RESERVED) != 0) return "reserved bit set";
    const opcode = this.opcode;
    if ((opcode > OPCODE_BINARY && opcode < OPCODE_CLOSE) || opcode > OPCODE_PONG) {
      return "unknown opcode";
    }
    if ((second & MASKED) != 0) return "masked frame";
    if (isControl(opcode)) {
      if (!this.final) return "fragmented control frame";
      return this.length > CONTROL_BYTES ? "control frame of more than 125 bytes" : "";
    }
    if (this.length < LENGTH_16) return "";
    return this.parseExtended(pointer);
  }

  /** Parses a length of 16 or 64 bits, for which the minimal form is required. */
  private parseExtended(pointer: usize): string {
    if (this.length == LENGTH_16) {
      this.length = bswap<u16>(load<u16>(pointer, 2));
      return this.length < LENGTH_16 ? "length not in its shortest form" : "";
    }
    this.length = bswap<u64>(load<u64>(pointer, 2));
    if (this.length <= 0xffff) return "length not in its shortest form";
    return this.length >>> 63 == 0 ? "" : "length of 2^63 bytes or more";
  }
}

/** Returns a final frame with a masked payload; `mask` must be unpredictable (section 5.3). */
export function makeFrame(opcode: u32, payload: usize, length: u32, mask: u32): StaticArray<u8> {
  const code: u32 = length < LENGTH_16 ? length : length <= 0xffff ? LENGTH_16 : LENGTH_64;
  const header = headerBytes(MASKED | code);
  const frame = new StaticArray<u8>(header + length);
  const start = changetype<usize>(frame);
  store<u8>(start, FINAL | opcode);
  store<u8>(start, MASKED | code, 1);
  if (code == LENGTH_16) store<u16>(start, bswap<u16>(length as u16), 2);
  else if (code == LENGTH_64) store<u64>(start, bswap<u64>(length), 2);
  store<u32>(start + header - 4, mask);
  maskBytes(start + header, payload, length, mask);
  return frame;
}

/** Copies bytes and applies the mask, whose first byte in memory is the first of the key. */
function maskBytes(destination: usize, source: usize, length: u32, mask: u32): void {
  let at: u32 = 0;
  for (; at + 4 <= length; at += 4) {
    store<u32>(destination + at, load<u32>(source + at) ^ mask);
  }
  for (let rest = mask; at < length; at++, rest >>>= 8) {
    store<u8>(destination + at, load<u8>(source + at) ^ (rest as u8));
  }
}
