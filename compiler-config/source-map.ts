/**
 * asc's source map: which byte of a module came from which line of TypeScript (Source Map
 * revision 3, with WebAssembly's convention: one line, whose columns are bytes of the module).
 */
import { readFileSync } from "node:fs";

/** Where the bytes from `offset` on come from; columns count from 0. */
export interface Place {
  offset: number;
  file: string;
  line: number;
  column: number;
}

/** Fields of the map: base-64 VLQ numbers, each relative to the one before. */
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
  /** In the order of their offsets; one without a file is of code that asc made by itself. */
  private readonly segments: (Place | { offset: number })[];
  readonly files: string[];

  constructor(text: string) {
    const map: { sources: string[]; mappings: string } = JSON.parse(text);
    this.files = map.sources;
    this.segments = decode(map.mappings, map.sources);
  }

  /** The map of a module, which lies beside it. */
  static of(binary: string): SourceMap {
    return new SourceMap(readFileSync(`${binary}.map`, "utf8"));
  }

  /** Where a byte of the module comes from, if from anywhere. */
  at(offset: number): Place | undefined {
    const segment = this.segments[this.indexOf(offset)];
    return "file" in segment ? segment : undefined;
  }

  /** The same, or the last place before it: for a call that asc itself put behind that. */
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

  /** All that came from a file, in the order of the module. */
  placesIn(file: string): Place[] {
    return this.segments.flatMap((segment) =>
      "file" in segment && segment.file === file ? segment : [],
    );
  }
}
