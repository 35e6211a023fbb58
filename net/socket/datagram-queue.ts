/**
 * A queue of datagrams bounded in bytes: records in one block of memory, each contiguous, the
 * oldest first (what UDP, RFC 768, and the echo client keep between the wire and their user).
 *
 *     memory          head                       tail        skipped      capacity
 *     ├── free ───────┼── record ─ record ─ ... ─┼── free ───┼── unused ──┤
 *     record = ├ size 4 ┼ length 4 ┼ three words of the user 12 ┼ pad 4 ┼ bytes, to 8 ┤
 *
 * A record that does not fit behind the tail goes to the front, and what is left at the end
 * stays unused until the head comes by.
 */
import { allocateBlock, freeBlock } from "../../core/block";

/** Bytes in front of the bytes of a record. */
const RECORD_HEADER: u32 = 24;
const LENGTH_OFFSET: u32 = 4;
const WORDS_OFFSET: u32 = 8;

export class DatagramQueue {
  /** Records queued now. */
  count: u32 = 0;
  /** Bytes of payload queued now. */
  bytes: u32 = 0;
  private memory: usize;
  private head: u32 = 0;
  private tail: u32 = 0;
  /** Where the records before the front begin to be unused, while the tail is before the head. */
  private limit: u32;

  /** Takes `capacity` bytes (a multiple of 8) from the heap until `free`. */
  constructor(private capacity: u32) {
    this.memory = allocateBlock(capacity);
    this.limit = capacity;
  }

  /** Gives the memory back; the queue then takes nothing more. */
  free(): void {
    this.clear();
    if (this.memory != 0) freeBlock(this.memory, this.capacity);
    this.memory = 0;
    this.capacity = 0;
    this.limit = 0;
  }

  clear(): void {
    this.count = 0;
    this.bytes = 0;
    this.head = 0;
    this.tail = 0;
    this.limit = this.capacity;
  }

  /**
   * Appends a record of `length` bytes with three words of the caller's; answers where its
   * bytes are to be put, or 0 when there is no room. The address is a multiple of 8.
   */
  push(length: u32, first: u32, second: u32, third: u32): usize {
    if (length > this.capacity) return 0;
    const size = (RECORD_HEADER + length + 7) & ~7;
    const at = this.place(size);
    if (at < 0) return 0;
    const record = this.memory + (at as usize);
    store<u32>(record, size);
    store<u32>(record, length, LENGTH_OFFSET);
    store<u32>(record, first, WORDS_OFFSET);
    store<u32>(record, second, WORDS_OFFSET + 4);
    store<u32>(record, third, WORDS_OFFSET + 8);
    this.tail = (at as u32) + size;
    this.count++;
    this.bytes += length;
    return record + RECORD_HEADER;
  }

  /** Where the bytes of the oldest record are; only while `count` > 0. */
  pointer(): usize {
    return this.memory + this.head + RECORD_HEADER;
  }
  /** Bytes of the oldest record. */
  length(): u32 {
    return load<u32>(this.memory + this.head, LENGTH_OFFSET);
  }
  first(): u32 {
    return load<u32>(this.memory + this.head, WORDS_OFFSET);
  }
  second(): u32 {
    return load<u32>(this.memory + this.head, WORDS_OFFSET + 4);
  }
  third(): u32 {
    return load<u32>(this.memory + this.head, WORDS_OFFSET + 8);
  }

  /** Forgets the oldest record; only while `count` > 0. */
  pop(): void {
    assert(this.count > 0, "nothing is queued");
    this.bytes -= this.length();
    this.head += load<u32>(this.memory + this.head);
    this.count--;
    if (this.count == 0) {
      this.clear();
    } else if (this.head == this.limit) {
      this.head = 0;
      this.limit = this.capacity;
    }
  }

  /** The offset for a record of `size` bytes, or -1. */
  private place(size: u32): i32 {
    if (this.count > 0 && this.tail <= this.head) {
      return size <= this.head - this.tail ? (this.tail as i32) : -1;
    }
    if (size <= this.capacity - this.tail) return this.tail as i32;
    if (size > this.head) return -1;
    this.limit = this.tail;
    return 0;
  }
}
