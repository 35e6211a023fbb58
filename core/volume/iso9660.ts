/**
 * Reads ISO 9660 volumes (ECMA-119), with the names of Rock Ridge (IEEE P1282) or Joliet, or their
 * own. Sectors and logical blocks have 2,048 bytes, and each structure lies in one sector.
 *
 *     sector 16: volume descriptors, one a sector
 *     0 type  1 "CD001"  6 version  40 label, 32  88 escapes, 32  128 block size  156 root, 34
 *
 *     directory record: 0 length  1 attribute blocks  2 block  10 bytes  25 flags  32 name length
 *                       33 name, a filler if its length is even, then entries of Rock Ridge:
 *                       0 signature, 2  2 length  3 version  4 content
 */
import { DIRECTORY_ENTRIES, VOLUME_DESCRIPTORS } from "../limits";
import { equalsText } from "../text";
import { MediumReader, NOWHERE, PAGE } from "./medium";
import { paddedText, sameName, Volume, VolumeFile } from "./volume";

const FIRST_DESCRIPTOR: u64 = 16;
// Types of descriptors (ECMA-119 8.1.1).
const PRIMARY: u8 = 1;
const SUPPLEMENTARY: u8 = 2;
const TERMINATOR: u8 = 255;
const IDENTIFIER: usize = 1;
const LABEL: usize = 40;
const LABEL_BYTES: u32 = 32;
const ESCAPES: usize = 88;
const BLOCK_SIZE: usize = 128;
const ROOT: usize = 156;

/** A record without its name; its length is even. */
const RECORD: u32 = 34;
// Flags of a record (ECMA-119 9.1.6).
const DIRECTORY: u8 = 2;
const CONTINUED: u8 = 128;
/** A Rock Ridge entry without content, its signature, and the flags of names without text. */
const ENTRY: u32 = 4;
const NAME: u16 = 0x4d4e;
const NAME_FLAGS: u8 = 6;

/** A directory: a position and a length in bytes. */
class Extent {
  constructor(
    readonly start: u64,
    readonly length: u32,
  ) {}
}

/** Returns the volume of a medium if it is of this kind and has a label; otherwise null. */
export function openIso9660(reader: MediumReader, label: string): Volume | null {
  let volume: Iso9660 | null = null;
  for (let i: u64 = 0; i < VOLUME_DESCRIPTORS; i++) {
    const position = (FIRST_DESCRIPTOR + i) * PAGE;
    if (position + PAGE > reader.bytes) break;
    const at = reader.at(position, PAGE);
    if (at == NOWHERE || !equalsText(at + IDENTIFIER, 5, "CD001")) break;
    const type = load<u8>(at);
    if (type == TERMINATOR) break;
    if (load<u16>(at + BLOCK_SIZE) != PAGE) continue;
    if (type == PRIMARY && volume == null) {
      if (!sameName(paddedText(at + LABEL, LABEL_BYTES), label)) break;
      volume = new Iso9660(reader, extentOf(at + ROOT));
    } else if (type == SUPPLEMENTARY && volume != null && isJoliet(at + ESCAPES)) {
      volume.joliet = extentOf(at + ROOT);
    }
  }
  return volume;
}

/** Reports whether escape sequences are those of UCS-2: %/@, %/C or %/E. */
function isJoliet(escapes: usize): bool {
  const level = load<u8>(escapes + 2);
  return load<u16>(escapes) == 0x2f25 && (level == 0x40 || level == 0x43 || level == 0x45);
}

/** Returns what a record describes; attributes come before the content. */
function extentOf(record: usize): Extent {
  const start = (load<u32>(record + 2) as u64) + load<u8>(record + 1);
  return new Extent(start * PAGE, load<u32>(record + 10));
}

class Iso9660 extends Volume {
  /** The root directory with the names of Joliet. */
  joliet: Extent | null = null;

  constructor(
    reader: MediumReader,
    private readonly root: Extent,
  ) {
    super(reader);
  }

  kind(): string {
    return "ISO 9660";
  }

  find(name: string): VolumeFile | null {
    const file = this.findIn(this.root, name, false);
    const joliet = this.joliet;
    return file != null || joliet == null ? file : this.findIn(joliet, name, true);
  }

  protected copy(file: VolumeFile, bytes: StaticArray<u8>): bool {
    return this.reader.copy(file.start, bytes.length, changetype<usize>(bytes));
  }

  private findIn(directory: Extent, name: string, wide: bool): VolumeFile | null {
    let at: u32 = 0;
    for (let i: u32 = 0; at < directory.length; i++) {
      if (i == DIRECTORY_ENTRIES) {
        this.reader.fail(`more than ${DIRECTORY_ENTRIES} entries in the root directory`);
        return null;
      }
      const position = directory.start + at;
      const room = min(PAGE - (at % PAGE), directory.length - at);
      const record = this.reader.at(position, room);
      if (record == NOWHERE) return null;
      const length: u32 = load<u8>(record);
      // Zeros fill up a sector that has no room for the next record.
      if (length == 0) at += room;
      else {
        if (length < RECORD || length > room || RECORD - 1 + load<u8>(record + 32) > length) {
          this.reader.fail("damaged root directory");
          return null;
        }
        if (nameFits(record, length, name, wide)) return this.fileOf(record, name);
        at += length;
      }
    }
    return null;
  }

  private fileOf(record: usize, name: string): VolumeFile | null {
    const flags = load<u8>(record + 25);
    if ((flags & DIRECTORY) != 0) return null;
    if ((flags & CONTINUED) != 0 || load<u8>(record + 26) != 0) {
      this.reader.fail(`${name} is not in one piece`);
      return null;
    }
    const extent = extentOf(record);
    return new VolumeFile(extent.start, extent.length);
  }
}

/** Reports whether a record has a name: that of Rock Ridge if there is one. */
function nameFits(record: usize, length: u32, name: string, wide: bool): bool {
  const nameLength: u32 = load<u8>(record + 32);
  if (wide) return plainFits(record + 33, nameLength / 2, 2, name);
  let at = RECORD - 1 + nameLength;
  at += at & 1;
  while (at + ENTRY < length) {
    const entry = record + at;
    const size: u32 = load<u8>(entry + 2);
    if (size < ENTRY || at + size > length) break;
    if (load<u16>(entry) == NAME && size > ENTRY && (load<u8>(entry + 4) & NAME_FLAGS) == 0) {
      return equalsText(entry + 5, size - 5, name);
    }
    at += size;
  }
  return plainFits(record + 33, nameLength, 1, name);
}

/** Compares a name without its version (";1"), and without a dot at its end, in any case. */
function plainFits(pointer: usize, count: u32, width: u32, name: string): bool {
  let text = "";
  for (let i: u32 = 0; i < count; i++) {
    const at = pointer + i * width;
    const unit = width == 2 ? ((load<u8>(at) as u32) << 8) | load<u8>(at + 1) : load<u8>(at);
    if (unit == 0x3b) break;
    text += String.fromCharCode(unit);
  }
  return sameName(text.endsWith(".") ? text.substring(0, text.length - 1) : text, name);
}
