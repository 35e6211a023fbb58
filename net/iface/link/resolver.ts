/**
 * How the hardware address of a neighbor is asked for: by ARP for IPv4 (RFC 826), by neighbor
 * discovery for IPv6 (RFC 4861). The answers go to `NeighborCache.learn`.
 */
import { IpAddress } from "../../wire/ip-address";

export interface Resolver {
  /** Asks who has `address`: every station for BROADCAST_HARDWARE, else the one at `hardware`. */
  solicit(address: IpAddress, hardware: u64, now: i64): void;
}
