/**
 * What a volume is read from: a disk as its driver sees it, and a reader for the parsers of
 * partition tables and file systems in this folder. The parsers reach the disk only through the
 * reader, and trust nothing that they read from it.
 */
import { DISK_READ_BYTES } from "../limits";

/** The unit in which disks are read, in bytes: a sector of a CD, or four of other disks. */
export const PAGE: u32 = 2048;

/** `MediumReader.at` returns this if the bytes cannot be read. */
export const NOWHERE: usize = 0;

export abstract class Medium {
  /** Its size, in bytes. */
  bytes: u64 = 0;
  /** Whether it is a CD, which has no partitions and only ISO 9660. */
  optical: bool = false;

  /**
   * Reads the PAGE bytes at a multiple of PAGE, or fewer at the end of the medium. Returns false if
   * that fails.
   */
  abstract readPage(position: u64, to: usize): bool;
}

/**
 * Reads bytes at any position. It keeps one page, and reads at most DISK_READ_BYTES in all. After a
 * failure every further read fails, until `recover`.
 */
export class MediumReader {
  /** Why reading or parsing failed first, or "". */
  failure: string = "";
  readonly bytes: u64;
  readonly optical: bool;
  private readonly page: StaticArray<u8> = new StaticArray<u8>(PAGE as i32);
  private held: u64 = u64.MAX_VALUE;
  private left: u32 = DISK_READ_BYTES / PAGE;

  constructor(private readonly medium: Medium) {
    this.bytes = medium.bytes;
    this.optical = medium.optical;
  }

  /** Notes why parsing failed, unless something failed earlier. */
  fail(why: string): void {
    if (this.failure == "") this.failure = why;
  }

  /** Forgets a failure, so that another part of the medium can be read. Returns it. */
  recover(): string {
    const failure = this.failure;
    this.failure = "";
    return failure;
  }

  /**
   * Returns a pointer to `length` bytes of one page, valid until the next call; NOWHERE if they
   * cannot be read.
   */
  at(position: u64, length: u32): usize {
    const offset = (position % PAGE) as u32;
    assert(offset + length <= PAGE, "bytes on two pages");
    if (this.failure != "") return NOWHERE;
    if (position >= this.bytes || this.bytes - position < length) {
      this.fail(`position ${position} is beyond the end of the disk`);
      return NOWHERE;
    }
    return this.load(position - offset) ? changetype<usize>(this.page) + offset : NOWHERE;
  }

  /** Copies bytes that may lie on several pages. Returns false if they cannot be read. */
  copy(position: u64, length: u32, to: usize): bool {
    let done: u32 = 0;
    while (done < length) {
      const from = position + done;
      const count = min(length - done, PAGE - ((from % PAGE) as u32));
      const pointer = this.at(from, count);
      if (pointer == NOWHERE) return false;
      memory.copy(to + done, pointer, count);
      done += count;
    }
    return true;
  }

  private load(start: u64): bool {
    if (start == this.held) return true;
    this.held = u64.MAX_VALUE;
    if (this.left == 0) {
      this.fail(`more than ${DISK_READ_BYTES} bytes would have to be read`);
      return false;
    }
    this.left--;
    if (!this.medium.readPage(start, changetype<usize>(this.page))) {
      this.fail(`read error at position ${start}`);
      return false;
    }
    this.held = start;
    return true;
  }
}
