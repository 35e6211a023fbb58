/**
 * ICMP messages (RFC 792, RFC 1122 section 3.2.2), and the gate for the packet quoted in an error.
 *
 *      0      1      2          4                    8
 *     ┌──────┬──────┬──────────┬────────────────────┬──────────────────────────┐
 *     │ type │ code │ checksum │ rest               │ payload                  │
 *     └──────┴──────┴──────────┴────────────────────┴──────────────────────────┘
 *       0, 8  echo               identifier, sequence   data
 *       3, 11 error              0, next-hop MTU        IPv4 header and 8 bytes or more
 */
import { loadNet16, loadNet32, storeNet32 } from "../../core/bytes";
import { checksum } from "./checksum";
import { Drop } from "./drop";
import { ETHERNET_MTU } from "./ethernet";
import { IPV4_HEADER, Ipv4Header } from "./ipv4";

export const ICMP_HEADER: u32 = 8;
/** Bytes that an error must quote after the packet's IPv4 header (RFC 792). */
const ICMP_QUOTE: u32 = 8;

export const ICMP_ECHO_REPLY: u32 = 0;
export const ICMP_UNREACHABLE: u32 = 3;
export const ICMP_ECHO_REQUEST: u32 = 8;
export const ICMP_TIME_EXCEEDED: u32 = 11;
const ICMP_PARAMETER_PROBLEM: u32 = 12;

// Codes of ICMP_UNREACHABLE.
export const CODE_PROTOCOL: u32 = 2;
export const CODE_PORT: u32 = 3;
export const CODE_FRAGMENTATION_NEEDED: u32 = 4;
// Codes of ICMP_TIME_EXCEEDED.
export const CODE_REASSEMBLY: u32 = 1;

/** An error as a socket sees it, independent of the version of ICMP. Numbers are type/code. */
export const enum IcmpError {
  /** The network or host is unreachable (3/0, 3/1, 3/5 to 3/8, 3/11, 3/12), or ARP got no reply. */
  HostUnreachable,
  /** 3/2 */
  ProtocolUnreachable,
  /** 3/3 */
  PortUnreachable,
  /** 3/4: the packet was larger than the next hop's MTU. */
  FragmentationNeeded,
  /** 3/9, 3/10, 3/13 to 3/15: prohibited by a filter on the way. */
  Prohibited,
  /** 11/0 and 11/1 */
  TimeExceeded,
  /** 12/0 to 12/2 */
  ParameterProblem,
}

@unmanaged
export class IcmpHeader {
  static at(pointer: usize): IcmpHeader {
    return changetype<IcmpHeader>(pointer);
  }
  get type(): u32 {
    return load<u8>(changetype<usize>(this));
  }
  get code(): u32 {
    return load<u8>(changetype<usize>(this), 1);
  }
  /** The four bytes whose meaning depends on the type. */
  get rest(): u32 {
    return loadNet32(changetype<usize>(this) + 4);
  }
  get identifier(): u32 {
    return loadNet16(changetype<usize>(this) + 4);
  }
  get sequence(): u32 {
    return loadNet16(changetype<usize>(this) + 6);
  }
  /** The MTU in "fragmentation needed" (RFC 1191 section 4); 0 from routers that do not set it. */
  get nextHopMtu(): u32 {
    return loadNet16(changetype<usize>(this) + 6);
  }
}

/**
 * The gate for messages: accepts a whole header with a correct checksum over all `length` bytes.
 */
export function parseIcmp(pointer: usize, length: u32): Drop {
  if (length < ICMP_HEADER) return Drop.IcmpTruncated;
  return checksum(pointer, length) == 0 ? Drop.None : Drop.IcmpChecksum;
}

/** Writes the header in front of its payload; `length` includes both. */
export function emitIcmp(pointer: usize, length: u32, type: u32, code: u32, rest: u32): void {
  store<u32>(pointer, type | (code << 8));
  storeNet32(pointer + 4, rest);
  store<u16>(pointer, checksum(pointer, length), 2);
}

/** Reports whether a type is an error, about which no error may be sent (RFC 1122, 3.2.2). */
export function isIcmpError(type: u32): bool {
  return (
    type == ICMP_UNREACHABLE ||
    type == ICMP_TIME_EXCEEDED ||
    type == ICMP_PARAMETER_PROBLEM ||
    type == 4 ||
    type == 5
  );
}

/**
 * The gate for the packet quoted in an error. Accepts a whole IPv4 header and the 8 bytes after
 * it, if the packet fits a frame, as all that this host sends do, and is not a later fragment,
 * which lacks the ports. The header's checksum is ignored, because routers decrement TTL and may
 * not update it.
 */
export function parseQuote(pointer: usize, length: u32): Drop {
  if (length < IPV4_HEADER + ICMP_QUOTE) return Drop.IcmpQuote;
  const header = Ipv4Header.at(pointer);
  const headerLength = header.headerLength;
  const total = header.totalLength;
  if (header.version != 4 || headerLength < IPV4_HEADER) return Drop.IcmpQuote;
  if (headerLength + ICMP_QUOTE > length || headerLength + ICMP_QUOTE > total) {
    return Drop.IcmpQuote;
  }
  if (total > ETHERNET_MTU || header.fragmentOffset != 0) return Drop.IcmpQuote;
  return Drop.None;
}

/** Returns the IcmpError of a type and code, or -1 if the message is to be ignored. */
export function icmpErrorOf(type: u32, code: u32): i32 {
  if (type == ICMP_TIME_EXCEEDED) return code <= 1 ? IcmpError.TimeExceeded : -1;
  if (type == ICMP_PARAMETER_PROBLEM) return code <= 2 ? IcmpError.ParameterProblem : -1;
  if (type != ICMP_UNREACHABLE || code > 15) return -1;
  if (code == CODE_PROTOCOL) return IcmpError.ProtocolUnreachable;
  if (code == CODE_PORT) return IcmpError.PortUnreachable;
  if (code == CODE_FRAGMENTATION_NEEDED) return IcmpError.FragmentationNeeded;
  return code >= 13 || code == 9 || code == 10 ? IcmpError.Prohibited : IcmpError.HostUnreachable;
}
