/**
 * UDP datagrams (RFC 768, RFC 1122 section 4.1.3).
 *
 *      0             2                  4         6          8
 *     ┌─────────────┬──────────────────┬─────────┬──────────┬─────────┐
 *     │ source port │ destination port │ length  │ checksum │ payload │
 *     └─────────────┴──────────────────┴─────────┴──────────┴─────────┘
 */
import { loadNet16 } from "../../core/bytes";
import { Ipv4Address } from "./address";
import { checksum, fold } from "./checksum";
import { Drop } from "./drop";
import { PROTOCOL_UDP } from "./ipv4";
import { addressSum, pseudoHeader } from "./pseudo-header";

export const UDP_HEADER: u32 = 8;

@unmanaged
export class UdpHeader {
  static at(pointer: usize): UdpHeader {
    return changetype<UdpHeader>(pointer);
  }
  get sourcePort(): u32 {
    return loadNet16(changetype<usize>(this));
  }
  get destinationPort(): u32 {
    return loadNet16(changetype<usize>(this) + 2);
  }
  /** Bytes of header and payload. */
  get length(): u32 {
    return loadNet16(changetype<usize>(this) + 4);
  }
  /** The checksum in memory order; 0 if the sender computed none. */
  get checksum(): u16 {
    return load<u16>(changetype<usize>(this), 6);
  }
  get payload(): usize {
    return changetype<usize>(this) + UDP_HEADER;
  }
  get payloadLength(): u32 {
    return this.length - UDP_HEADER;
  }
}

/**
 * The gate for `length` bytes of IPv4 payload; bytes after the datagram's own length are ignored.
 * Accepts a checksum of 0 (RFC 1122 section 4.1.3.4), but not the destination port 0.
 */
export function parseUdp(
  pointer: usize,
  length: u32,
  source: Ipv4Address,
  destination: Ipv4Address,
): Drop {
  if (length < UDP_HEADER) return Drop.UdpTruncated;
  const header = UdpHeader.at(pointer);
  const size = header.length;
  if (size < UDP_HEADER || size > length) return Drop.UdpLength;
  if (header.checksum != 0) {
    const pseudo = pseudoHeader(addressSum(source, destination), PROTOCOL_UDP, size);
    if (checksum(pointer, size, pseudo) != 0) return Drop.UdpChecksum;
  }
  return header.destinationPort == 0 ? Drop.UdpPort : Drop.None;
}

/**
 * Writes the header in front of its payload. `length` includes both; `ports` is the source port in
 * the upper 16 bits and the destination port in the lower; `sum` is the sum of the payload and of
 * the addresses of the pseudo header (RFC 768), in memory order.
 */
export function emitUdp(pointer: usize, length: u32, ports: u32, sum: u64): void {
  const first = bswap<u32>(ports);
  const size = bswap<u16>(length as u16) as u32;
  const total = pseudoHeader(sum, PROTOCOL_UDP, length);
  const check = ~fold(total + (first as u64) + (size as u64));
  store<u32>(pointer, first);
  // A checksum of 0 is sent as the equivalent 0xffff, because 0 means "not computed" (RFC 768).
  store<u32>(pointer, size | ((check == 0 ? 0xffff : (check as u32)) << 16), 4);
}
