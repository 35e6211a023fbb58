/**
 * Hashes the two ends of a connection with a secret key, so that an outsider cannot make many
 * connections share a chain.
 */
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
   * Returns a hash of 32 bits. The upper bits are mixed best: use `>>> (32 - n)` for n bits. Of the
   * addresses, only the IPv4 words are hashed; the other words are the same in all IPv4-mapped
   * addresses.
   */
  of(ends: Endpoints): u32 {
    const remote = (((ends.remoteIpv4 as u64) << 32) | (ends.ports as u64)) * this.first;
    return ((remote + (ends.localIpv4 as u64) * this.second) >> 32) as u32;
  }
}
