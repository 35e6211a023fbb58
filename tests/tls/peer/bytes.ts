/** Encodes and decodes numbers and vectors of TLS messages (RFC 8446 section 3). */

/** Encodes a number in `width` bytes, big-endian. */
export function number(width: number, value: number): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
}
export const u8 = (value: number) => number(1, value);
export const u16 = (value: number) => number(2, value);
export const u24 = (value: number) => number(3, value);
export const u32 = (value: number) => number(4, value);

/** Encodes a vector: a length in `width` bytes, then the parts. */
export function vector(width: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([number(width, content.length), content]);
}

export function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(" ", ""), "hex");
}

/** Reads a message in order. */
export class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.at;
  }
  take(length: number): Buffer {
    if (length > this.left) throw new Error(`expected ${length} bytes, found ${this.left}`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  number(width: number): number {
    return this.take(width).readUIntBE(0, width);
  }
  vector(width: number): Buffer {
    return this.take(this.number(width));
  }
}
