/** Rewrites the octet with the DS field and ECN of a queued packet (RFC 2474, RFC 3168). */
import { fold } from "../../wire/checksum";
import { ETHERNET_HEADER } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import { CONGESTION_EXPERIENCED, ECN_BITS } from "../../wire/ipv4";

/** Sets the bits of `mask` to those of `value`, and updates the checksum (RFC 1624 section 3). */
export function rewriteDsField(frame: Frame, mask: u32, value: u32): void {
  const packet = frame.start + ETHERNET_HEADER;
  const before: u64 = load<u16>(packet);
  const field: u32 = load<u8>(packet, 1);
  store<u8>(packet, (field & ~mask) | value, 1);
  const after: u64 = load<u16>(packet);
  const sum = ((~load<u16>(packet, 10) as u64) & 0xffff) + (~before & 0xffff) + after;
  store<u16>(packet, ~fold(sum) as u16, 10);
}

/** Marks that the packet met congestion; returns false if its transport would not understand. */
export function markCongestion(frame: Frame): bool {
  const field: u32 = load<u8>(frame.start + ETHERNET_HEADER, 1);
  if ((field & ECN_BITS) == 0) return false;
  rewriteDsField(frame, ECN_BITS, CONGESTION_EXPERIENCED);
  return true;
}
