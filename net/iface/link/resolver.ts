/**
 * Requests a neighbor's hardware address: by ARP for IPv4 (RFC 826), by neighbor discovery for IPv6
 * (RFC 4861). The replies go to `NeighborCache.learn`.
 */
import { IpAddress } from "../../wire/ip-address";

export interface Resolver {
  /**
   * Requests the hardware address of `address` from the station (or all stations) at `hardware`.
   */
  solicit(address: IpAddress, hardware: u64, now: i64): void;
}
