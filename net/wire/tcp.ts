/**
 * TCP segments (RFC 9293 section 3.1).
 *
 *      0             2                  4          8                 12
 *     ┌─────────────┬──────────────────┬──────────┬─────────────────┬──────────────────┐
 *     │ source port │ destination port │ sequence │ acknowledgment  │ offset and flags │ ...
 *     └─────────────┴──────────────────┴──────────┴─────────────────┴──────────────────┘
 *      14       16         18               20           offset * 4
 *     ┌────────┬──────────┬────────────────┬────────────┬─────────┐
 *     │ window │ checksum │ urgent pointer │ options    │ payload │
 *     └────────┴──────────┴────────────────┴────────────┴─────────┘
 */
import { loadNet16, loadNet32 } from "../../core/bytes";
import { Ipv4Address } from "./address";
import { checksum, fold, sum as sumOf } from "./checksum";
import { Drop } from "./drop";
import { PROTOCOL_TCP } from "./ipv4";
import { addressSum, pseudoHeader } from "./pseudo-header";

/** Bytes of a header without options. */
export const TCP_HEADER: u32 = 20;

// The flags; reserved bits are ignored.
export const FLAG_FIN: u32 = 0x01;
export const FLAG_SYN: u32 = 0x02;
export const FLAG_RST: u32 = 0x04;
export const FLAG_PSH: u32 = 0x08;
export const FLAG_ACK: u32 = 0x10;
export const FLAG_URG: u32 = 0x20;
/** ECN-Echo: its sender received a packet marked "congestion experienced" (RFC 3168, 6.1.3). */
export const FLAG_ECE: u32 = 0x40;
/** Congestion Window Reduced, in response to ECN-Echo (RFC 3168, 6.1.2). */
export const FLAG_CWR: u32 = 0x80;

@unmanaged
export class TcpHeader {
  static at(pointer: usize): TcpHeader {
    return changetype<TcpHeader>(pointer);
  }
  get sourcePort(): u32 {
    return loadNet16(changetype<usize>(this));
  }
  get destinationPort(): u32 {
    return loadNet16(changetype<usize>(this) + 2);
  }
  get sequence(): u32 {
    return loadNet32(changetype<usize>(this) + 4);
  }
  get acknowledgment(): u32 {
    return loadNet32(changetype<usize>(this) + 8);
  }
  /** Bytes of the header, including options. */
  get headerLength(): u32 {
    return ((load<u8>(changetype<usize>(this), 12) as u32) >>> 4) << 2;
  }
  get flags(): u32 {
    return load<u8>(changetype<usize>(this), 13) as u32;
  }
  /** The window field, not scaled (RFC 7323 section 2). */
  get window(): u32 {
    return loadNet16(changetype<usize>(this) + 14);
  }
  /** The urgent pointer; valid only with FLAG_URG. */
  get urgentPointer(): u32 {
    return loadNet16(changetype<usize>(this) + 18);
  }
  get options(): usize {
    return changetype<usize>(this) + TCP_HEADER;
  }
}

/**
 * The gate for `length` bytes of IPv4 payload. Accepts a whole header with a data offset within the
 * segment and a correct checksum, which is mandatory (RFC 9293 section 3.1, MUST-2 and MUST-3). It
 * does not check options: `TcpOptions` accepts any bytes.
 */
export function parseTcp(
  pointer: usize,
  length: u32,
  source: Ipv4Address,
  destination: Ipv4Address,
): Drop {
  if (length < TCP_HEADER) return Drop.TcpTruncated;
  const headerLength = TcpHeader.at(pointer).headerLength;
  if (headerLength < TCP_HEADER || headerLength > length) return Drop.TcpHeaderLength;
  const pseudo = pseudoHeader(addressSum(source, destination), PROTOCOL_TCP, length);
  return checksum(pointer, length, pseudo) == 0 ? Drop.None : Drop.TcpChecksum;
}

/** Returns the fourth word of a header, made of its length in bytes, flags and window field. */
export function tcpControl(headerLength: u32, flags: u32, windowField: u32): u32 {
  return (headerLength << 26) | (flags << 16) | windowField;
}

/**
 * Writes the first 20 bytes of a header; the caller has written options, if any, after them.
 * `ports` is the source port in the upper 16 bits and the destination port in the lower; `control`
 * comes from `tcpControl`. The checksum is left to `sealTcp`.
 */
export function emitTcp(
  pointer: usize,
  ports: u32,
  sequence: u32,
  acknowledgment: u32,
  control: u32,
): void {
  store<u32>(pointer, bswap<u32>(ports));
  store<u32>(pointer, bswap<u32>(sequence), 4);
  store<u32>(pointer, bswap<u32>(acknowledgment), 8);
  store<u32>(pointer, bswap<u32>(control), 12);
  store<u32>(pointer, 0, 16);
}

/**
 * Computes the checksum and writes it into a header whose checksum field is 0. `length` includes
 * header and payload; `sum` is the sum of the payload and of the addresses of the pseudo header.
 */
export function sealTcp(pointer: usize, headerLength: u32, length: u32, sum: u64): void {
  const pseudo = pseudoHeader(sum, PROTOCOL_TCP, length);
  store<u16>(pointer, ~fold(sumOf(pointer, headerLength, pseudo)), 16);
}
