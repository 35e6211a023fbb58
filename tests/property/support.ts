/**
 * What property tests share: a fixed seed that is printed, and inputs that end where memory ends,
 * so that a byte read behind them traps.
 */
import fc, { type Arbitrary } from "fast-check";
import type { Exports } from "../lab/scripted/assembly.ts";

export const seed = Number(process.env.SEED ?? 20261122);

/** Checks `holds` for so many values; what fails is shrunk, and its seed and path are printed. */
export function check<T extends unknown[]>(
  arbitraries: { [K in keyof T]: Arbitrary<T[K]> },
  holds: (...values: T) => void,
  runs = 1000,
): void {
  fc.assert(fc.property(...(arbitraries as unknown as [Arbitrary<unknown>]), holds as never), {
    seed,
    numRuns: runs,
  });
}

/** A test's title with the seed that it can be repeated with. */
export const titled = (title: string) => `${title} (SEED=${seed})`;

export const byte = fc.nat(255);
export const port = fc.nat(65535);
export const word = fc.nat(0xffffffff);
/** Six bytes as a number. */
export const hardware = fc.bigInt(0n, (1n << 48n) - 1n);
export const bytes = (most: number, least = 0) =>
  fc.uint8Array({ minLength: least, maxLength: most });

const pages = new WeakMap<WebAssembly.Memory, number>();

/** Puts bytes at the very end of the module's memory; answers [pointer, length]. */
export function atEnd(wasm: Exports, content: Uint8Array): [number, number] {
  const memory = wasm.memory;
  // The allocator takes all the memory that there is when it is first asked.
  if (!pages.has(memory)) wasm.block(1);
  // A page that the module's allocator does not know of: another one when it has grown itself.
  if (pages.get(memory) !== memory.buffer.byteLength) memory.grow(1);
  pages.set(memory, memory.buffer.byteLength);
  const pointer = memory.buffer.byteLength - content.length;
  new Uint8Array(memory.buffer).set(content, pointer);
  return [pointer, content.length];
}

/** Every way to make it shorter, and a few ways to make it wrong. */
export function spoilt(whole: Arbitrary<Uint8Array>): Arbitrary<Uint8Array> {
  return fc
    .tuple(whole, fc.nat(), fc.array(fc.tuple(fc.nat(), byte), { maxLength: 4 }))
    .map(([content, length, changes]) => {
      const copy = content.slice(0, length % (content.length + 1));
      for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
      return copy;
    });
}
