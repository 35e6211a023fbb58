/** Translates lines of TypeScript to places in the module where a debugger can stop. */
import type { SourceMap } from "../../compiler-config/source-map.ts";

/** A line with code, and the offset of its first byte in each function that it is part of. */
export interface Breakpoint {
  file: string;
  line: number;
  offsets: number[];
}

const CODE = 10;

/** Returns the offsets of a module's function bodies, in order (WebAssembly 1.0, 5.5.13). */
function functionStarts(module: Uint8Array): number[] {
  let at = 8;
  const number = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = module[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const starts: number[] = [];
  while (at < module.length) {
    const id = module[at++];
    const end = number() + at;
    for (let left = id === CODE ? number() : 0; left > 0; left--) {
      const size = number();
      starts.push(at);
      at += size;
    }
    at = end;
  }
  return starts;
}

/**
 * Parses `file.ts:line`, where the file may be the end of a path. A line without code stands for
 * the next line with code. Throws if the file or the line is not found, or several files fit.
 */
export function breakpoint(words: string, map: SourceMap, module: Uint8Array): Breakpoint {
  const [, name, digits] = /^(.+\.ts):(\d+)$/.exec(words) ?? [];
  if (name === undefined) throw new Error(`${words}: expected FILE.ts:LINE`);
  const files = map.files.filter((file) => `/${file}`.endsWith(`/${name}`));
  if (files.length === 0) throw new Error(`${words}: the kernel has no code from such a file`);
  if (files.length > 1) throw new Error(`${words}: which of ${files.join(", ")}?`);
  const [file] = files;
  const after = map.placesIn(file).filter(({ line }) => line >= Number(digits));
  const line = Math.min(...after.map((place) => place.line));
  if (after.length === 0) throw new Error(`${words}: no code from that line on`);
  const starts = functionStarts(module);
  const first = new Map<number, number>();
  for (const { offset } of after.filter((place) => place.line === line)) {
    const owner = starts.findLastIndex((start) => start <= offset);
    if (!first.has(owner)) first.set(owner, offset);
  }
  return { file, line, offsets: [...first.values()] };
}
