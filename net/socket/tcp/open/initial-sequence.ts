/**
 * Initial sequence numbers (RFC 6528): a clock that ticks every 4 microseconds, plus a keyed hash
 * of both ends. Each connection has its own sequence, which outsiders cannot predict.
 */
import { Random } from "../../../../core/random";
import { siphash } from "../../../../core/siphash";
import { Endpoints } from "../../endpoints";

/** Bytes of `input`, and of the addresses at its beginning. */
const INPUT_BYTES: u32 = 12;
const ADDRESS_BYTES: u32 = 8;

export class InitialSequences {
  private readonly key0: u64;
  private readonly key1: u64;
  /** Both IPv4 addresses in host order, and the ports. */
  private readonly input: StaticArray<u32> = new StaticArray<u32>((INPUT_BYTES / 4) as i32);

  /** Draws the secret: a new one each time the kernel starts. */
  constructor(random: Random) {
    this.key0 = ((random.next32() as u64) << 32) | (random.next32() as u64);
    this.key1 = ((random.next32() as u64) << 32) | (random.next32() as u64);
  }

  /** Returns ISN = M + F(local address, local port, remote address, remote port, secret). */
  next(ends: Endpoints, now: i64): u32 {
    const input = this.input;
    input[0] = ends.localIpv4;
    input[1] = ends.remoteIpv4;
    input[2] = ends.ports;
    const hash = siphash(this.key0, this.key1, changetype<usize>(input), INPUT_BYTES);
    return ((now >> 2) as u32) + (hash as u32);
  }

  /**
   * Returns the offset of the timestamps between two hosts (RFC 7323 section 7.1): an outsider
   * cannot predict it. As in Linux it is the same for all ports, so that timestamps only grow from
   * one connection to the next.
   */
  clockOffset(ends: Endpoints): u32 {
    const input = this.input;
    input[0] = ends.localIpv4;
    input[1] = ends.remoteIpv4;
    return siphash(this.key0, this.key1, changetype<usize>(input), ADDRESS_BYTES) as u32;
  }
}
