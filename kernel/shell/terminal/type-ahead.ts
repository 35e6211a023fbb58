/** Bytes typed while no command reads input, kept for the prompt or the next command that reads. */
import { TYPE_AHEAD_BYTES } from "../../../core/limits";

export class TypeAhead {
  private readonly bytes: StaticArray<u8> = new StaticArray<u8>(TYPE_AHEAD_BYTES);
  private first: u32 = 0;
  private count: u32 = 0;

  /** Appends a byte. Returns false if there is no room. */
  push(byte: u32): bool {
    if (this.count == TYPE_AHEAD_BYTES) return false;
    this.bytes[(this.first + this.count++) % TYPE_AHEAD_BYTES] = byte as u8;
    return true;
  }

  /** Removes and returns the oldest byte, or returns -1. */
  shift(): i32 {
    if (this.count == 0) return -1;
    const byte = this.bytes[this.first];
    this.first = (this.first + 1) % TYPE_AHEAD_BYTES;
    this.count--;
    return byte;
  }

  empty(): bool {
    return this.count == 0;
  }

  clear(): void {
    this.count = 0;
  }
}
