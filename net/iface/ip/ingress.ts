/**
 * Receives packets: from an Ethernet frame to its socket (RFC 1122 sections 2.3, 2.4 and 3.2.1).
 * A frame is delivered, copied for reassembly or counted as a `Drop`; it goes back to the pool.
 */
import { Endpoints } from "../../socket/endpoints";
import { Tcp } from "../../socket/tcp/tcp";
import { UdpTable } from "../../socket/udp";
import { Ipv4Address, isLoopback, isUnicast, UNSPECIFIED } from "../../wire/address";
import { Drop } from "../../wire/drop";
import {
  ETHERNET_HEADER,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  EthernetHeader,
  parseEthernet,
  removeTags,
} from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import {
  CODE_PORT,
  CODE_PROTOCOL,
  CODE_REASSEMBLY,
  ICMP_ECHO_REQUEST,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
} from "../../wire/icmp";
import {
  ECN_BITS,
  Ipv4Header,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  parseIpv4Header,
} from "../../wire/ipv4";
import { parseTcp } from "../../wire/tcp";
import { parseUdp, UdpHeader } from "../../wire/udp";
import { IpCounter } from "../counters";
import { Interface } from "../interface";
import { Egress } from "./egress";
import { Icmp } from "./icmp";
import { ReassemblyTable } from "./reassembly";

/** 224.0.0.1, the group that every host is in (RFC 1112 section 4). */
const ALL_HOSTS: Ipv4Address = 0xe0000001;

/** Whether this host is the destination of a packet. */
const enum Reach {
  Nobody,
  /** One of this host's addresses. */
  Own,
  /** A broadcast or group that includes this host: no error may be sent. */
  Group,
  /** The interface has no address yet: the packet may be a DHCP reply (RFC 2131 section 4.1). */
  Unconfigured,
}

export class Ingress {
  readonly reassembly: ReassemblyTable = new ReassemblyTable();
  /** The ends of the datagram being delivered. */
  private readonly ends: Endpoints = new Endpoints();

  constructor(
    private readonly egress: Egress,
    private readonly icmp: Icmp,
    private readonly udp: UdpTable,
    private readonly tcp: Tcp,
  ) {}

  /** Processes a received frame, and releases it. */
  process(iface: Interface, frame: Frame, now: i64): void {
    const start = frame.start;
    const length = frame.length;
    const tap = iface.tap;
    if (tap != null) tap.frame(now, iface.index, false, start, length);
    const drop = parseEthernet(start, length, iface.hardware);
    if (drop != Drop.None) {
      iface.drops.add(drop);
      this.egress.pool.release(frame);
      return;
    }
    const header = EthernetHeader.at(start);
    if (header.type == ETHERTYPE_IPV4) this.packet(iface, frame, header.toGroup, now);
    else this.other(iface, frame, now);
  }

  /** Processes a frame that is not untagged IPv4, and releases it. */
  private other(iface: Interface, frame: Frame, now: i64): void {
    let drop = removeTags(frame);
    if (drop == Drop.None) {
      const start = frame.start;
      const header = EthernetHeader.at(start);
      if (header.type == ETHERTYPE_IPV4) {
        this.packet(iface, frame, header.toGroup, now);
        return;
      }
      drop = Drop.EthernetUnknownType;
      if (header.type == ETHERTYPE_ARP) {
        const length = frame.length - ETHERNET_HEADER;
        drop = iface.arpInput.process(start + ETHERNET_HEADER, length, now);
      }
    }
    if (drop != Drop.None) iface.drops.add(drop);
    this.egress.pool.release(frame);
  }

  /** Processes an IPv4 packet; `group` is true if its frame was sent to several stations. */
  private packet(iface: Interface, frame: Frame, group: bool, now: i64): void {
    iface.counters.add(IpCounter.InReceives);
    const pointer = frame.start + ETHERNET_HEADER;
    let drop = parseIpv4Header(pointer, frame.length - ETHERNET_HEADER);
    if (drop == Drop.None) {
      const header = Ipv4Header.at(pointer);
      iface.counters.addMany(IpCounter.InOctets, header.totalLength);
      iface.counters.add(IpCounter.InNoECTPkts + (header.trafficClass & ECN_BITS));
      const reach = this.reachOf(iface, header.destination);
      if (reach == Reach.Nobody || (reach == Reach.Own && group)) drop = Drop.Ipv4Destination;
      else if (!this.isSource(iface, header.source)) drop = Drop.Ipv4Source;
      else if (header.isFragment) drop = this.fragment(iface, header, reach, now);
      else if (isEchoRequest(header) && reach == Reach.Own) {
        const length = header.payloadLength;
        iface.counters.add(IpCounter.InDelivers);
        drop = this.icmp.replyEcho(iface, header, header.payload, length, frame);
        if (drop != Drop.None) iface.drops.add(drop);
        return;
      } else drop = this.deliver(iface, header, reach, now);
    }
    if (drop != Drop.None) iface.drops.add(drop);
    this.egress.pool.release(frame);
  }

  private reachOf(iface: Interface, destination: Ipv4Address): Reach {
    if (destination == iface.ipv4.address && destination != UNSPECIFIED) return Reach.Own;
    if (iface === this.egress.loopback) {
      const own = isLoopback(destination) || this.egress.owns(destination);
      return own ? Reach.Own : Reach.Nobody;
    }
    if (iface.ipv4.isBroadcast(destination) || destination == ALL_HOSTS) return Reach.Group;
    if (this.egress.owns(destination)) return Reach.Own;
    if (iface.ipv4.count == 0 && isUnicast(destination)) return Reach.Unconfigured;
    return Reach.Nobody;
  }

  /** Reports whether a packet that `iface` received can have this source (RFC 1122, 3.2.1.3). */
  private isSource(iface: Interface, source: Ipv4Address): bool {
    if (iface === this.egress.loopback) return isLoopback(source) || this.egress.owns(source);
    return isUnicast(source) && !iface.ipv4.isBroadcast(source) && !this.egress.owns(source);
  }

  private fragment(iface: Interface, header: Ipv4Header, reach: Reach, now: i64): Drop {
    if (reach == Reach.Unconfigured) return Drop.Ipv4Destination;
    iface.counters.add(IpCounter.ReasmReqds);
    const table = this.reassembly;
    const evicted = table.evicted;
    const datagram = table.process(header, now, iface.index);
    if (table.evicted != evicted) iface.drops.add(Drop.FragmentLimit);
    if (datagram == null) return table.drop;
    iface.counters.add(IpCounter.ReasmOKs);
    const whole = datagram.header;
    let drop = Drop.None;
    if (isEchoRequest(whole) && reach == Reach.Own) {
      const length = whole.payloadLength;
      iface.counters.add(IpCounter.InDelivers);
      drop = this.icmp.replyEcho(iface, whole, whole.payload, length, null);
    } else drop = this.deliver(iface, whole, reach, now);
    table.release(datagram);
    return drop;
  }

  /** Delivers a whole datagram to its protocol. */
  private deliver(iface: Interface, header: Ipv4Header, reach: Reach, now: i64): Drop {
    const protocol = header.protocol;
    const pointer = header.payload;
    const length = header.payloadLength;
    const source = header.source;
    const destination = header.destination;
    if (protocol == PROTOCOL_TCP) {
      if (reach != Reach.Own) return Drop.TcpBroadcast;
      const drop = parseTcp(pointer, length, source, destination);
      if (drop != Drop.None) return drop;
      iface.counters.add(IpCounter.InDelivers);
      const ecn = header.trafficClass & ECN_BITS;
      this.tcp.segment.load(source, destination, pointer, length, ecn);
      return this.tcp.process(now, this.egress);
    }
    if (protocol == PROTOCOL_UDP) return this.datagram(iface, header, reach, now);
    if (reach != Reach.Own) return Drop.Ipv4Destination;
    if (protocol == PROTOCOL_ICMP) {
      iface.counters.add(IpCounter.InDelivers);
      return this.icmp.process(iface, header, pointer, length, now);
    }
    this.icmp.sendError(iface, ICMP_UNREACHABLE, CODE_PROTOCOL, header, now);
    return Drop.Ipv4Protocol;
  }

  private datagram(iface: Interface, header: Ipv4Header, reach: Reach, now: i64): Drop {
    const pointer = header.payload;
    const source = header.source;
    const destination = header.destination;
    const drop = parseUdp(pointer, header.payloadLength, source, destination);
    if (drop != Drop.None) return drop;
    const datagram = UdpHeader.at(pointer);
    if (reach == Reach.Unconfigured) {
      const wanted = this.udp.acceptsUnconfigured(datagram.destinationPort, iface.index);
      if (!wanted) return Drop.Ipv4Destination;
    }
    iface.counters.add(IpCounter.InDelivers);
    const ends = this.ends;
    ends.setIpv4(destination, 0, source, 0);
    const result = this.udp.process(ends, pointer, iface.index);
    if (result == Drop.None) iface.counters.add(IpCounter.UdpInDatagrams);
    else if (result == Drop.UdpNoSocket && reach == Reach.Own) {
      this.icmp.sendError(iface, ICMP_UNREACHABLE, CODE_PORT, header, now);
    }
    return result;
  }

  /** Drops datagrams that were not complete in time. */
  poll(now: i64, interfaces: Array<Interface>): void {
    let datagram = this.reassembly.expired(now);
    while (datagram != null) {
      const index = datagram.iface as i32;
      const iface = index < interfaces.length ? interfaces[index] : this.egress.loopback;
      iface.drops.add(Drop.FragmentTimeout);
      // No error is sent without the first fragment (RFC 792), or if the datagram was spoilt or was
      // sent to several hosts.
      if (datagram.hasFirst && !datagram.spoilt && this.egress.owns(datagram.destination)) {
        const header = datagram.header;
        this.icmp.sendError(iface, ICMP_TIME_EXCEEDED, CODE_REASSEMBLY, header, now);
      }
      datagram = this.reassembly.expired(now);
    }
  }
}

function isEchoRequest(header: Ipv4Header): bool {
  if (header.protocol != PROTOCOL_ICMP || header.payloadLength == 0) return false;
  return (load<u8>(header.payload) as u32) == ICMP_ECHO_REQUEST;
}
