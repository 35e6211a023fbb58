/** The messages that a DHCP client sends (RFC 2131 section 4.4.1, table 5). */

import { storeNet48 } from "../../../core/bytes";
import { writeAscii } from "../../../core/text";
import { NAME } from "../../../core/version";
import { Ipv4Address } from "../../wire/address";
import { DHCP_HEADER, DHCP_SHORTEST, DhcpType, emitDhcp } from "../../wire/dhcp";
import {
  DhcpOptionWriter,
  OPTION_AZURE_SERVER,
  OPTION_BROADCAST,
  OPTION_CAPTIVE_PORTAL,
  OPTION_CLIENT,
  OPTION_DOMAIN,
  OPTION_HOST_NAME,
  OPTION_LARGEST_MESSAGE,
  OPTION_LEASE_TIME,
  OPTION_MASK,
  OPTION_MTU,
  OPTION_NAME_SERVERS,
  OPTION_OLD_ROUTES,
  OPTION_PARAMETERS,
  OPTION_REBINDING_TIME,
  OPTION_RENEWAL_TIME,
  OPTION_REQUESTED_ADDRESS,
  OPTION_ROUTERS,
  OPTION_ROUTES,
  OPTION_SEARCH,
  OPTION_SERVER,
  OPTION_STATIC_ROUTES,
  OPTION_TIME_SERVERS,
  OPTION_TYPE,
  OPTION_VENDOR,
  OPTION_VENDOR_CLASS,
} from "../../wire/dhcp-options";

/** The size of the buffer; no message is longer. */
const MESSAGE_BYTES: u32 = 600;
/** Option 57: the largest message that the server may send, one Ethernet frame. */
const LARGEST_ANSWER: u32 = 1500;
/** Longest host name to send: one DNS label (RFC 1035 section 2.3.4). */
const LONGEST_HOST_NAME: i32 = 63;

/** The options to request; classless routes must precede routers (RFC 3442). */
const PARAMETERS: StaticArray<u8> = [
  OPTION_MASK as u8,
  OPTION_ROUTES as u8,
  OPTION_OLD_ROUTES as u8,
  OPTION_ROUTERS as u8,
  OPTION_STATIC_ROUTES as u8,
  OPTION_NAME_SERVERS as u8,
  OPTION_HOST_NAME as u8,
  OPTION_DOMAIN as u8,
  OPTION_MTU as u8,
  OPTION_BROADCAST as u8,
  OPTION_TIME_SERVERS as u8,
  OPTION_LEASE_TIME as u8,
  OPTION_SERVER as u8,
  OPTION_RENEWAL_TIME as u8,
  OPTION_REBINDING_TIME as u8,
  OPTION_SEARCH as u8,
  OPTION_CAPTIVE_PORTAL as u8,
  OPTION_AZURE_SERVER as u8,
  OPTION_VENDOR as u8,
];

/** A message in a buffer that is reused: set the fields, then call `write`. */
export class DhcpMessage {
  /** Fields of the header (RFC 2131 section 2): xid, secs, the BROADCAST flag, ciaddr. */
  transaction: u32 = 0;
  seconds: u32 = 0;
  broadcast: bool = false;
  clientAddress: Ipv4Address = 0;
  /** Options 50 and 54; not sent if 0. */
  requestedAddress: Ipv4Address = 0;
  server: Ipv4Address = 0;
  private readonly buffer: StaticArray<u8> = new StaticArray<u8>(MESSAGE_BYTES as i32);

  constructor(private readonly hardwareAddress: u64) {}

  /** The address of the written message. */
  pointer(): usize {
    return changetype<usize>(this.buffer);
  }

  /**
   * Writes the message at `pointer` and returns its length in bytes. DISCOVER, REQUEST and INFORM
   * include the vendor class, and `hostname` unless it is empty or longer than 63 characters.
   */
  write(type: DhcpType, hostname: string): u32 {
    const start = this.pointer();
    memory.fill(start, 0, MESSAGE_BYTES);
    emitDhcp(
      start,
      this.transaction,
      this.seconds,
      this.broadcast,
      this.clientAddress,
      this.hardwareAddress,
    );
    const options = new DhcpOptionWriter(start + DHCP_HEADER);
    options.byte(OPTION_TYPE, type);
    this.writeClient(options);
    if (this.requestedAddress != 0) options.word(OPTION_REQUESTED_ADDRESS, this.requestedAddress);
    if (this.server != 0) options.word(OPTION_SERVER, this.server);
    if (asksForOptions(type)) {
      options.short(OPTION_LARGEST_MESSAGE, LARGEST_ANSWER);
      const count = PARAMETERS.length as u32;
      options.bytes(OPTION_PARAMETERS, changetype<usize>(PARAMETERS), count);
      writeText(options, OPTION_VENDOR_CLASS, NAME);
      if (hostname.length > 0 && hostname.length <= LONGEST_HOST_NAME) {
        writeText(options, OPTION_HOST_NAME, hostname);
      }
    }
    const length = (options.end() - start) as u32;
    return length < DHCP_SHORTEST ? DHCP_SHORTEST : length;
  }

  /** Client identifier: type 1 (Ethernet) and the hardware address (RFC 2132 section 9.14). */
  private writeClient(options: DhcpOptionWriter): void {
    const identifier = new StaticArray<u8>(7);
    const pointer = changetype<usize>(identifier);
    store<u8>(pointer, 1);
    storeNet48(pointer + 1, this.hardwareAddress);
    options.bytes(OPTION_CLIENT, pointer, 7);
  }
}

function writeText(options: DhcpOptionWriter, code: u32, text: string): void {
  const bytes = new StaticArray<u8>(text.length);
  const length = writeAscii(changetype<usize>(bytes), text);
  options.bytes(code, changetype<usize>(bytes), length);
}

function asksForOptions(type: DhcpType): bool {
  return type == DhcpType.Discover || type == DhcpType.Request || type == DhcpType.Inform;
}
