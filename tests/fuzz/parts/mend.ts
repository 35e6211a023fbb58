/**
 * Repairs random bytes into a frame that passes the first checks: addresses, lengths, checksums,
 * and the fields in which a response must match its query. The input chooses which are repaired.
 */
import { loadNet16, loadNet32, storeNet16, storeNet32, storeNet48 } from "../../../core/bytes";
import { checksum, fold, sum } from "../../../net/wire/checksum";
import { ETHERNET_HEADER } from "../../../net/wire/ethernet";
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from "../../../net/wire/ipv4";
import { addressSum, pseudoHeader } from "../../../net/wire/pseudo-header";
import { UDP_HEADER } from "../../../net/wire/udp";

/** What to mend, as bits. */
export const MEND_ADDRESSES: u32 = 1;
export const MEND_HEADER: u32 = 2;
export const MEND_PAYLOAD: u32 = 4;
export const MEND_ANSWER: u32 = 8;

/** The bytes of an Ethernet header and an IPv4 header without options. */
const HEADERS: u32 = 34;
const DHCP_SERVER: u32 = 67;
const DHCP_CLIENT: u32 = 68;
const DNS: u32 = 53;
const NTP: u32 = 123;

/** The host's last queries: the identifiers that a response must repeat. */
export class LastQueries {
  dhcpTransaction: u32 = 0;
  dnsPort: u32 = 0;
  dnsId: u32 = 0;
  ntpPort: u32 = 0;
  ntpTime: u64 = 0;

  /** Notes a query in a frame that the host sent. */
  note(frame: usize, length: u32): void {
    const udp = frame + HEADERS;
    if (length < HEADERS + UDP_HEADER || load<u8>(frame, 23) != PROTOCOL_UDP) return;
    const data = udp + UDP_HEADER;
    const port = loadNet16(udp + 2);
    if (port == DHCP_SERVER) this.dhcpTransaction = loadNet32(data + 4);
    if (port == DNS) {
      this.dnsPort = loadNet16(udp);
      this.dnsId = loadNet16(data);
    }
    if (port == NTP) {
      this.ntpPort = loadNet16(udp);
      this.ntpTime = load<u64>(data, 40);
    }
  }

  /** Turns a datagram from a server's port into a response to the last query of its kind. */
  answer(udp: usize, length: u32, hardware: u64): void {
    if (length < UDP_HEADER + 48) return;
    const data = udp + UDP_HEADER;
    const port = loadNet16(udp);
    if (port == DHCP_SERVER) {
      storeNet16(udp + 2, DHCP_CLIENT);
      storeNet32(data + 4, this.dhcpTransaction);
      storeNet48(data + 28, hardware);
    } else if (port == DNS) {
      storeNet16(udp + 2, this.dnsPort);
      storeNet16(data, this.dnsId);
    } else if (port == NTP) {
      storeNet16(udp + 2, this.ntpPort);
      store<u64>(data, this.ntpTime, 24);
    }
  }
}

/** Mends `length` bytes in place into a frame for the host with these addresses. */
export function mend(
  frame: usize,
  length: u32,
  what: u32,
  queries: LastQueries,
  hardware: u64,
  address: u32,
): void {
  if (length < HEADERS) return;
  if (what & MEND_ADDRESSES) storeNet48(frame, hardware);
  if (loadNet16(frame + 12) != 0x0800) return;
  const packet = frame + ETHERNET_HEADER;
  const room = length - ETHERNET_HEADER;
  if (what & MEND_ADDRESSES) storeNet32(packet + 16, address);
  if (what & MEND_HEADER) {
    const words = load<u8>(packet) & 15;
    store<u8>(packet, words < 5 || (words as u32) << 2 > room ? 0x45 : 0x40 | words);
    storeNet16(packet + 2, room);
  }
  const size = ((load<u8>(packet) & 15) as u32) << 2;
  if (size >= 20 && size <= room && (loadNet16(packet + 6) & 0x3fff) == 0) {
    mendPayload(packet, packet + size, room - size, what, queries, hardware);
  }
  if ((what & MEND_HEADER) != 0 && size <= room) {
    store<u16>(packet, 0, 10);
    store<u16>(packet, checksum(packet, size), 10);
  }
}

function mendPayload(
  packet: usize,
  payload: usize,
  length: u32,
  what: u32,
  queries: LastQueries,
  hardware: u64,
): void {
  const protocol: u32 = load<u8>(packet, 9);
  const udp = protocol == PROTOCOL_UDP;
  if ((what & MEND_ANSWER) != 0 && udp) queries.answer(payload, length, hardware);
  if ((what & MEND_PAYLOAD) == 0) return;
  if (udp && length >= UDP_HEADER) storeNet16(payload + 4, length);
  const at: u32 = protocol == PROTOCOL_TCP ? 16 : udp ? 6 : 2;
  if (length < at + 2) return;
  store<u16>(payload + at, 0);
  const source = loadNet32(packet + 12);
  const destination = loadNet32(packet + 16);
  const addresses = addressSum(source, destination);
  const pseudo = protocol == PROTOCOL_ICMP ? 0 : pseudoHeader(addresses, protocol, length);
  store<u16>(payload + at, ~fold(sum(payload, length, pseudo)));
}
