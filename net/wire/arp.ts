/**
 * ARP for IPv4 over Ethernet (RFC 826, RFC 5227).
 *
 *      0       2       4    5    6        8                14             18          24
 *     ┌───────┬───────┬────┬────┬────────┬────────────────┬──────────────┬───────────┬───────────┐
 *     │ 1     │0x0800 │ 6  │ 4  │opcode  │ sender         │ sender       │ target    │ target    │
 *     │       │       │    │    │        │ hardware       │ address      │ hardware  │ address   │
 *     └───────┴───────┴────┴────┴────────┴────────────────┴──────────────┴───────────┴───────────┘
 */
import { loadNet16, loadNet32, loadNet48, storeNet32, storeNet48 } from "../../core/bytes";
import { Ipv4Address, isGroupHardware } from "./address";
import { Drop } from "./drop";

export const ARP_LENGTH: u32 = 28;
export const ARP_REQUEST: u32 = 1;
export const ARP_REPLY: u32 = 2;

/** The first six bytes of every accepted packet, as little-endian loads return them. */
const FORMAT_LOW: u32 = 0x0008_0100;
const FORMAT_HIGH: u16 = 0x0406;

/** A view of a packet that `parseArp` accepted. Hardware addresses are 48 bits. */
@unmanaged
export class ArpPacket {
  static at(pointer: usize): ArpPacket {
    return changetype<ArpPacket>(pointer);
  }
  get operation(): u32 {
    return loadNet16(changetype<usize>(this) + 6);
  }
  get senderHardware(): u64 {
    return loadNet48(changetype<usize>(this) + 8);
  }
  get senderAddress(): Ipv4Address {
    return loadNet32(changetype<usize>(this) + 14);
  }
  get targetHardware(): u64 {
    return loadNet48(changetype<usize>(this) + 18);
  }
  get targetAddress(): Ipv4Address {
    return loadNet32(changetype<usize>(this) + 24);
  }
}

/**
 * The gate for `length` bytes of link payload: a request or reply for IPv4 over Ethernet whose
 * sender hardware address is unicast and not zero. Returns Drop.None or the reason to drop.
 */
export function parseArp(pointer: usize, length: u32): Drop {
  if (length < ARP_LENGTH) return Drop.ArpTruncated;
  const operation = ArpPacket.at(pointer).operation;
  if (load<u32>(pointer) != FORMAT_LOW || load<u16>(pointer, 4) != FORMAT_HIGH) {
    return Drop.ArpFormat;
  }
  if (operation != ARP_REQUEST && operation != ARP_REPLY) return Drop.ArpFormat;
  const sender = ArpPacket.at(pointer).senderHardware;
  if (sender == 0 || isGroupHardware(sender)) return Drop.ArpAddress;
  return Drop.None;
}

/** Writes a request or reply, ARP_LENGTH bytes. Hardware addresses are 48 bits. */
export function emitArp(
  pointer: usize,
  operation: u32,
  senderHardware: u64,
  senderAddress: Ipv4Address,
  targetHardware: u64,
  targetAddress: Ipv4Address,
): void {
  store<u32>(pointer, FORMAT_LOW);
  store<u32>(pointer, (FORMAT_HIGH as u32) | (operation << 24), 4);
  storeNet48(pointer + 8, senderHardware);
  storeNet32(pointer + 14, senderAddress);
  storeNet48(pointer + 18, targetHardware);
  storeNet32(pointer + 24, targetAddress);
}
