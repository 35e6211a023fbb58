/**
 * A byte ring between an interrupt handler and a turn. One side only writes and the other only
 * reads, so no lock is needed.
 */
import { interruptBarrier } from "../machine/host";

/** A queue of bytes with one writer and one reader. */
export class ByteRing {
  private readonly bytes: StaticArray<u8>;
  private readonly mask: u32;
  /** Total bytes put and taken, modulo 2^32. */
  private head: u32 = 0;
  private tail: u32 = 0;

  /** `capacity`, in bytes, must be a power of two. */
  constructor(capacity: u32) {
    assert(capacity != 0 && (capacity & (capacity - 1)) == 0, "capacity must be a power of two");
    this.bytes = new StaticArray<u8>(capacity);
    this.mask = capacity - 1;
  }

  /** Bytes in the ring. */
  used(): u32 {
    interruptBarrier();
    return this.head - this.tail;
  }
  /** Bytes of free space. */
  room(): u32 {
    return this.mask + 1 - this.used();
  }

  /** Puts a byte; there must be room. */
  put(byte: u8): void {
    this.bytes[this.head & this.mask] = byte;
    // Store the byte before the count includes it.
    interruptBarrier();
    this.head++;
  }

  /** Takes the oldest byte; the ring must not be empty. */
  take(): u8 {
    const byte = this.bytes[this.tail & this.mask];
    interruptBarrier();
    this.tail++;
    return byte;
  }
}
