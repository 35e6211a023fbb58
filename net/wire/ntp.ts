/**
 * Packets of the Network Time Protocol, version 4, without extensions (RFC 5905 section 7.3).
 *
 *     0                   1                   2                   3
 *     ├LI ┼ VN  ┼Mode ┼ stratum ┼ poll ┼ precision ┤
 *     ├ root delay ──────────────────────────────── 4 ┤
 *     ├ root dispersion ─────────────────────────── 8 ┤
 *     ├ reference identifier ────────────────────── 12 ┤
 *     ├ reference timestamp ─────────────────────── 16 ┤
 *     ├ origin timestamp ────────────────────────── 24 ┤    seconds since 1900, 32.32 bits
 *     ├ receive timestamp ───────────────────────── 32 ┤
 *     ├ transmit timestamp ──────────────────────── 40 ┤
 */
import { loadNet32, storeNet32 } from "../../core/bytes";

/** Bytes of a packet. */
export const NTP_LENGTH: u32 = 48;
export const NTP_PORT: u32 = 123;

const VERSION_4: u32 = 4;
const MODE_CLIENT: u32 = 3;
const MODE_SERVER: u32 = 4;
/** Seconds from 1900 to 1970, and seconds in an era. */
const UNIX_EPOCH: i64 = 2_208_988_800;
const ERA: i64 = 1 << 32;

@unmanaged
export class NtpPacket {
  static at(pointer: usize): NtpPacket {
    return changetype<NtpPacket>(pointer);
  }

  /** The leap indicator; 3 means that the server's clock is not synchronized. */
  get leap(): u32 {
    return load<u8>(changetype<usize>(this)) >>> 6;
  }
  get version(): u32 {
    return (load<u8>(changetype<usize>(this)) >>> 3) & 7;
  }
  get mode(): u32 {
    return load<u8>(changetype<usize>(this)) & 7;
  }
  /** The stratum; 0 in a kiss-o'-death packet. */
  get stratum(): u32 {
    return load<u8>(changetype<usize>(this), 1);
  }
  /** The root delay in microseconds; the packet holds seconds with 16.16 bits. */
  get rootDelay(): i64 {
    return shortMicros(loadNet32(changetype<usize>(this) + 4));
  }
  get rootDispersion(): i64 {
    return shortMicros(loadNet32(changetype<usize>(this) + 8));
  }
  /** The reference identifier; in a kiss-o'-death packet, a code of four letters. */
  get reference(): u32 {
    return loadNet32(changetype<usize>(this) + 12);
  }
  get origin(): u64 {
    return loadNet64(changetype<usize>(this) + 24);
  }
  get received(): u64 {
    return loadNet64(changetype<usize>(this) + 32);
  }
  get transmitted(): u64 {
    return loadNet64(changetype<usize>(this) + 40);
  }
}

/**
 * The gate: accepts a server's packet of version 3 or 4. Bytes after the first NTP_LENGTH are
 * ignored.
 */
export function parseNtp(pointer: usize, length: u32): bool {
  if (length < NTP_LENGTH) return false;
  const packet = NtpPacket.at(pointer);
  return packet.mode == MODE_SERVER && (packet.version == 3 || packet.version == VERSION_4);
}

/** Writes a client's request. The server must return its `transmit` timestamp as the origin. */
export function emitNtp(pointer: usize, transmit: u64): void {
  memory.fill(pointer, 0, NTP_LENGTH);
  store<u8>(pointer, (VERSION_4 << 3) | MODE_CLIENT);
  storeNet32(pointer + 40, (transmit >> 32) as u32);
  storeNet32(pointer + 44, transmit as u32);
}

/**
 * Converts a timestamp to microseconds since 1970. A timestamp does not say which era of 136 years
 * it is in (RFC 5905 section 6); the first era is chosen in which it is at most 68 years before
 * `floor`, which is in microseconds since 1970 too.
 */
export function ntpMicros(timestamp: u64, floor: i64): i64 {
  const fraction = ((timestamp & 0xffff_ffff) * 1_000_000) >> 32;
  let seconds = ((timestamp >> 32) as i64) - UNIX_EPOCH;
  while (seconds < floor / 1_000_000 - ERA / 2) seconds += ERA;
  return seconds * 1_000_000 + (fraction as i64);
}

function shortMicros(value: u32): i64 {
  return (((value as u64) * 1_000_000) >> 16) as i64;
}

function loadNet64(pointer: usize): u64 {
  return ((loadNet32(pointer) as u64) << 32) | (loadNet32(pointer + 4) as u64);
}
