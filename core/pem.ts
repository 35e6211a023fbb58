/** PEM (RFC 7468): collects blocks from the lines of a file or of the console. */
import { LF } from "./text";
import { TextBuilder } from "./text-builder";

const BEGIN: string = "-----BEGIN ";
const END: string = "-----END ";
const DASHES: string = "-----";

/** How PemReader classifies a line. Begin, Unfinished and End are for its own label. */
export const enum PemLine {
  /** Any other line: outside of blocks, inside one, or the first of a block of another label. */
  Other,
  /** The first line of a block. */
  Begin,
  /** The first line of a block; the previous block had no END line. */
  Unfinished,
  /** The last line of a block, which `block` now holds. */
  End,
  /** The last line of a block of another label. */
  ForeignEnd,
}

/** Reads blocks of one label, such as "CERTIFICATE". */
export class PemReader {
  readonly begin: string;
  readonly end: string;
  /** Whether a block has begun and not ended. */
  inside: bool = false;
  /** The END line of the block of another label that has begun, or "". */
  private foreignEnd: string = "";
  private readonly text: TextBuilder = new TextBuilder(4096);

  constructor(label: string) {
    this.begin = BEGIN + label + DASHES;
    this.end = END + label + DASHES;
  }

  /** The block so far, its BEGIN and END lines included. */
  get block(): string {
    return this.text.toString();
  }

  /** The length of `block` in characters. */
  get length(): u32 {
    return this.text.length;
  }

  /** Classifies a line that is outside the blocks of the reader's label. */
  private skip(line: string): PemLine {
    if (line.startsWith(BEGIN) && line.endsWith(DASHES))
      this.foreignEnd = END + line.substring(BEGIN.length);
    else if (line == this.foreignEnd && line != "") {
      this.foreignEnd = "";
      return PemLine.ForeignEnd;
    }
    return PemLine.Other;
  }

  /** Takes the next line; white space around it is ignored. */
  take(text: string): PemLine {
    const line = text.trim();
    const begins = line == this.begin;
    if (!begins && !this.inside) return this.skip(line);
    this.foreignEnd = "";
    const unfinished = begins && this.inside;
    if (begins) this.text.length = 0;
    else this.text.addUnit(LF);
    this.text.add(line);
    this.inside = line != this.end;
    if (unfinished) return PemLine.Unfinished;
    if (begins) return PemLine.Begin;
    return this.inside ? PemLine.Other : PemLine.End;
  }
}
