/**
 * Initial sequence numbers (RFC 6528): a clock of 4 microseconds plus a keyed hash of the four
 * ends, so that each connection has a space of its own that nobody outside can guess.
 */
import { Random } from "../../../../core/random";
import { siphash } from "../../../../core/siphash";

const INPUT_BYTES: u32 = 12;

export class SequenceSource {
  private readonly key0: u64;
  private readonly key1: u64;
  private readonly input: StaticArray<u32> = new StaticArray<u32>((INPUT_BYTES / 4) as i32);

  /** Draws the secret: a new one each time the kernel starts. */
  constructor(random: Random) {
    this.key0 = ((random.next32() as u64) << 32) | (random.next32() as u64);
    this.key1 = ((random.next32() as u64) << 32) | (random.next32() as u64);
  }

  /** ISN = M + F(local address, local port, remote address, remote port, secret). */
  initial(now: i64, localAddress: u32, localPort: u32, remoteAddress: u32, remotePort: u32): u32 {
    const input = this.input;
    input[0] = localAddress;
    input[1] = remoteAddress;
    input[2] = (localPort << 16) | remotePort;
    const hash = siphash(this.key0, this.key1, changetype<usize>(input), INPUT_BYTES);
    return ((now >> 2) as u32) + (hash as u32);
  }
}
