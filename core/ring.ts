/**
 * A byte ring: a queue whose writer may also place bytes ahead of its end, as TCP does with data
 * that arrives out of order.
 *
 *     block        head          head + length                    block + capacity
 *     ├── free ────┼── queued ───┼── free, or placed ahead ───────┤   (wraps around)
 *
 * Its block of memory exists only between `allocate` and `release`.
 */
import { allocateRing, freeRing } from "./block";

/** A bounded queue of bytes. */
export class Ring {
  /** Bytes queued. */
  length: u32 = 0;
  private block: usize = 0;
  /** Offset of the oldest byte in the block. */
  private head: u32 = 0;

  /** `capacity`: bytes, a power of two. */
  constructor(readonly capacity: u32) {
    assert(capacity > 0 && (capacity & (capacity - 1)) == 0, "a ring's capacity is a power of 2");
  }

  /** Allocates the block unless it exists. Only this and `write` allocate. */
  allocate(): void {
    if (this.block == 0) this.block = allocateRing(this.capacity);
  }

  /** Drops the queued bytes and frees the block. */
  release(): void {
    if (this.block != 0) freeRing(this.block, this.capacity);
    this.block = 0;
    this.head = 0;
    this.length = 0;
  }

  /** Reports whether the block exists. */
  get allocated(): bool {
    return this.block != 0;
  }

  /** Bytes of free space. */
  get free(): u32 {
    return this.capacity - this.length;
  }

  /** Queues up to `length` bytes; returns how many. */
  write(source: usize, length: u32): u32 {
    const free = this.capacity - this.length;
    const count = length < free ? length : free;
    if (count == 0) return 0;
    this.allocate();
    this.place(0, source, count);
    this.length += count;
    return count;
  }

  /**
   * Places `length` bytes `ahead` bytes past the end of the queue without queueing them; `extend`
   * queues them once the gap is filled. They must fit, and the block must exist.
   */
  place(ahead: u32, source: usize, length: u32): void {
    assert(this.block != 0, "a ring without memory cannot be written");
    assert(ahead + length <= this.capacity - this.length, "bytes placed beyond the ring");
    const at = (this.head + this.length + ahead) & (this.capacity - 1);
    const whole = this.capacity - at;
    if (length <= whole) {
      memory.copy(this.block + at, source, length);
    } else {
      memory.copy(this.block + at, source, whole);
      memory.copy(this.block, source + whole, length - whole);
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
    const whole = this.contiguous(offset);
    if (length <= whole) {
      memory.copy(destination, this.pointerAt(offset), length);
    } else {
      memory.copy(destination, this.pointerAt(offset), whole);
      memory.copy(destination + whole, this.block, length - whole);
    }
  }

  /** Returns the address of the byte `offset` bytes after the oldest. */
  pointerAt(offset: u32): usize {
    return this.block + ((this.head + offset) & (this.capacity - 1));
  }

  /** Returns how many queued bytes from `offset` on are contiguous. */
  contiguous(offset: u32): u32 {
    assert(offset <= this.length, "an offset beyond what the ring holds");
    const whole = this.capacity - ((this.head + offset) & (this.capacity - 1));
    const queued = this.length - offset;
    return queued < whole ? queued : whole;
  }

  /** Drops the `count` oldest bytes; at least that many must be queued. */
  consume(count: u32): void {
    assert(count <= this.length, "more consumed than the ring holds");
    this.head = (this.head + count) & (this.capacity - 1);
    this.length -= count;
  }
}
