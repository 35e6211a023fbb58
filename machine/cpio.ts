/**
 * The files of an initrd: archives of cpio's format "newc" in a row, as Linux takes them
 * (Documentation/driver-api/early-userspace/buffer-format.rst). They may be wrong in any way.
 *
 *     "070701"  13 numbers of 8 hexadecimal digits  name  padding  content  padding  "070701"  ...
 *
 * Name and content end at multiples of 4. The last file of an archive is TRAILER!!!; zeros may
 * follow it.
 */
import { BOOT_FILE_NAME_BYTES, BOOT_FILES } from "../core/limits";
import { log } from "../core/log";
import { equalsText, hexValue } from "../core/text";
import { moduleRead } from "./host";

const MAGIC: string = "070701";
const TRAILER: string = "TRAILER!!!";
const HEADER: u32 = 110;
/** The positions of numbers in the header. */
const MODE: u32 = 14;
const FILE_SIZE: u32 = 54;
const NAME_SIZE: u32 = 94;
const DIGITS: u32 = 8;
/** The type in a file's mode, and that of regular files. */
const TYPE: i64 = 0xf000;
const REGULAR: i64 = 0x8000;

/** A regular file. */
class ArchivedFile {
  constructor(
    /** Its path in the archive. */
    readonly path: string,
    /** Where its content is in the module, and its length, in bytes. */
    readonly start: u32,
    readonly length: u32,
  ) {}
}

/** Reports whether a module of the boot loader is an archive. */
export function isArchive(module: u32): bool {
  const start = new StaticArray<u8>(MAGIC.length);
  const pointer = changetype<usize>(start);
  const count = moduleRead(module, 0, pointer, start.length);
  return count == (MAGIC.length as u32) && equalsText(pointer, count, MAGIC);
}

/**
 * Returns the files of a module of `length` bytes: at most BOOT_FILES, and only those before the
 * first error. Logs why files are missing.
 */
export function archivedFiles(module: u32, length: u32): Array<ArchivedFile> {
  const files: Array<ArchivedFile> = [];
  const header = new StaticArray<u8>(HEADER);
  const pointer = changetype<usize>(header);
  let at: u64 = skipZeros(module, 0, length);
  while (at < length) {
    if (at + HEADER > length || moduleRead(module, at as u32, pointer, HEADER) < HEADER) break;
    const mode = numberAt(header, MODE);
    const size = numberAt(header, FILE_SIZE);
    const nameBytes = numberAt(header, NAME_SIZE);
    if (!equalsText(pointer, MAGIC.length, MAGIC) || (mode | size | nameBytes) < 0) break;
    if (nameBytes == 0 || nameBytes > (BOOT_FILE_NAME_BYTES as i64)) break;
    const start = aligned(at + HEADER + (nameBytes as u64));
    if (start + (size as u64) > length) break;
    const path = nameOf(module, (at as u32) + HEADER, nameBytes as u32);
    if ((mode & TYPE) == REGULAR && path != TRAILER) {
      if ((files.length as u32) == BOOT_FILES) {
        log(`initrd: more than ${BOOT_FILES} files, the rest is ignored`);
        return files;
      }
      files.push(new ArchivedFile(path, start as u32, size as u32));
    }
    at = skipZeros(module, aligned(start + (size as u64)), length);
  }
  if (at < length) {
    log(`initrd: the archive is damaged; files read before the damage: ${files.length}`);
  }
  return files;
}

function aligned(at: u64): u64 {
  return (at + 3) & ~3;
}

/** Returns where the next byte is that is not zero, or the end. */
function skipZeros(module: u32, from: u64, length: u32): u64 {
  const word = new StaticArray<u8>(4);
  const pointer = changetype<usize>(word);
  for (let at = from; at + 4 <= length; at += 4) {
    moduleRead(module, at as u32, pointer, 4);
    if (load<u32>(pointer) != 0) return at;
  }
  return length;
}

/** Returns a number of the header, or -1 if it is none. */
function numberAt(header: StaticArray<u8>, at: u32): i64 {
  let value: i64 = 0;
  for (let i = at; i < at + DIGITS; i++) {
    const digit = hexValue(header[i]);
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value;
}

/** Returns a name, whose bytes include a zero at the end. */
function nameOf(module: u32, at: u32, length: u32): string {
  const bytes = new StaticArray<u8>(length);
  const count = moduleRead(module, at, changetype<usize>(bytes), length);
  return String.UTF8.decodeUnsafe(changetype<usize>(bytes), count - 1);
}
