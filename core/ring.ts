/**
 * A byte ring: a queue whose writer may also place bytes ahead of its end, as TCP does with data
 * that arrives out of order.
 *
 *           head          head + length
 *     ─ free ─┼── queued ───┼── free, or placed ahead ─   (wraps around)
 *     │  page 0  │  page 1  │  page 2  │    ...     │
 *
 * It has memory only for the pages in which there are bytes, and a table of their addresses. The
 * table covers twice the capacity, so the newest bytes never wrap into the page of the oldest.
 */
import { allocateRing, freeRing } from "./block";
import { PAGE, PAGE_SHIFT, Pages } from "./pages";

const PAGE_MASK: u32 = PAGE - 1;
/** Bytes of an entry of the table: the address of a page, or 0. */
const ENTRY: u32 = 4;
const ENTRY_SHIFT: u32 = 2;

/** A bounded queue of bytes. */
export class Ring {
  /** Bytes queued. */
  length: u32 = 0;
  /** Bytes of memory that the ring leaves to others, beside the heap's reserve. */
  private spared: u32 = 0;
  private table: usize = 0;
  /** Pages in the table. */
  private held: u32 = 0;
  /** Offset of the oldest byte. */
  private head: u32 = 0;

  /** `capacity`: bytes, a power of two, and at least a page. */
  constructor(
    private readonly pages: Pages,
    public capacity: u32,
  ) {
    assert(isPowerOfTwo(capacity) && capacity >= PAGE, "a ring's capacity is a power of 2");
  }

  /** Whether there is a table of pages: from the first byte until `release`. */
  get allocated(): bool {
    return this.table != 0;
  }

  /** From now on, leaves `bytes` of memory to others. */
  spare(bytes: u32): void {
    this.spared = bytes;
  }

  /** Bytes of free space. */
  get free(): u32 {
    return this.capacity - this.length;
  }

  /**
   * Enlarges the ring to `capacity` bytes, a power of two. What is queued or placed ahead stays.
   */
  grow(capacity: u32): void {
    assert(isPowerOfTwo(capacity) && capacity > this.capacity, "a ring grows by a power of 2");
    const old = this.table;
    const entries = this.entries;
    this.capacity = capacity;
    if (old == 0) return;
    const first = this.head >>> PAGE_SHIFT;
    const table = newTable(this.entries);
    for (let i: u32 = 0; i < entries; i++) {
      const entry = old + (((first + i) & (entries - 1)) << ENTRY_SHIFT);
      store<u32>(table + (i << ENTRY_SHIFT), load<u32>(entry));
    }
    freeRing(old, entries * ENTRY);
    this.table = table;
    this.head &= PAGE_MASK;
  }

  /** Sets the capacity of a ring that has no memory to `capacity` bytes, a power of two. */
  resize(capacity: u32): void {
    assert(this.table == 0, "a ring with memory only grows");
    assert(isPowerOfTwo(capacity) && capacity >= PAGE, "a ring's capacity is a power of 2");
    this.capacity = capacity;
  }

  /** Drops the queued bytes and frees the memory. */
  release(): void {
    if (this.table != 0) {
      for (let i: u32 = 0; this.held > 0; i++) this.drop(i);
      freeRing(this.table, this.entries * ENTRY);
    }
    this.table = 0;
    this.head = 0;
    this.length = 0;
  }

  /** Frees the page of an empty ring; no bytes may be placed ahead of its end. Keeps the table. */
  trim(): void {
    assert(this.length == 0, "only an empty ring is trimmed");
    if (this.held == 0) return;
    this.drop(this.head >>> PAGE_SHIFT);
    this.head = 0;
  }

  /**
   * Allocates the memory for `length` bytes, `ahead` bytes past the end of the queue, which `place`
   * will fill. Returns false if no memory is left. The bytes must fit.
   */
  reserve(ahead: u32, length: u32): bool {
    const at = this.head + this.length + ahead;
    const end = at + length;
    for (let i = at & ~PAGE_MASK; i < end; i += PAGE) {
      if (this.pageFor(i) == 0) return false;
    }
    return true;
  }

  /** Queues up to `length` bytes; returns how many: fewer if the space or the memory is short. */
  write(source: usize, length: u32): u32 {
    const free = this.capacity - this.length;
    const wanted = length < free ? length : free;
    let done: u32 = 0;
    while (done < wanted) {
      const at = this.head + this.length;
      const page = this.pageFor(at);
      if (page == 0) break;
      const offset = at & PAGE_MASK;
      const part = min(wanted - done, PAGE - offset);
      memory.copy(page + offset, source + done, part);
      this.length += part;
      done += part;
    }
    return done;
  }

  /**
   * Queues `length` bytes, which must fit. Returns false, and queues none, if no memory is left.
   */
  append(source: usize, length: u32): bool {
    assert(length <= this.capacity - this.length, "bytes appended beyond the ring");
    const at = this.head + this.length;
    const offset = at & PAGE_MASK;
    if (length <= PAGE - offset) {
      const page = this.pageFor(at);
      if (page == 0) return false;
      memory.copy(page + offset, source, length);
    } else {
      if (!this.reserve(0, length)) return false;
      this.place(0, source, length);
    }
    this.length += length;
    return true;
  }

  /**
   * Places `length` bytes `ahead` bytes past the end of the queue without queueing them; `extend`
   * queues them once the gap is filled. They must fit, and be reserved.
   */
  place(ahead: u32, source: usize, length: u32): void {
    assert(ahead + length <= this.capacity - this.length, "bytes placed beyond the ring");
    let at = this.head + this.length + ahead;
    let from = source;
    let left = length;
    while (left > 0) {
      const room = PAGE - (at & PAGE_MASK);
      const part = left < room ? left : room;
      memory.copy(this.addressOf(at), from, part);
      at += part;
      from += part;
      left -= part;
    }
  }

  /** Queues the next `count` bytes, which `place` has put there. */
  extend(count: u32): void {
    assert(count <= this.capacity - this.length, "a ring extended beyond its capacity");
    this.length += count;
  }

  /** Moves up to `capacity` of the oldest bytes to `destination`; returns how many. */
  read(destination: usize, capacity: u32): u32 {
    const count = capacity < this.length ? capacity : this.length;
    if (count > 0) this.copyOut(0, destination, count);
    this.consume(count);
    return count;
  }

  /** Copies `length` bytes, from `offset` bytes after the oldest; they stay queued. */
  copyOut(offset: u32, destination: usize, length: u32): void {
    let done: u32 = 0;
    while (done < length) {
      const whole = this.contiguous(offset + done);
      const part = length - done < whole ? length - done : whole;
      memory.copy(destination + done, this.pointerAt(offset + done), part);
      done += part;
    }
  }

  /** Returns the address of the byte `offset` bytes after the oldest, which must be queued. */
  pointerAt(offset: u32): usize {
    return this.addressOf(this.head + offset);
  }

  /** Returns how many queued bytes from `offset` on are contiguous. */
  contiguous(offset: u32): u32 {
    assert(offset <= this.length, "an offset beyond what the ring holds");
    const whole = PAGE - ((this.head + offset) & PAGE_MASK);
    const queued = this.length - offset;
    return queued < whole ? queued : whole;
  }

  /** Drops the `count` oldest bytes; at least that many must be queued. */
  consume(count: u32): void {
    assert(count <= this.length, "more consumed than the ring holds");
    const head = this.head + count;
    const last = this.entries - 1;
    for (let i = this.head >>> PAGE_SHIFT; i < head >>> PAGE_SHIFT; i++) this.drop(i & last);
    this.head = head & ((this.capacity << 1) - 1);
    this.length -= count;
  }

  /** The number of entries of the table. */
  private get entries(): u32 {
    return this.capacity >>> (PAGE_SHIFT - 1);
  }

  /** Returns the address of the byte at `offset` from the start of page 0, with wrapping. */
  private addressOf(offset: u32): usize {
    const index = (offset >>> PAGE_SHIFT) & (this.entries - 1);
    const page: usize = load<u32>(this.table + (index << ENTRY_SHIFT));
    assert(page != 0, "a byte of a ring without memory");
    return page + (offset & PAGE_MASK);
  }

  /**
   * Returns the address of the page with the byte at `offset` from the start of page 0, with
   * wrapping; takes a page if there is none. Returns 0 if no memory is left.
   */
  private pageFor(offset: u32): usize {
    if (this.table == 0) this.table = newTable(this.entries);
    const index = (offset >>> PAGE_SHIFT) & (this.entries - 1);
    const entry = this.table + (index << ENTRY_SHIFT);
    let page: usize = load<u32>(entry);
    if (page == 0) {
      page = this.pages.take(this.spared);
      store<u32>(entry, page as u32);
      if (page != 0) this.held++;
    }
    return page;
  }

  /** Frees the page of an entry of the table, if it has one. */
  private drop(index: u32): void {
    const entry = this.table + (index << ENTRY_SHIFT);
    const page: usize = load<u32>(entry);
    if (page == 0) return;
    this.pages.give(page);
    store<u32>(entry, 0);
    this.held--;
  }
}

/** Allocates a table without pages. */
function newTable(entries: u32): usize {
  const table = allocateRing(entries * ENTRY);
  memory.fill(table, 0, entries * ENTRY);
  return table;
}

function isPowerOfTwo(value: u32): bool {
  return value > 0 && (value & (value - 1)) == 0;
}
