/**
 * tar and gzip files that are the same everywhere: no owner's name, one date, and gzip without
 * compression (RFC 1952, RFC 1951 section 3.2.4), as libraries compress differently.
 */
import { crc32 } from "node:zlib";

const BLOCK = 512;

export interface TarEntry {
  name: string;
  /** For a folder, nothing. */
  content?: Uint8Array;
  mode: number;
  /** Owner and group. */
  id: number;
  /** The size with zeros after the content: the entry is then GNU's sparse file of old. */
  sparseSize?: number;
}

/** Returns a field of octal digits and a zero. */
const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`;

function header(entry: TarEntry, time: number): Buffer {
  const { name, content, mode, id, sparseSize } = entry;
  const size = content?.length ?? 0;
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100, "latin1");
  block.write(octal(mode, 8) + octal(id, 8) + octal(id, 8), 100, "latin1");
  block.write(octal(size, 12) + octal(time, 12), 124, "latin1");
  block.fill(" ", 148, 156);
  if (sparseSize === undefined) {
    block.write(content === undefined ? "5" : "0", 156);
    block.write("ustar\0" + "00", 257, "latin1");
  } else {
    // One extent of data, and an empty one at the end of the file.
    block.write("S", 156);
    block.write("ustar  \0", 257, "latin1");
    block.write(octal(0, 12) + octal(size, 12), 386, "latin1");
    block.write(octal(sparseSize, 12) + octal(0, 12), 410, "latin1");
    block.write(octal(sparseSize, 12), 483, "latin1");
  }
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** Returns a tar file; `time` is the date of its entries, in seconds since 1970. */
export function tar(entries: TarEntry[], time: number): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const content = entry.content ?? Buffer.alloc(0);
    parts.push(header(entry, time), content, Buffer.alloc(-content.length & (BLOCK - 1)));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

/** Returns a gzip file with `content` in stored blocks. */
export function gzip(content: Uint8Array): Buffer {
  const parts: Uint8Array[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])];
  for (let at = 0; at < content.length || at === 0; at += 0xffff) {
    const piece = content.subarray(at, at + 0xffff);
    const head = Buffer.alloc(5);
    head[0] = at + 0xffff >= content.length ? 1 : 0;
    head.writeUInt16LE(piece.length, 1);
    head.writeUInt16LE(~piece.length & 0xffff, 3);
    parts.push(head, piece);
  }
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(content), 0);
  end.writeUInt32LE(content.length >>> 0, 4);
  return Buffer.concat([...parts, end]);
}
