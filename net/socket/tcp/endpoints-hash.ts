/** A hash of two ends under a secret key, so that nobody outside can aim many at one chain. */
import { Random } from "../../../core/random";
import { Endpoints } from "../endpoints";

export class EndpointsHash {
  private readonly first: u64;
  private readonly second: u64;

  constructor(random: Random) {
    this.first = ((random.next32() as u64) << 32) | (random.next32() as u64) | 1;
    this.second = ((random.next32() as u64) << 32) | (random.next32() as u64) | 1;
  }

  /**
   * Returns 32 bits of which the upper ones are the best: take `>>> (32 - n)` for n bits. Hashes
   * the IPv4 words of the addresses; the others are the same in all IPv4-mapped ones.
   */
  of(ends: Endpoints): u32 {
    const remote = (((ends.remoteIpv4 as u64) << 32) | (ends.ports as u64)) * this.first;
    return ((remote + (ends.localIpv4 as u64) * this.second) >> 32) as u32;
  }
}
