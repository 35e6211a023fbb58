/**
 * build/kernel.wasm as the twin runs it: the same code, with two changes. It also exports the
 * collector's byte count, which the native half reads by the same name; and it imports its memory,
 * which is as large as the machine's, so that one compiled module serves machines of all sizes.
 * (WebAssembly core specification 1.0, section 5.5; the extended name section names globals.)
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = fileURLToPath(new URL("../../../build/kernel.wasm", import.meta.url));
/** Bytes in objects: TOTAL in machine/native/host.c. */
export const TOTAL = "~lib/rt/tcms/total";

const IMPORTS = 2;
const MEMORY = 5;
const EXPORTS = 7;
const [MEMORY_KIND, GLOBAL] = [2, 3];
export const PAGE = 65536;

/** Reads LEB128 numbers and names. */
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

/** Returns the index of the global `wanted`, from the name section. */
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
  throw new Error(`${kernelPath()} names no global ${wanted}`);
}

/** Returns the module with one section's body replaced. */
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

function named(name: string): number[] {
  return [...encode(name.length), ...Buffer.from(name)];
}

/** Returns the module with one more entry at the end of a section. */
function withEntry(bytes: Uint8Array, section: number, entry: number[]): Buffer<ArrayBuffer> {
  return withSection(bytes, section, (reader, end) => {
    const count = reader.number();
    const rest = bytes.subarray(reader.at, end);
    return Buffer.concat([Buffer.from(encode(count + 1)), rest, Buffer.from(entry)]);
  });
}

/** Returns the module with the global exported under its name. */
function withExport(bytes: Uint8Array, name: string): Buffer<ArrayBuffer> {
  return withEntry(bytes, EXPORTS, [...named(name), GLOBAL, ...encode(globalIndex(bytes, name))]);
}

/** Returns the module with an imported memory, twin.memory, and its initial pages, `least`. */
function withGivenMemory(bytes: Uint8Array): { bytes: Buffer<ArrayBuffer>; least: number } {
  let least = 0;
  const without = withSection(bytes, MEMORY, (reader) => {
    // The section has one memory: its flags and its minimum size.
    reader.at += 2;
    least = reader.number();
    return Buffer.from([0]);
  });
  const entry = [...named("twin"), ...named("memory"), MEMORY_KIND, 0, ...encode(least)];
  return { bytes: withEntry(without, IMPORTS, entry), least };
}

/** Returns the module with a memory that cannot grow beyond `limit` bytes. */
export function withLimit(bytes: Uint8Array, limit: number): Buffer<ArrayBuffer> {
  return withSection(bytes, MEMORY, (reader) => {
    // The section has one memory: its flags and its minimum size.
    reader.at += 2;
    const least = reader.number();
    const most = Math.max(least, Math.floor(limit / PAGE));
    return Buffer.from([1, 1, ...encode(least), ...encode(most)]);
  });
}

let original: Buffer<ArrayBuffer> | undefined;
let compiled: Promise<KernelModule> | undefined;

/** What an instance is made of; its imports need a memory in `twin.memory`. */
export interface KernelModule {
  module: WebAssembly.Module;
  /** Initial pages of its memory. */
  least: number;
}

/** Returns the path of the module as asc built it, or of the one that KERNEL_WASM names. */
export function kernelPath(): string {
  return process.env.KERNEL_WASM ?? path;
}
export function kernelBytes(): Buffer<ArrayBuffer> {
  original ??= readFileSync(kernelPath());
  return original;
}

async function compile(): Promise<KernelModule> {
  const { bytes, least } = withGivenMemory(withExport(kernelBytes(), TOTAL));
  return { module: await WebAssembly.compile(bytes), least };
}

/** The kernel, compiled once per process. */
export function kernelModule(): Promise<KernelModule> {
  compiled ??= compile();
  return compiled;
}

/** Creates a memory for an instance, of at most `limit` bytes. */
export function kernelMemory({ least }: KernelModule, limit: number): WebAssembly.Memory {
  const maximum = Math.max(least, Math.floor(limit / PAGE));
  return new WebAssembly.Memory({ initial: least, maximum });
}
