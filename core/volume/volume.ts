/** A volume: a file system, of which only the files of the root directory are read. */
import { latin1, lowerCase } from "../text";
import { MediumReader } from "./medium";

/** A file, as its directory describes it. */
export class VolumeFile {
  constructor(
    /** Where it begins: a position on the medium, or a cluster. */
    readonly start: u64,
    /** In bytes. */
    readonly length: u32,
  ) {}
}

export abstract class Volume {
  constructor(protected readonly reader: MediumReader) {}

  /** Why reading failed first, or "". */
  get failure(): string {
    return this.reader.failure;
  }

  /** The kind of file system, for the log. */
  abstract kind(): string;

  /**
   * Returns a file of the root directory, or null if there is none or the directory is damaged;
   * the reader then says how. `name` is in lower case.
   */
  abstract find(name: string): VolumeFile | null;

  /** Returns the first `limit` bytes of a file, or all if there are fewer; null if that fails. */
  read(file: VolumeFile, limit: u32): StaticArray<u8> | null {
    const bytes = new StaticArray<u8>(min(limit, file.length) as i32);
    return this.copy(file, bytes) ? bytes : null;
  }

  /** Fills `bytes` from the beginning of a file that is at least as long. */
  protected abstract copy(file: VolumeFile, bytes: StaticArray<u8>): bool;
}

/** Returns text in a field that blanks or zeros fill up; each byte is a character. */
export function paddedText(pointer: usize, length: u32): string {
  let end = length;
  while (end > 0 && (load<u8>(pointer + end - 1) == 0x20 || load<u8>(pointer + end - 1) == 0))
    end--;
  return latin1(pointer, end);
}

/** Reports whether two names are equal but for the case of ASCII letters; `wanted` has none. */
export function sameName(name: string, wanted: string): bool {
  if (name.length != wanted.length) return false;
  for (let i = 0; i < name.length; i++) {
    if (lowerCase(name.charCodeAt(i)) != wanted.charCodeAt(i)) return false;
  }
  return true;
}
