/** What must be true of every frame that leaves, whatever came in. */
import { IpLayer } from "../../../net/iface/ip";
import { ARP_LENGTH, ArpPacket, parseArp } from "../../../net/wire/arp";
import { Drop } from "../../../net/wire/drop";
import {
  ETHERNET_HEADER,
  ETHERNET_MINIMUM,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  EthernetHeader,
} from "../../../net/wire/ethernet";
import { parseIcmp } from "../../../net/wire/icmp";
import {
  Ipv4Header,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseIpv4Header,
} from "../../../net/wire/ipv4";
import { parseTcp } from "../../../net/wire/tcp";
import { parseUdp } from "../../../net/wire/udp";

const LONGEST: u32 = 1514;

/** A whole frame of Ethernet from `ip`, as it is handed to the device. */
export function checkFrame(ip: IpLayer, pointer: usize, length: u32): void {
  assert(length >= ETHERNET_MINIMUM && length <= LONGEST, "a frame of a wrong length");
  const header = EthernetHeader.at(pointer);
  const payload = pointer + ETHERNET_HEADER;
  const room = length - ETHERNET_HEADER;
  let used = ARP_LENGTH;
  if (header.type == ETHERTYPE_ARP) checkArp(ip, payload, room, header.source);
  else {
    assert(header.type == ETHERTYPE_IPV4, "a frame of a strange type");
    checkPacket(ip, payload, room);
    used = Ipv4Header.at(payload).totalLength;
  }
  for (let i = used; i < room; i++) assert(load<u8>(payload + i) == 0, "stale bytes as padding");
}

function checkArp(ip: IpLayer, pointer: usize, length: u32, from: u64): void {
  assert(parseArp(pointer, length, from) == Drop.None, "an ARP packet that is none");
  const sender = ArpPacket.at(pointer).senderAddress;
  assert(sender == 0 || ip.owns(sender), "ARP from a foreign address");
}

function checkPacket(ip: IpLayer, pointer: usize, length: u32): void {
  assert(parseIpv4Header(pointer, length) == Drop.None, "an IPv4 packet that is none");
  const packet = Ipv4Header.at(pointer);
  const source = packet.source;
  assert(packet.ttl == 64, "a strange time to live");
  assert(source == 0 || ip.owns(source), "a packet from a foreign address");
  if (packet.isFragment) return;
  const payload = packet.payload;
  const size = packet.payloadLength;
  let drop = Drop.Ipv4Destination;
  const protocol = packet.protocol;
  if (protocol == PROTOCOL_ICMP) drop = parseIcmp(payload, size);
  else if (protocol == PROTOCOL_UDP) drop = parseUdp(payload, size, source, packet.destination);
  else if (protocol == PROTOCOL_TCP) drop = parseTcp(payload, size, source, packet.destination);
  assert(drop == Drop.None, "a packet whose payload nobody takes");
  assert(source != 0 || protocol == PROTOCOL_UDP, "a packet from nobody");
}
