/**
 * The Identification field of IPv4 packets that may be fragmented. It is unique among recent
 * packets with the same addresses and protocol (RFC 6864 section 4.3), and comes from one of many
 * counters, so that it reveals little about other traffic of this host (RFC 6274 section 3.5).
 */
import { IP_IDENTIFICATIONS } from "../../../core/limits";
import { Random } from "../../../core/random";
import { Ipv4Address } from "../../wire/address";

export class Ipv4Identification {
  private readonly counters: StaticArray<u16> = new StaticArray<u16>(IP_IDENTIFICATIONS);
  private readonly secret: u32;

  /** Chooses at random where counters start and which one each destination uses. */
  constructor(random: Random) {
    for (let i: u32 = 0; i < IP_IDENTIFICATIONS; i++) this.counters[i] = random.next32() as u16;
    this.secret = random.next32() | 1;
  }

  /** Returns the identification of the next packet to `destination`, 16 bits. */
  next(destination: Ipv4Address, protocol: u32): u32 {
    const key = (destination ^ (protocol << 24) ^ (this.secret >>> 7)) * this.secret;
    const index = key >>> 24;
    const id = this.counters[index & (IP_IDENTIFICATIONS - 1)] + 1;
    this.counters[index & (IP_IDENTIFICATIONS - 1)] = id;
    return id as u32;
  }
}
