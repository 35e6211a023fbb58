/** Assigns packets to flows, for the disciplines that divide a link among flows. */
import { ETHERNET_HEADER } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import { Ipv4Header, PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4";

/** An odd constant whose products are well mixed in their upper bits (Knuth). */
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/** Returns a hash of the packet's addresses, protocol and ports; `key` must be a secret. */
export function flowHash(frame: Frame, key: u64): u32 {
  const header = Ipv4Header.at(frame.start + ETHERNET_HEADER);
  const protocol = header.protocol;
  let other: u64 = protocol;
  // Fragments, even the first, are hashed without ports, so that all are in one flow.
  const ports = protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
  if (ports && !header.isFragment) other |= (load<u32>(header.payload) as u64) << 32;
  const addresses = load<u64>(changetype<usize>(header), 12);
  const mixed = ((addresses ^ key) * MIX) ^ other;
  return (((mixed ^ (mixed >> 29)) * MIX) >> 32) as u32;
}
