/** Reads a fuzz input in order. Past its end, bytes are 0 and pieces are empty. */
import { latin1 } from "../../../core/text";

export class Input {
  constructor(
    public pointer: usize,
    public length: u32,
  ) {}

  get empty(): bool {
    return this.length == 0;
  }
  byte(): u32 {
    if (this.length == 0) return 0;
    this.length--;
    return load<u8>(this.pointer++);
  }
  short(): u32 {
    const high = this.byte() << 8;
    return high | this.byte();
  }
  /** Removes the next bytes, at most `length` of them, and returns them. */
  take(length: u32): Input {
    const piece = new Input(this.pointer, min(length, this.length));
    this.pointer += piece.length;
    this.length -= piece.length;
    return piece;
  }
  /** Removes the bytes up to and including `end`, and returns them without it. */
  until(end: u32): Input {
    let length: u32 = 0;
    while (length < this.length && load<u8>(this.pointer + length) != end) length++;
    const piece = this.take(length);
    this.byte();
    return piece;
  }
  text(): string {
    return latin1(this.pointer, this.length);
  }
}
