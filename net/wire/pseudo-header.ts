/**
 * The pseudo header that the checksums of UDP and TCP cover (RFC 768, RFC 9293 section 3.1): both
 * addresses, zero, protocol, and the length of the segment.
 */
import { Ipv4Address } from "./address";

/** Returns the partial sum of two addresses, which is the same in both directions. */
export function addressSum(source: Ipv4Address, destination: Ipv4Address): u64 {
  return (bswap<u32>(source) as u64) + (bswap<u32>(destination) as u64);
}

/**
 * Returns the partial sum of the whole pseudo header. `addresses` comes from `addressSum`; `length`
 * is at most 65,535 bytes.
 */
export function pseudoHeader(addresses: u64, protocol: u32, length: u32): u64 {
  return addresses + (((protocol << 8) + (bswap<u16>(length as u16) as u32)) as u64);
}
