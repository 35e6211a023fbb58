/**
 * Addresses: IPv4 (RFC 791) as a u32 in host order, hardware addresses (IEEE 802) in the low
 * 48 bits of a u64, and their text forms.
 */

/** An IPv4 address in host order: 192.0.2.1 is 0xc0000201. */
export type Ipv4Address = u32;

/** 0.0.0.0 (RFC 1122 section 3.2.1.3): no address. */
export const UNSPECIFIED: Ipv4Address = 0;
/** 255.255.255.255: every station on the link (RFC 1122 section 3.2.1.3 c). */
export const BROADCAST_ADDRESS: Ipv4Address = 0xffffffff;
export const BROADCAST_HARDWARE: u64 = 0xffff_ffff_ffff;

/** Returns the address a.b.c.d. */
export function ipv4(a: u32, b: u32, c: u32, d: u32): Ipv4Address {
  return (a << 24) | (b << 16) | (c << 8) | d;
}

/** Returns the network mask of a prefix length from 0 to 32. */
export function maskOf(prefix: u32): u32 {
  return prefix == 0 ? 0 : (0xffffffff as u32) << (32 - prefix);
}

/** Returns the prefix length of a mask; -1 if its ones are not contiguous (RFC 4632, 5.1). */
export function prefixOf(mask: u32): i32 {
  const prefix = clz(~mask);
  return maskOf(prefix) == mask ? prefix : -1;
}

/** Reports whether an address is in 224.0.0.0/4 (RFC 1112 section 4). */
export function isMulticast(address: Ipv4Address): bool {
  return address >>> 28 == 0xe;
}

/** Reports whether an address is in 127.0.0.0/8 (RFC 1122 section 3.2.1.3). */
export function isLoopback(address: Ipv4Address): bool {
  return address >>> 24 == 127;
}

/** Reports whether an address is valid on one link only: 169.254/16 (RFC 3927). */
export function isLinkLocal(address: Ipv4Address): bool {
  return address >>> 16 == 0xa9fe;
}

/** Reports whether an address can belong to one host: it is not in 0/8, 127/8, 224/4 or 240/4. */
export function isUnicast(address: Ipv4Address): bool {
  return address >>> 24 != 0 && !isLoopback(address) && address >>> 28 < 0xe;
}

/**
 * Reports whether a host can have `address` in a network of that prefix length, 1 to 32: it is
 * unicast, and neither the network's nor its broadcast address, which a /31 and a /32 lack (RFC
 * 3021).
 */
export function isHostAddress(address: Ipv4Address, prefix: u32): bool {
  if (!isUnicast(address) || prefix == 0 || prefix > 32) return false;
  const host = address & ~maskOf(prefix);
  return prefix > 30 || (host != 0 && host != ~maskOf(prefix));
}

/** Returns the prefix length of the network of an address's class, A, B or C (RFC 791, 3.2). */
export function classPrefix(address: Ipv4Address): u32 {
  if (address >>> 31 == 0) return 8;
  return address >>> 30 == 2 ? 16 : 24;
}

/** Reports whether the group bit of a hardware address is set (IEEE 802 section 8). */
export function isGroupHardware(address: u64): bool {
  return ((address >> 40) & 1) == 1;
}

/** Returns an address in dotted decimal, such as `192.0.2.1`. */
export function formatIpv4(address: Ipv4Address): string {
  const a = (address >>> 24).toString();
  const b = ((address >>> 16) & 255).toString();
  const c = ((address >>> 8) & 255).toString();
  return `${a}.${b}.${c}.${(address & 255).toString()}`;
}

/** Returns the low 48 bits as `52:54:00:12:34:56`. */
export function formatHardware(address: u64): string {
  let text = "";
  for (let shift = 40; shift >= 0; shift -= 8) {
    const octet = ((address >> shift) & 255) as u32;
    text += (octet < 16 ? "0" : "") + octet.toString(16) + (shift > 0 ? ":" : "");
  }
  return text;
}

/** Returned by `parseIpv4` if the text is not an address. */
export const NOT_AN_ADDRESS: i64 = -1;

/**
 * Parses four decimal numbers from 0 to 255, without leading zeros, separated by dots: the strict
 * form of RFC 6943 section 3.1.1. Returns NOT_AN_ADDRESS for anything else.
 */
export function parseIpv4(text: string): i64 {
  let address: Ipv4Address = 0;
  let octet: i32 = -1;
  let dots = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) : 0x2e;
    if (c == 0x2e) {
      if (octet < 0) return NOT_AN_ADDRESS;
      address = (address << 8) | octet;
      octet = -1;
      dots++;
    } else {
      if (c < 0x30 || c > 0x39 || octet == 0) return NOT_AN_ADDRESS;
      octet = (octet < 0 ? 0 : octet * 10) + (c - 0x30);
      if (octet > 255) return NOT_AN_ADDRESS;
    }
  }
  return dots == 4 ? (address as i64) : NOT_AN_ADDRESS;
}
