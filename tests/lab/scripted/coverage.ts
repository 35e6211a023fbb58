/**
 * Support for `make coverage`: tests compile sources with counters, and write the counts when a
 * process ends. Does nothing without COVERAGE, the folder that tools/coverage/main.ts prepared.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = process.env.COVERAGE;

/** Where the kernel's sources are compiled from, and where compiled modules are cached. */
export const sources = folder === undefined ? root : `${folder}/source/`;
export const cache = folder === undefined ? `${root}build/tests/wasm` : `${folder}/wasm`;

/** How often this process has passed each counter of a file. */
const counts: Record<string, number[]> = {};
let sizes: Record<string, number> | undefined;

function counter(path: string): (point: number) => number {
  if (sizes === undefined) {
    sizes = JSON.parse(readFileSync(`${folder}/points.json`, "utf8")) as Record<string, number>;
    process.on("exit", writeCounts);
  }
  counts[path] ??= new Array<number>(sizes[path]).fill(0);
  const own = counts[path];
  return (point) => {
    own[point]++;
    return 1;
  };
}

function writeCounts(): void {
  mkdirSync(`${folder}/counts`, { recursive: true });
  const name = `${process.pid}-${process.hrtime.bigint()}`;
  writeFileSync(`${folder}/counts/${name}.json`, JSON.stringify(counts));
}

/** The imports of modules compiled with counters: one function for each file. */
export const counters: WebAssembly.Imports = {
  coverage: new Proxy({}, { get: (_target, path) => counter(String(path)) }),
};
