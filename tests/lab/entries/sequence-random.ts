/** A small deterministic generator (xorshift32*) in place of the kernel's. */
import { Random } from "../../../core/random";

export class SequenceRandom implements Random {
  private state: u32 = 1;

  seed(value: u32): void {
    this.state = value == 0 ? 1 : value;
  }

  next32(): u32 {
    let x = this.state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    this.state = x;
    return x * 0x9e3779b1;
  }
}
