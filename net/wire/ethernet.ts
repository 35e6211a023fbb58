/**
 * Ethernet II frames (RFC 894, IEEE 802.3 section 3.1.1). 802.3 frames, which have a length in
 * place of the type, are dropped as frames of an unknown type. Tags of VLAN 0, which carry only a
 * priority (IEEE 802.1Q section 6.9), are removed; frames of other VLANs are dropped.
 *
 *      0                6               12      14
 *     ┌────────────────┬───────────────┬───────┬────────────┐
 *     │ destination    │ source        │ type  │ payload    │
 *     └────────────────┴───────────────┴───────┴────────────┘
 *
 * A tag precedes the type: 0x8100 or 0x88a8, 3 bits of priority, 1 of drop eligibility, 12 of VLAN.
 */
import { loadNet16, storeNet16, storeNet32 } from "../../core/bytes";
import { BROADCAST_HARDWARE } from "./address";
import { Drop } from "./drop";
import { Frame } from "./frame";

export const ETHERNET_HEADER: u32 = 14;
/** The shortest frame without its FCS (IEEE 802.3 section 3.2.8); see `Link.transmit`. */
export const ETHERNET_MINIMUM: u32 = 60;
/** The largest IPv4 packet in a frame. */
export const ETHERNET_MTU: u32 = 1500;
/** The longest frame without its FCS. */
export const ETHERNET_LONGEST: u32 = ETHERNET_HEADER + ETHERNET_MTU;
export const ETHERTYPE_IPV4: u32 = 0x0800;
export const ETHERTYPE_ARP: u32 = 0x0806;
/** The types of customer and service tags (IEEE 802.1Q section 9.5), and the bytes of a tag. */
const ETHERTYPE_TAG: u32 = 0x8100;
const ETHERTYPE_SERVICE_TAG: u32 = 0x88a8;
const TAG_BYTES: u32 = 4;
/** The group address of 224.0.0.1, the group of all hosts (RFC 1112 sections 4 and 6.4). */
const ALL_HOSTS_HARDWARE: u64 = 0x0100_5e00_0001;

@unmanaged
export class EthernetHeader {
  static at(pointer: usize): EthernetHeader {
    return changetype<EthernetHeader>(pointer);
  }
  // Each address is one load of eight bytes; the shift discards the last two.
  get destination(): u64 {
    return bswap<u64>(load<u64>(changetype<usize>(this))) >> 16;
  }
  get source(): u64 {
    return bswap<u64>(load<u64>(changetype<usize>(this), 6)) >> 16;
  }
  /** Whether the destination is a group: its first bit on the wire is 1 (IEEE 802 section 8). */
  get toGroup(): bool {
    return (load<u8>(changetype<usize>(this)) & 1) != 0;
  }
  get fromGroup(): bool {
    return (load<u8>(changetype<usize>(this), 6) & 1) != 0;
  }
  get type(): u32 {
    return loadNet16(changetype<usize>(this) + 12);
  }
}

/**
 * The gate for frames: accepts a frame with a whole header that a single station sent to `own`, to
 * all stations or to the group of all hosts.
 */
export function parseEthernet(pointer: usize, length: u32, own: u64): Drop {
  if (length < ETHERNET_HEADER) return Drop.EthernetTruncated;
  const header = EthernetHeader.at(pointer);
  const to = header.destination;
  if (to != own && to != BROADCAST_HARDWARE && to != ALL_HOSTS_HARDWARE) {
    return Drop.EthernetOtherHost;
  }
  return header.fromGroup ? Drop.EthernetGroupSource : Drop.None;
}

/** Writes the header. */
export function emitEthernet(pointer: usize, destination: u64, source: u64, type: u32): void {
  store<u64>(pointer, bswap<u64>((destination << 16) | (source >> 32)));
  storeNet32(pointer + 8, source as u32);
  storeNet16(pointer + 12, type);
}

/** Reports whether an EtherType begins a VLAN tag. */
function isTag(type: u32): bool {
  return type == ETHERTYPE_TAG || type == ETHERTYPE_SERVICE_TAG;
}

/** Removes the tags of VLAN 0 from a frame that passed the gate; rejects frames of other VLANs. */
export function removeTags(frame: Frame): Drop {
  while (isTag(EthernetHeader.at(frame.start).type)) {
    const start = frame.start;
    if (ETHERNET_HEADER + TAG_BYTES > frame.length) return Drop.EthernetTruncated;
    if ((loadNet16(start + ETHERNET_HEADER) & 0xfff) != 0) return Drop.EthernetVlan;
    // Move both addresses over the tag, up to the type after it.
    memory.copy(start + TAG_BYTES, start, 12);
    frame.pull(TAG_BYTES);
  }
  return Drop.None;
}
