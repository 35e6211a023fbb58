/**
 * DHCP options (RFC 2132 section 2), including split ones (RFC 3396) and overload (RFC 2131, 4.1).
 *
 *     ├ 0 ┤ pad      ├ 255 ┤ end      ├ code 1 ├ length 1 ├ data ┤
 *
 * Options follow the header and, if option 52 says so, continue in the file and sname fields.
 * Options with the same code are parts of one long option (RFC 3396).
 */

import { loadNet16, loadNet32, storeNet16, storeNet32 } from "../../core/bytes";
import { Ipv4Address } from "./address";
import {
  DHCP_FILE,
  DHCP_FILE_BYTES,
  DHCP_HEADER,
  DHCP_SERVER_NAME,
  DHCP_SERVER_NAME_BYTES,
} from "./dhcp";

export const OPTION_MASK: u32 = 1;
export const OPTION_ROUTERS: u32 = 3;
export const OPTION_NAME_SERVERS: u32 = 6;
export const OPTION_HOST_NAME: u32 = 12;
export const OPTION_DOMAIN: u32 = 15;
export const OPTION_MTU: u32 = 26;
export const OPTION_BROADCAST: u32 = 28;
export const OPTION_STATIC_ROUTES: u32 = 33;
export const OPTION_TIME_SERVERS: u32 = 42;
/** Vendor-specific information, for clients of the vendor class that they name. */
export const OPTION_VENDOR: u32 = 43;
export const OPTION_REQUESTED_ADDRESS: u32 = 50;
export const OPTION_LEASE_TIME: u32 = 51;
const OPTION_OVERLOAD: u32 = 52;
export const OPTION_TYPE: u32 = 53;
export const OPTION_SERVER: u32 = 54;
export const OPTION_PARAMETERS: u32 = 55;
export const OPTION_MESSAGE: u32 = 56;
export const OPTION_LARGEST_MESSAGE: u32 = 57;
export const OPTION_RENEWAL_TIME: u32 = 58;
export const OPTION_REBINDING_TIME: u32 = 59;
export const OPTION_VENDOR_CLASS: u32 = 60;
export const OPTION_CLIENT: u32 = 61;
/** The URI of a captive portal's API (RFC 8910). */
export const OPTION_CAPTIVE_PORTAL: u32 = 114;
export const OPTION_SEARCH: u32 = 119;
export const OPTION_ROUTES: u32 = 121;
/** Classless routes, under the code that Windows used before RFC 3442. */
export const OPTION_OLD_ROUTES: u32 = 249;
/** The address of Azure's platform server (WireServer). */
export const OPTION_AZURE_SERVER: u32 = 245;

const PAD: u32 = 0;
const END: u32 = 255;
/** Bits of option 52: the file field holds options, the sname field holds options. */
const IN_FILE: u32 = 1;
const IN_SERVER_NAME: u32 = 2;

/** Returned by `DhcpOptions.number` if the option is missing or has another length. */
const NO_OPTION: i64 = -1;

export class DhcpOption {
  constructor(
    readonly code: u32,
    /** The data of all parts of the option, concatenated. */
    readonly data: StaticArray<u8>,
  ) {}
}

/** A copy of the options of one message. */
export class DhcpOptions {
  /** The options, in the order of their first parts. */
  readonly list: Array<DhcpOption> = [];

  /** Parses the options of a message that passed `parseDhcp`; returns null if one is truncated. */
  static parse(message: usize, length: u32): DhcpOptions | null {
    const options = new DhcpOptions();
    if (!options.collect(message + DHCP_HEADER, length - DHCP_HEADER)) return null;
    const overload = options.number(OPTION_OVERLOAD, 1);
    if (overload < 1 || overload > 3) return options;
    const fields = overload as u32;
    if ((fields & IN_FILE) != 0) {
      if (!options.collect(message + DHCP_FILE, DHCP_FILE_BYTES)) return null;
    }
    if ((fields & IN_SERVER_NAME) != 0) {
      if (!options.collect(message + DHCP_SERVER_NAME, DHCP_SERVER_NAME_BYTES)) return null;
    }
    return options;
  }

  /** Returns the data of an option, or null. */
  find(code: u32): StaticArray<u8> | null {
    for (let i = 0; i < this.list.length; i++) {
      if (this.list[i].code == code) return this.list[i].data;
    }
    return null;
  }

  /** Returns the value of an option that is a number of `size` bytes (1, 2 or 4), or NO_OPTION. */
  number(code: u32, size: i32): i64 {
    const data = this.find(code);
    if (data == null || data.length != size) return NO_OPTION;
    const pointer = changetype<usize>(data);
    if (size == 1) return load<u8>(pointer) as i64;
    return size == 2 ? (loadNet16(pointer) as i64) : (loadNet32(pointer) as i64);
  }

  /**
   * Returns the addresses in an option; none if it is missing or not a multiple of 4 bytes long.
   */
  addresses(code: u32): Array<Ipv4Address> {
    const list: Array<Ipv4Address> = [];
    const data = this.find(code);
    if (data == null || (data.length & 3) != 0) return list;
    for (let i = 0; i < data.length; i += 4) list.push(loadNet32(changetype<usize>(data) + i));
    return list;
  }

  /** Adds the options of one field of the message; returns false if one is truncated. */
  private collect(pointer: usize, length: u32): bool {
    let at: u32 = 0;
    while (at < length) {
      const code = load<u8>(pointer + at) as u32;
      if (code == END) return true;
      at++;
      if (code == PAD) continue;
      if (at == length) return false;
      const size = load<u8>(pointer + at) as u32;
      if (at + 1 + size > length) return false;
      this.add(code, pointer + at + 1, size);
      at += 1 + size;
    }
    return true;
  }

  private add(code: u32, pointer: usize, length: u32): void {
    let index = 0;
    while (index < this.list.length && this.list[index].code != code) index++;
    const before = index < this.list.length ? this.list[index].data.length : 0;
    const data = new StaticArray<u8>(before + (length as i32));
    if (before > 0) {
      memory.copy(changetype<usize>(data), changetype<usize>(this.list[index].data), before);
    }
    memory.copy(changetype<usize>(data) + before, pointer, length);
    const option = new DhcpOption(code, data);
    if (index < this.list.length) this.list[index] = option;
    else this.list.push(option);
  }
}

/** Writes options one after the other into memory of the caller, which must be large enough. */
export class DhcpOptionWriter {
  constructor(private at: usize) {}

  /** Writes an option of one byte. */
  byte(code: u32, value: u32): void {
    store<u8>(this.begin(code, 1), value as u8);
  }
  /** Writes an option of two bytes. */
  short(code: u32, value: u32): void {
    storeNet16(this.begin(code, 2), value);
  }
  /** Writes an option of four bytes. */
  word(code: u32, value: u32): void {
    storeNet32(this.begin(code, 4), value);
  }
  /** Writes an option of at most 255 bytes. */
  bytes(code: u32, pointer: usize, length: u32): void {
    memory.copy(this.begin(code, length), pointer, length);
  }
  /** Writes the end option; returns the address after it. */
  end(): usize {
    store<u8>(this.at, END as u8);
    return this.at + 1;
  }

  private begin(code: u32, length: u32): usize {
    const start = this.at + 2;
    store<u8>(this.at, code as u8);
    store<u8>(this.at, length as u8, 1);
    this.at = start + length;
    return start;
  }
}
