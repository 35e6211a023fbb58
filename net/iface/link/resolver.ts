/**
 * Requests a neighbor's hardware address. `Arp` does so for IPv4 (RFC 826); neighbor discovery for
 * IPv6 (RFC 4861) would be another resolver. The replies go to `NeighborCache.learn`.
 */
import { IpAddress } from "../../wire/ip-address";

export interface Resolver {
  /**
   * Requests the hardware address of `address` from the station (or all stations) at `hardware`.
   */
  solicit(address: IpAddress, hardware: u64, now: i64): void;
}
