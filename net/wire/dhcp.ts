/**
 * DHCP messages over Ethernet (RFC 2131 section 2). See net/wire/dhcp-options.ts for their options.
 *
 *      0    1       2      3      4     8      10      12
 *     ┌────┬───────┬──────┬──────┬─────┬──────┬───────┬────────┬────────┬────────┬────────┐
 *     │ op │ htype │ hlen │ hops │ xid │ secs │ flags │ ciaddr │ yiaddr │ siaddr │ giaddr │
 *     └────┴───────┴──────┴──────┴─────┴──────┴───────┴────────┴────────┴────────┴────────┘
 *      28          44       108      236            240
 *     ┌───────────┬────────┬────────┬──────────────┬───────────────┐
 *     │ chaddr 16 │ sname  │ file   │ magic cookie │ options ...   │
 *     └───────────┴────────┴────────┴──────────────┴───────────────┘
 */
import {
  loadNet16,
  loadNet32,
  loadNet48,
  storeNet16,
  storeNet32,
  storeNet48,
} from "../../core/bytes";
import { Ipv4Address } from "./address";

/** Bytes in front of the options. */
export const DHCP_HEADER: u32 = 240;
/** The shortest message sent: old relays drop those below BOOTP's 300 bytes (RFC 1542, 2.1). */
export const DHCP_SHORTEST: u32 = 300;
/** Offsets and lengths of the fields sname and file. */
export const DHCP_SERVER_NAME: u32 = 44;
export const DHCP_SERVER_NAME_BYTES: u32 = 64;
export const DHCP_FILE: u32 = 108;
export const DHCP_FILE_BYTES: u32 = 128;
export const DHCP_CLIENT_PORT: u32 = 68;
export const DHCP_SERVER_PORT: u32 = 67;

const COOKIE_OFFSET: u32 = 236;
const MAGIC_COOKIE: u32 = 0x63825363;
const REQUEST: u8 = 1;
const REPLY: u8 = 2;
const ETHERNET: u8 = 1;
const BROADCAST_FLAG: u32 = 0x8000;

/** Values of option 53 (RFC 2132 section 9.6). */
export const enum DhcpType {
  Discover = 1,
  Offer,
  Request,
  Decline,
  Ack,
  Nak,
  Release,
  Inform,
}

@unmanaged
export class DhcpHeader {
  static at(pointer: usize): DhcpHeader {
    return changetype<DhcpHeader>(pointer);
  }
  get transaction(): u32 {
    return loadNet32(changetype<usize>(this) + 4);
  }
  get seconds(): u32 {
    return loadNet16(changetype<usize>(this) + 8);
  }
  /** Whether the server is asked to broadcast its reply. */
  get broadcast(): bool {
    return (loadNet16(changetype<usize>(this) + 10) & BROADCAST_FLAG) != 0;
  }
  get clientAddress(): Ipv4Address {
    return loadNet32(changetype<usize>(this) + 12);
  }
  get yourAddress(): Ipv4Address {
    return loadNet32(changetype<usize>(this) + 16);
  }
  get hardwareAddress(): u64 {
    return loadNet48(changetype<usize>(this) + 28);
  }
}

/**
 * The gate for `length` bytes of UDP payload. Reports whether they begin with the whole header of a
 * reply to an Ethernet client. `DhcpOptions.parse` checks the options.
 */
export function parseDhcp(pointer: usize, length: u32): bool {
  if (length < DHCP_HEADER) return false;
  if (load<u8>(pointer) != REPLY || load<u8>(pointer, 1) != ETHERNET) return false;
  return load<u8>(pointer, 2) == 6 && loadNet32(pointer + COOKIE_OFFSET) == MAGIC_COOKIE;
}

/**
 * Writes a client's header, DHCP_HEADER bytes. `seconds` is the time since the client began, at
 * most 65,535.
 */
export function emitDhcp(
  pointer: usize,
  transaction: u32,
  seconds: u32,
  broadcast: bool,
  clientAddress: Ipv4Address,
  hardwareAddress: u64,
): void {
  memory.fill(pointer, 0, DHCP_HEADER);
  store<u8>(pointer, REQUEST);
  store<u8>(pointer, ETHERNET, 1);
  store<u8>(pointer, 6, 2);
  storeNet32(pointer + 4, transaction);
  storeNet16(pointer + 8, seconds);
  storeNet16(pointer + 10, broadcast ? BROADCAST_FLAG : 0);
  storeNet32(pointer + 12, clientAddress);
  storeNet48(pointer + 28, hardwareAddress);
  storeNet32(pointer + COOKIE_OFFSET, MAGIC_COOKIE);
}
