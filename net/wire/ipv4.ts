/**
 * IPv4 headers (RFC 791 section 3.1, RFC 1122 section 3.2.1).
 *
 *      0        1        2                 4                 6
 *     ┌────┬───┬────────┬─────────────────┬─────────────────┬─────────────────┐
 *     │ 4  │IHL│ TOS    │ total length    │ identification  │0 DF MF│ offset  │
 *     ├────┴───┼────────┼─────────────────┼─────────────────┴─────────────────┤
 *   8 │ TTL    │protocol│ header checksum │ source                            │
 *     ├────────┴────────┴─────────────────┼───────────────────────────────────┤
 *  16 │ destination                       │ options, 0 to 40 bytes            │
 *     └───────────────────────────────────┴───────────────────────────────────┘
 */
import { loadNet16, loadNet32 } from "../../core/bytes";
import { Ipv4Address } from "./address";
import { checksum, fold } from "./checksum";
import { Drop } from "./drop";

export const IPV4_HEADER: u32 = 20;
/** The first byte of a header of 20 bytes: version 4, five words. */
export const IPV4_START: u32 = 0x45;
export const PROTOCOL_ICMP: u32 = 1;
export const PROTOCOL_TCP: u32 = 6;
export const PROTOCOL_UDP: u32 = 17;
export const DONT_FRAGMENT: u32 = 0x4000;
export const MORE_FRAGMENTS: u32 = 0x2000;
/** The bits of `flagsAndFragment` that hold the offset, in units of 8 bytes. */
const FRAGMENT_OFFSET: u32 = 0x1fff;
/** The TTL of packets sent (RFC 1700, "IP TIME TO LIVE PARAMETER"). */
export const DEFAULT_TTL: u32 = 64;
// ECN bits, the lowest two of the octet with the DS field (RFC 3168 section 5); 0 means that the
// transport does not use ECN. ECT(1) is not sent.
export const ECN_BITS: u32 = 3;
/** ECT(0): the transport understands marks. */
export const ECN_CAPABLE: u32 = 2;
/** CE: a router marked the packet. */
export const CONGESTION_EXPERIENCED: u32 = 3;
/** The largest total length. */
export const IPV4_LONGEST: u32 = 65535;

const OPTION_END: u32 = 0;
const OPTION_NOP: u32 = 1;
const OPTION_LOOSE_ROUTE: u32 = 131;
const OPTION_STRICT_ROUTE: u32 = 137;

@unmanaged
export class Ipv4Header {
  static at(pointer: usize): Ipv4Header {
    return changetype<Ipv4Header>(pointer);
  }
  get version(): u32 {
    return load<u8>(changetype<usize>(this)) >> 4;
  }
  /** Bytes of the header, including options. */
  get headerLength(): u32 {
    return (load<u8>(changetype<usize>(this)) & 15) << 2;
  }
  /** The DS field and ECN: the octet once called TOS (RFC 2474, RFC 3168). */
  get trafficClass(): u32 {
    return load<u8>(changetype<usize>(this), 1);
  }
  /** Bytes of header and payload. */
  get totalLength(): u32 {
    return loadNet16(changetype<usize>(this) + 2);
  }
  get identification(): u32 {
    return loadNet16(changetype<usize>(this) + 4);
  }
  get flagsAndFragment(): u32 {
    return loadNet16(changetype<usize>(this) + 6);
  }
  /** Offset of this fragment's payload in the datagram's payload, in bytes. */
  get fragmentOffset(): u32 {
    return (this.flagsAndFragment & FRAGMENT_OFFSET) << 3;
  }
  get moreFragments(): bool {
    return (this.flagsAndFragment & MORE_FRAGMENTS) != 0;
  }
  /** Whether the packet is a fragment, even if it has DF set (RFC 6274 section 3.6). */
  get isFragment(): bool {
    return (this.flagsAndFragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0;
  }
  get ttl(): u32 {
    return load<u8>(changetype<usize>(this), 8);
  }
  get protocol(): u32 {
    return load<u8>(changetype<usize>(this), 9);
  }
  get source(): Ipv4Address {
    return loadNet32(changetype<usize>(this) + 12);
  }
  get destination(): Ipv4Address {
    return loadNet32(changetype<usize>(this) + 16);
  }
  get payload(): usize {
    return changetype<usize>(this) + this.headerLength;
  }
  get payloadLength(): u32 {
    return this.totalLength - this.headerLength;
  }
}

/**
 * The gate for `length` bytes of link payload; bytes after the packet's `totalLength` are padding.
 * Source routes are rejected (RFC 7126 sections 4.3 and 4.4); other well-formed options are
 * skipped. TTL is ignored (RFC 1122 section 3.2.1.7).
 */
export function parseIpv4Header(pointer: usize, length: u32): Drop {
  if (length < IPV4_HEADER) return Drop.Ipv4Truncated;
  const header = Ipv4Header.at(pointer);
  if (header.version != 4) return Drop.Ipv4Version;
  const headerLength = header.headerLength;
  const totalLength = header.totalLength;
  if (headerLength < IPV4_HEADER || headerLength > totalLength) return Drop.Ipv4HeaderLength;
  if (totalLength > length) return Drop.Ipv4TotalLength;
  if (headerLength == IPV4_HEADER) {
    return fold(sumPlain(pointer)) == 0xffff ? Drop.None : Drop.Ipv4Checksum;
  }
  if (checksum(pointer, headerLength) != 0) return Drop.Ipv4Checksum;
  return parseOptions(pointer + IPV4_HEADER, pointer + headerLength);
}

/** Returns the sum of a header without options, by far the most common. */
function sumPlain(pointer: usize): u64 {
  const first = (load<u32>(pointer) as u64) + (load<u32>(pointer, 4) as u64);
  const second = (load<u32>(pointer, 8) as u64) + (load<u32>(pointer, 12) as u64);
  return first + second + (load<u32>(pointer, 16) as u64);
}

function parseOptions(pointer: usize, end: usize): Drop {
  let at = pointer;
  while (at < end) {
    const kind = load<u8>(at) as u32;
    if (kind == OPTION_END) break;
    if (kind == OPTION_NOP) {
      at++;
      continue;
    }
    if (kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE) return Drop.Ipv4Options;
    if (at + 1 == end) return Drop.Ipv4Options;
    const length = load<u8>(at, 1) as u32;
    if (length < 2 || at + length > end) return Drop.Ipv4Options;
    at += length;
  }
  return Drop.None;
}

/**
 * Returns the first word of a header of 20 bytes, for `emitIpv4`: `start` is IPV4_START, with the
 * DS field and ECN (RFC 2474, RFC 3168) in the second byte.
 */
export function ipv4Start(start: u32, totalLength: u32): u32 {
  return start | ((bswap<u16>(totalLength as u16) as u32) << 16);
}

/**
 * Writes a header of 20 bytes with its checksum. `first` is what `ipv4Start` returns. `fragment` is
 * the second word: the identification in the upper 16 bits, flags and fragment offset in the lower.
 * `life` has the TTL in the lowest byte, and the protocol in the next.
 */
export function emitIpv4(
  pointer: usize,
  first: u32,
  fragment: u32,
  life: u32,
  source: Ipv4Address,
  destination: Ipv4Address,
): void {
  // Sum the words before they are stored, so that no load waits for a store.
  const second = bswap<u32>(fragment);
  const from = bswap<u32>(source);
  const to = bswap<u32>(destination);
  const total = (first as u64) + (second as u64) + (life as u64) + (from as u64) + (to as u64);
  store<u32>(pointer, first);
  store<u32>(pointer, second, 4);
  store<u32>(pointer, life | ((~fold(total) as u32) << 16), 8);
  store<u32>(pointer, from, 12);
  store<u32>(pointer, to, 16);
}
