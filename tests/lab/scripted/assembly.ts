/**
 * Compiles an AssemblyScript entry of tests/lab/entries/, which imports the kernel's sources, and
 * instantiates it in Node, so that kernel code is tested in milliseconds. Host functions that a
 * test does not supply throw.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cache, counters, sources } from "./coverage.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const asc = `${root}node_modules/assemblyscript/bin/asc.js`;

/** The exports of an instance: functions (u64 and i64 as bigint) and memory. */
// biome-ignore lint/suspicious/noExplicitAny: the exports of a module compiled a moment ago
export type Exports = Record<string, any> & { memory: WebAssembly.Memory };

const flags = ["--runtime", "minimal", "--exportRuntime", "--memoryBase", "4096", "--debug"];

/** Returns the path of the module of `entry`, recompiled if any of its sources has changed. */
export async function compile(entry: string): Promise<string> {
  const name = entry.replaceAll("/", "-").replace(/\.ts$/, "");
  const recipe = `${cache}/${name}.json`;
  const binary = `${cache}/${name}.wasm`;
  if (existsSync(recipe) && existsSync(binary)) {
    const hashes: Record<string, string> = JSON.parse(readFileSync(recipe, "utf8"));
    const unchanged = Object.entries(hashes).every(([path, hash]) => hashOf(path) === hash);
    if (unchanged) return binary;
  }
  mkdirSync(cache, { recursive: true });
  const temporary = `${cache}/${name}-${process.pid}.wasm`;
  // In a separate process: in this one, tsx would transform all of asc first.
  const arguments_ = [asc, entry, ...flags, "--sourceMap", "--outFile", temporary];
  await promisify(execFile)(process.execPath, arguments_, { cwd: sources });
  const map: { sources: string[] } = JSON.parse(readFileSync(`${temporary}.map`, "utf8"));
  const own = map.sources.filter((path) => !path.startsWith("~lib"));
  writeFileSync(recipe, JSON.stringify(Object.fromEntries(own.map((p) => [p, hashOf(p)]))));
  rmSync(`${temporary}.map`);
  renameSync(temporary, binary);
  return binary;
}

function hashOf(path: string): string {
  const file = sources + path;
  return existsSync(file) ? createHash("sha256").update(readFileSync(file)).digest("hex") : "";
}

/** Reads an AssemblyScript string (UTF-16, preceded by its length in bytes). */
export function readString(memory: WebAssembly.Memory, pointer: number): string {
  if (pointer === 0) return "";
  const length = new DataView(memory.buffer).getUint32(pointer - 4, true);
  return Buffer.from(memory.buffer, pointer, length).toString("utf16le");
}

/** Instantiates `entry` (a path from the project's root) with the given host functions. */
export async function load(entry: string, host: Record<string, unknown> = {}): Promise<Exports> {
  const module = await WebAssembly.compile(readFileSync(await compile(entry)));
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  let exports: Exports | undefined;
  for (const wanted of WebAssembly.Module.imports(module)) {
    imports[wanted.module] ??= {};
    imports[wanted.module][wanted.name] = (host[wanted.name] ??
      (() => {
        throw new Error(`the test supplies no ${wanted.module}.${wanted.name}`);
      })) as WebAssembly.ImportValue;
  }
  Object.assign(imports, counters);
  imports.env = {
    abort: (message: number, file: number, line: number, column: number) => {
      const memory = (exports as Exports).memory;
      const where = `${readString(memory, file)}:${line}:${column}`;
      throw new Error(`${readString(memory, message)} at ${where}`);
    },
  };
  exports = (await WebAssembly.instantiate(module, imports)).exports as Exports;
  return exports;
}

/** Writes a text as UTF-8 into the module's memory; returns [pointer, length]. */
export function writeText(exports: Exports, text: string): [number, number] {
  return writeBytes(exports, Buffer.from(text));
}

/** Writes bytes to memory that the module allocates; returns [pointer, length]. */
export function writeBytes(exports: Exports, bytes: Uint8Array): [number, number] {
  const pointer: number = exports.allocateBytes(bytes.length);
  new Uint8Array(exports.memory.buffer, pointer, bytes.length).set(bytes);
  return [pointer, bytes.length];
}

const pages = new WeakMap<WebAssembly.Memory, number>();

/** Writes bytes to the very end of memory, so that reading beyond them traps. */
export function atEnd(exports: Exports, content: Uint8Array): [number, number] {
  const memory = exports.memory;
  // The allocator claims all memory on its first use.
  if (!pages.has(memory)) exports.allocateBytes(1);
  // Add a page that the allocator does not know; another one if it has grown memory itself.
  if (pages.get(memory) !== memory.buffer.byteLength) memory.grow(1);
  pages.set(memory, memory.buffer.byteLength);
  const pointer = memory.buffer.byteLength - content.length;
  new Uint8Array(memory.buffer).set(content, pointer);
  return [pointer, content.length];
}

/** Returns a copy of bytes of the module's memory. */
export function readBytes({ memory }: Exports, pointer: number, length: number): Buffer {
  return Buffer.from(memory.buffer.slice(pointer, pointer + length));
}
