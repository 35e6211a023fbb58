/** Volumes on a medium in memory (core/volume/), for tests. */
import { Medium, MediumReader, PAGE } from "../../../core/volume/medium";
import { findVolume } from "../../../core/volume/search";
import { textAt } from "./text";

export { allocateBytes } from "./text";

/** The bytes that Node put in memory, from which it reads to `readable`. */
class MemoryMedium extends Medium {
  constructor(
    private readonly start: usize,
    length: u64,
    private readonly readable: u64,
  ) {
    super();
    this.bytes = length;
  }

  readPage(position: u64, to: usize): bool {
    assert(position % PAGE == 0 && position < this.bytes, "not a page of the medium");
    pages++;
    const length = min<u64>(PAGE, this.bytes - position);
    if (position + length > this.readable) return false;
    memory.copy(to, this.start + (position as usize), length as usize);
    return true;
  }
}

/** The number of pages read. */
export let pages: u32 = 0;

/**
 * Returns `KIND: LENGTH: CONTENT` of a file on a volume labelled cidata; or why there is none.
 * `length` is the medium's size, of which only the first `readable` bytes can be read.
 */
export function find(start: usize, length: u32, readable: u32, name: usize, bytes: u32): string {
  pages = 0;
  const reader = new MediumReader(new MemoryMedium(start, length, readable));
  const volume = findVolume(reader, "cidata");
  if (volume == null) return `no volume${reader.failure != "" ? `: ${reader.failure}` : ""}`;
  const file = volume.find(textAt(name, bytes));
  const content = file != null ? volume.read(file, 4096) : null;
  if (reader.failure != "") return `${volume.kind()}: ${reader.failure}`;
  if (file == null || content == null) return `${volume.kind()}: no file`;
  const text = String.UTF8.decodeUnsafe(changetype<usize>(content), content.length);
  return `${volume.kind()}: ${file.length}: ${text}`;
}
