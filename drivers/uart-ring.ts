/**
 * A ring of bytes between the interrupt and a turn: one side only puts, the other only takes,
 * so neither needs to keep the other out.
 */
import { interruptBarrier } from "../machine/host";

export class UartRing {
  private readonly bytes: StaticArray<u8>;
  private readonly mask: u32;
  /** Bytes ever put and taken, modulo 2^32. */
  private head: u32 = 0;
  private tail: u32 = 0;

  /** `capacity` is a power of two. */
  constructor(capacity: u32) {
    assert(capacity != 0 && (capacity & (capacity - 1)) == 0, "capacity is no power of two");
    this.bytes = new StaticArray<u8>(capacity);
    this.mask = capacity - 1;
  }

  /** Bytes in it. */
  used(): u32 {
    interruptBarrier();
    return this.head - this.tail;
  }
  /** Bytes that still fit. */
  room(): u32 {
    return this.mask + 1 - this.used();
  }

  /** Puts a byte where there is room. */
  put(byte: u8): void {
    this.bytes[this.head & this.mask] = byte;
    // The byte is there before the count says so.
    interruptBarrier();
    this.head++;
  }

  /** Takes the oldest byte of one that is not empty. */
  take(): u8 {
    const byte = this.bytes[this.tail & this.mask];
    interruptBarrier();
    this.tail++;
    return byte;
  }
}
