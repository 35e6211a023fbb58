/** The gates and emitters of Ethernet, ARP, IPv4, ICMP and UDP, and the checksum, one by one. */
import { ArpPacket, emitArp as arp, parseArp as gateOfArp } from "../../../net/wire/arp";
import { checksum, copyAndSum, fold, sum } from "../../../net/wire/checksum";
import {
  EthernetHeader,
  emitEthernet as ethernet,
  parseEthernet,
} from "../../../net/wire/ethernet";
import {
  IcmpHeader,
  emitIcmp as icmp,
  icmpErrorOf,
  parseIcmp,
  parseQuote,
} from "../../../net/wire/icmp";
import { emitIpv4, Ipv4Header, ipv4Start, parseIpv4Header } from "../../../net/wire/ipv4";
import { addressSum, pseudoHeader } from "../../../net/wire/pseudo-header";
import { parseUdp as gateOfUdp, UdpHeader, emitUdp as udp } from "../../../net/wire/udp";

export { allocateBytes } from "./text";
export { emitIpv4, ipv4Start };

export function checksumOf(pointer: usize, length: u32): u32 {
  return checksum(pointer, length) as u32;
}
/** The checksum of a copy made by `copyAndSum`. */
export function copied(to: usize, from: usize, length: u32): u32 {
  return (~fold(copyAndSum(to, from, length, 0)) as u32) & 0xffff;
}
/** The checksum as two partial sums, the first of an even length. */
export function inTwo(pointer: usize, first: u32, length: u32): u32 {
  const second = sum(pointer + first, length - first, sum(pointer, first));
  return (~fold(second) as u32) & 0xffff;
}
export function pseudo(from: u32, to: u32, protocol: u32, length: u32): u32 {
  return fold(pseudoHeader(addressSum(from, to), protocol, length)) as u32;
}
export function folded(value: u64): u32 {
  return fold(value) as u32;
}

export function gateEthernet(pointer: usize, length: u32, own: u64): i32 {
  return parseEthernet(pointer, length, own);
}
export function emitEthernet(pointer: usize, to: u64, from: u64, type: u32): bool {
  ethernet(pointer, to, from, type);
  const header = EthernetHeader.at(pointer);
  return header.destination == to && header.source == from && header.type == type;
}

export function gateArp(pointer: usize, length: u32): i32 {
  return gateOfArp(pointer, length);
}
export function emitArp(
  pointer: usize,
  operation: u32,
  hardware: u64,
  address: u32,
  targetHardware: u64,
  target: u32,
): bool {
  arp(pointer, operation, hardware, address, targetHardware, target);
  const packet = ArpPacket.at(pointer);
  const sender = packet.senderHardware == hardware && packet.senderAddress == address;
  const targeted = packet.targetHardware == targetHardware && packet.targetAddress == target;
  return packet.operation == operation && sender && targeted;
}

export function gateIpv4(pointer: usize, length: u32): i32 {
  return parseIpv4Header(pointer, length);
}
/** A header's fields, as the view reads them. */
export function ipv4Field(pointer: usize, field: u32): u32 {
  const header = Ipv4Header.at(pointer);
  if (field == 0) return header.headerLength;
  if (field == 1) return header.totalLength;
  if (field == 2) return header.identification;
  if (field == 3) return header.fragmentOffset;
  if (field == 4) return header.moreFragments ? 1 : 0;
  if (field == 5) return header.isFragment ? 1 : 0;
  if (field == 6) return header.ttl;
  if (field == 7) return header.protocol;
  if (field == 8) return header.source;
  if (field == 9) return header.destination;
  if (field == 10) return header.payloadLength;
  return (header.payload - pointer) as u32;
}

export function gateIcmp(pointer: usize, length: u32): i32 {
  return parseIcmp(pointer, length);
}
export function gateQuote(pointer: usize, length: u32): i32 {
  return parseQuote(pointer, length);
}
export function errorOf(type: u32, code: u32): i32 {
  return icmpErrorOf(type, code);
}
export function emitIcmp(pointer: usize, length: u32, type: u32, code: u32, rest: u32): bool {
  icmp(pointer, length, type, code, rest);
  const header = IcmpHeader.at(pointer);
  const halves = header.identifier == rest >>> 16 && header.sequence == (rest & 0xffff);
  const low = header.nextHopMtu == (rest & 0xffff);
  return header.type == type && header.code == code && header.rest == rest && halves && low;
}

export function gateUdp(pointer: usize, length: u32, from: u32, to: u32): i32 {
  return gateOfUdp(pointer, length, from, to);
}
export function emitUdp(
  pointer: usize,
  length: u32,
  fromPort: u32,
  toPort: u32,
  from: u32,
  to: u32,
): bool {
  const total = sum(pointer + 8, length - 8, addressSum(from, to));
  udp(pointer, length, (fromPort << 16) | toPort, total);
  const header = UdpHeader.at(pointer);
  const ports = header.sourcePort == fromPort && header.destinationPort == toPort;
  return ports && header.length == length && header.payloadLength == length - 8;
}
