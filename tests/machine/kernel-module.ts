/**
 * build/kernel.wasm as the twin runs it: the very bytes, with one more line in the table of
 * exports, for the collector's count of bytes, which the native half reads by its name too, and
 * with an end of memory, where the machine has one.
 * (WebAssembly core specification 1.0, section 5.5, and appendix on the name section.)
 */
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = fileURLToPath(new URL("../../build/kernel.wasm", import.meta.url));
/** Bytes in objects: what kernel/native/host.c calls TOTAL. */
export const TOTAL = "~lib/rt/tcms/total";

const MEMORY = 5;
const EXPORTS = 7;
const GLOBAL = 3;
export const PAGE = 65536;

/** Reads LEB128 numbers and names one after the other. */
class Reader {
  at = 8;
  constructor(readonly bytes: Uint8Array) {}

  number(): number {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }
  text(): string {
    const length = this.number();
    this.at += length;
    return Buffer.from(this.bytes.subarray(this.at - length, this.at)).toString();
  }
}

function encode(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...encode(value >>> 7)];
}

/** The index of the global `wanted`, by the name section. */
function globalIndex(bytes: Uint8Array, wanted: string): number {
  const reader = new Reader(bytes);
  while (reader.at < bytes.length) {
    const id = bytes[reader.at++];
    const size = reader.number();
    const end = reader.at + size;
    if (id === 0 && reader.text() === "name") {
      while (reader.at < end) {
        const kind = bytes[reader.at++];
        const past = reader.number() + reader.at;
        // Subsection 7 holds the names of globals.
        for (let left = kind === 7 ? reader.number() : 0; left > 0; left--) {
          const index = reader.number();
          if (reader.text() === wanted) return index;
        }
        reader.at = past;
      }
    }
    reader.at = end;
  }
  throw new Error(`${path} names no global ${wanted}`);
}

/** The module with another body of one of its sections, made of the one that is there. */
function withSection(
  bytes: Uint8Array,
  wanted: number,
  change: (reader: Reader, end: number) => Uint8Array,
): Buffer<ArrayBuffer> {
  const reader = new Reader(bytes);
  for (;;) {
    const start = reader.at;
    const id = bytes[reader.at++];
    const size = reader.number();
    const end = reader.at + size;
    if (id === wanted) {
      const body = change(reader, end);
      const section = Buffer.concat([Buffer.from([id, ...encode(body.length)]), body]);
      return Buffer.concat([bytes.subarray(0, start), section, bytes.subarray(end)]);
    }
    reader.at = end;
  }
}

/** The module with the global exported under its name. */
function withExport(bytes: Uint8Array, name: string): Buffer<ArrayBuffer> {
  const entry = [...encode(name.length), ...Buffer.from(name), GLOBAL];
  entry.push(...encode(globalIndex(bytes, name)));
  return withSection(bytes, EXPORTS, (reader, end) => {
    const count = reader.number();
    const rest = bytes.subarray(reader.at, end);
    return Buffer.concat([Buffer.from(encode(count + 1)), rest, Buffer.from(entry)]);
  });
}

/** The module with a memory that cannot grow beyond `limit` bytes. */
export function withLimit(bytes: Uint8Array, limit: number): Buffer<ArrayBuffer> {
  return withSection(bytes, MEMORY, (reader) => {
    // One memory, by its flags and its least size.
    reader.at += 2;
    const least = reader.number();
    const most = Math.max(least, Math.floor(limit / PAGE));
    return Buffer.from([1, 1, ...encode(least), ...encode(most)]);
  });
}

let original: Buffer<ArrayBuffer> | undefined;
const compiled = new Map<number | undefined, Promise<WebAssembly.Module>>();

/** When the module was made, to tell a run against an old one. */
export function kernelTime(): Date {
  return statSync(path).mtime;
}

/** The module as asc made it; KERNEL_WASM in the environment names another. */
export function kernelPath(): string {
  return process.env.KERNEL_WASM ?? path;
}
export function kernelBytes(): Buffer<ArrayBuffer> {
  original ??= readFileSync(kernelPath());
  return original;
}

/** The kernel, compiled once in this process for each `limit` of its memory in bytes. */
export function kernelModule(limit?: number): Promise<WebAssembly.Module> {
  let module = compiled.get(limit);
  if (module === undefined) {
    const bytes = withExport(kernelBytes(), TOTAL);
    module = WebAssembly.compile(limit === undefined ? bytes : withLimit(bytes, limit));
    compiled.set(limit, module);
  }
  return module;
}
