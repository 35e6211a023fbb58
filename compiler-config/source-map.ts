/**
 * asc's source map: which byte of a module came from which line of TypeScript (Source Map
 * revision 3, with WebAssembly's convention: one line, whose columns are bytes of the module).
 */
import { readFileSync } from "node:fs";

/** The source position of the bytes from `offset` on. Lines count from 1, columns from 0. */
export interface Place {
  offset: number;
  file: string;
  line: number;
  column: number;
}

/**
 * Decodes the segments of a map: base-64 VLQ numbers, each relative to the same field of the latest
 * segment that has it.
 */
function decode(mappings: string, files: string[]): (Place | { offset: number })[] {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let [offset, file, line, column] = [0, 0, 1, 0];
  return mappings.split(",").map((text) => {
    const fields: number[] = [];
    let [value, shift] = [0, 0];
    for (const character of text) {
      const digit = digits.indexOf(character);
      value |= (digit & 31) << shift;
      shift += 5;
      if (digit & 32) continue;
      fields.push(value & 1 ? -(value >> 1) : value >> 1);
      [value, shift] = [0, 0];
    }
    offset += fields[0];
    if (fields.length === 1) return { offset };
    file += fields[1];
    line += fields[2];
    column += fields[3];
    return { offset, file: files[file], line, column };
  });
}

export class SourceMap {
  /** Sorted by offset. A segment without a file is code that asc generated. */
  private readonly segments: (Place | { offset: number })[];
  readonly files: string[];

  constructor(text: string) {
    const map: { sources: string[]; mappings: string } = JSON.parse(text);
    this.files = map.sources;
    this.segments = decode(map.mappings, map.sources);
  }

  /** Reads the map of a module from the file beside it. */
  static of(binary: string): SourceMap {
    return new SourceMap(readFileSync(`${binary}.map`, "utf8"));
  }

  /** Returns the source position of a byte of the module; undefined if asc generated it. */
  at(offset: number): Place | undefined {
    const segment = this.segments[this.indexOf(offset)];
    return "file" in segment ? segment : undefined;
  }

  /** Like `at`, but returns the last position before the byte if asc generated it. */
  near(offset: number): Place | undefined {
    const before = this.segments.slice(0, this.indexOf(offset) + 1);
    return before.findLast((segment): segment is Place => "file" in segment);
  }

  private indexOf(offset: number): number {
    let [low, high] = [0, this.segments.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.segments[middle].offset <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Returns the segments that come from a file, in the module's order. */
  placesIn(file: string): Place[] {
    return this.segments.flatMap((segment) =>
      "file" in segment && segment.file === file ? segment : [],
    );
  }
}
