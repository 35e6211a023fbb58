/** Checks that each frame the host sends is well formed. */
import { IpLayer } from "../../../net/iface/layer";
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

/** Checks an Ethernet frame that `ip` handed to the device. */
export function checkFrame(ip: IpLayer, pointer: usize, length: u32): void {
  assert(length >= ETHERNET_MINIMUM && length <= LONGEST, "frame length");
  const header = EthernetHeader.at(pointer);
  const payload = pointer + ETHERNET_HEADER;
  const room = length - ETHERNET_HEADER;
  let used = ARP_LENGTH;
  if (header.type == ETHERTYPE_ARP) checkArp(ip, payload, room, header.source);
  else {
    assert(header.type == ETHERTYPE_IPV4, "EtherType");
    checkPacket(ip, payload, room);
    used = Ipv4Header.at(payload).totalLength;
  }
  for (let i = used; i < room; i++) assert(load<u8>(payload + i) == 0, "padding is not zero");
}

function checkArp(ip: IpLayer, pointer: usize, length: u32, from: u64): void {
  assert(parseArp(pointer, length) == Drop.None, "malformed ARP packet");
  assert(
    ArpPacket.at(pointer).senderHardware == from,
    "the sender of an ARP packet is not the frame's",
  );
  const sender = ArpPacket.at(pointer).senderAddress;
  assert(sender == 0 || ip.owns(sender), "the sender of an ARP packet is not this host");
}

function checkPacket(ip: IpLayer, pointer: usize, length: u32): void {
  assert(parseIpv4Header(pointer, length) == Drop.None, "malformed IPv4 packet");
  const packet = Ipv4Header.at(pointer);
  const source = packet.source;
  assert(packet.ttl == 64, "TTL is not 64");
  assert(source == 0 || ip.owns(source), "a packet is sent from an address of another host");
  if (packet.isFragment) return;
  const payload = packet.payload;
  const size = packet.payloadLength;
  let drop = Drop.Ipv4Protocol;
  const protocol = packet.protocol;
  if (protocol == PROTOCOL_ICMP) drop = parseIcmp(payload, size);
  else if (protocol == PROTOCOL_UDP) drop = parseUdp(payload, size, source, packet.destination);
  else if (protocol == PROTOCOL_TCP) drop = parseTcp(payload, size, source, packet.destination);
  assert(drop == Drop.None, "malformed payload");
  assert(source != 0 || protocol == PROTOCOL_UDP, "only DHCP sends from 0.0.0.0");
}
