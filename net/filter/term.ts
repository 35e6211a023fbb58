/**
 * One step of a compiled packet expression: a test of a frame, or an operation on the results of
 * the tests before it. Frames are not checked beforehand, so each field is read only after a check
 * that the frame reaches to the end of that field.
 */
import { ARP_LENGTH, ArpPacket } from "../wire/arp";
import { ETHERNET_HEADER, ETHERTYPE_ARP, ETHERTYPE_IPV4, EthernetHeader } from "../wire/ethernet";
import { IPV4_HEADER, Ipv4Header, PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4";
import { TcpHeader } from "../wire/tcp";

export const enum Operation {
  And,
  Or,
  Not,
  /** Tests the Ethernet type (`operand`). */
  EtherType,
  /** Tests the IP protocol (`operand`). */
  Protocol,
  /** Tests the addresses against the network `operand`/`mask`. */
  Network,
  /** Tests the ports of TCP and UDP (`operand`). */
  Port,
}

/** Which end of a packet a value is compared with. */
export const enum Direction {
  Either,
  Source,
  Destination,
  Both,
}

/** Bytes of the two ports, which TCP and UDP have in the same place. */
const PORTS: u32 = 4;
/** The `mask` of a comparison with a whole value. */
export const ALL_BITS: u32 = 0xffffffff;

export class Term {
  constructor(
    readonly operation: Operation,
    readonly operand: u32 = 0,
    readonly mask: u32 = ALL_BITS,
    readonly direction: Direction = Direction.Either,
  ) {}

  /** Reports whether the term tests for a protocol that has ports. */
  hasPorts(): bool {
    if (this.operation != Operation.Protocol) return false;
    return this.operand == PROTOCOL_TCP || this.operand == PROTOCOL_UDP;
  }

  /** Reports whether the frame of `length` bytes passes the test; false if the field is missing. */
  matches(pointer: usize, length: u32): bool {
    if (length < ETHERNET_HEADER) return false;
    const type = EthernetHeader.at(pointer).type;
    if (this.operation == Operation.EtherType) return type == this.operand;
    const payload = pointer + ETHERNET_HEADER;
    const left = length - ETHERNET_HEADER;
    if (type == ETHERTYPE_ARP) return this.matchesArp(payload, left);
    return type == ETHERTYPE_IPV4 && this.matchesIpv4(payload, left);
  }

  private matchesArp(pointer: usize, length: u32): bool {
    if (this.operation != Operation.Network || length < ARP_LENGTH) return false;
    const packet = ArpPacket.at(pointer);
    return this.compare(packet.senderAddress, packet.targetAddress);
  }

  private matchesIpv4(pointer: usize, length: u32): bool {
    if (length < IPV4_HEADER) return false;
    const header = Ipv4Header.at(pointer);
    if (this.operation == Operation.Protocol) return header.protocol == this.operand;
    if (this.operation == Operation.Network) return this.compare(header.source, header.destination);
    if (header.protocol != PROTOCOL_TCP && header.protocol != PROTOCOL_UDP) return false;
    if (header.fragmentOffset != 0 || length < header.headerLength + PORTS) return false;
    const ports = TcpHeader.at(header.payload);
    return this.compare(ports.sourcePort, ports.destinationPort);
  }

  private compare(source: u32, destination: u32): bool {
    const fromSource = (source & this.mask) == this.operand;
    const toDestination = (destination & this.mask) == this.operand;
    if (this.direction == Direction.Source) return fromSource;
    if (this.direction == Direction.Destination) return toDestination;
    if (this.direction == Direction.Both) return fromSource && toDestination;
    return fromSource || toDestination;
  }
}
