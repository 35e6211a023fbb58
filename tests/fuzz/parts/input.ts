/** Takes an input apart: where it has ended, every byte is 0 and every piece is empty. */
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
  /** The next bytes, at most `length` of them: their address is answered, their number kept. */
  take(length: u32): Input {
    const piece = new Input(this.pointer, min(length, this.length));
    this.pointer += piece.length;
    this.length -= piece.length;
    return piece;
  }
  /** The bytes up to `end`, which is taken as well. */
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
