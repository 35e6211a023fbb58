/**
 * Reads frames in two ways: `parseIp` and `parseArp` are fast, for the simulator, which looks at
 * every frame; `parse` returns addresses as text, for tests that compare.
 */
import {
  ARP,
  be16,
  be32,
  dotted,
  hardwareText,
  ICMP,
  IPV4,
  internetSum,
  pseudoSum,
  TCP,
  UDP,
} from "./bytes.ts";

const ETHERNET = 14;

export interface Ip {
  source: number;
  destination: number;
  protocol: number;
  /** The bounds of its payload in the frame. */
  start: number;
  end: number;
  fragment: number;
}

/** The IPv4 packet in a frame, or undefined if there is none with a valid header. */
export function parseIp(frame: Uint8Array): Ip | undefined {
  if (frame.length < 34 || be16(frame, 12) !== IPV4 || frame[14] >> 4 !== 4) return undefined;
  const header = (frame[14] & 15) * 4;
  const end = ETHERNET + be16(frame, 16);
  const start = ETHERNET + header;
  if (header < 20 || end > frame.length || start > end) return undefined;
  if (internetSum(frame, 0, ETHERNET, start) !== 0xffff) return undefined;
  return {
    source: be32(frame, 26),
    destination: be32(frame, 30),
    protocol: frame[23],
    start,
    end,
    fragment: be16(frame, 20) & 0x3fff,
  };
}

/** Reports whether length and checksum of ICMP, UDP or TCP are right; fragments and others pass. */
export function transportRight(frame: Uint8Array, ip: Ip): boolean {
  if (ip.fragment !== 0) return true;
  const length = ip.end - ip.start;
  if (ip.protocol === ICMP)
    return length >= 8 && internetSum(frame, 0, ip.start, ip.end) === 0xffff;
  const pseudo = pseudoSum(ip.source, ip.destination, ip.protocol, length);
  const right = () => internetSum(frame, pseudo, ip.start, ip.end) === 0xffff;
  if (ip.protocol === TCP) return length >= 20 && right();
  if (ip.protocol !== UDP) return true;
  if (length < 8 || be16(frame, ip.start + 4) !== length) return false;
  return be16(frame, ip.start + 6) === 0 || right();
}

/** The fields of an ARP packet for IPv4 over Ethernet, or undefined. */
export function parseArp(frame: Uint8Array) {
  if (frame.length < 42 || be16(frame, 12) !== ARP || be32(frame, 14) !== 0x00010800) {
    return undefined;
  }
  return {
    operation: be16(frame, 20),
    hardware: frame.subarray(22, 28),
    sender: be32(frame, 28),
    target: be32(frame, 38),
  };
}

/** A frame with its addresses as text; `arp` or `ip` is set if it holds such a packet. */
export interface Parsed {
  to: string;
  from: string;
  type: number;
  length: number;
  padding: Buffer;
  arp?: { operation: number; senderHardware: string; sender: string; target: string };
  ip?: ParsedIpv4;
}

export interface ParsedIpv4 {
  source: string;
  destination: string;
  protocol: number;
  id: number;
  fragment: number;
  ttl: number;
  header: Buffer;
  payload: Buffer;
}

export function parse(frame: Buffer): Parsed {
  const type = frame.readUInt16BE(12);
  const parsed: Parsed = {
    to: hardwareText(frame.subarray(0, 6)),
    from: hardwareText(frame.subarray(6, 12)),
    type,
    length: frame.length,
    padding: Buffer.alloc(0),
  };
  const rest = frame.subarray(14);
  if (type === ARP) {
    parsed.arp = {
      operation: rest.readUInt16BE(6),
      senderHardware: hardwareText(rest.subarray(8, 14)),
      sender: dotted(rest.readUInt32BE(14)),
      target: dotted(rest.readUInt32BE(24)),
    };
    parsed.padding = rest.subarray(28);
  } else if (type === IPV4) {
    parsed.ip = parseIpv4(rest);
    parsed.padding = rest.subarray(rest.readUInt16BE(2));
  }
  return parsed;
}

/** Throws if version or checksum is wrong, so every packet that the kernel sends is checked. */
export function parseIpv4(packet: Buffer): ParsedIpv4 {
  const headerLength = (packet[0] & 15) * 4;
  const header = packet.subarray(0, headerLength);
  if (packet[0] >> 4 !== 4 || internetSum(header) !== 0xffff) throw new Error("a bad IPv4 header");
  return {
    source: dotted(packet.readUInt32BE(12)),
    destination: dotted(packet.readUInt32BE(16)),
    protocol: packet[9],
    id: packet.readUInt16BE(4),
    fragment: packet.readUInt16BE(6),
    ttl: packet[8],
    header,
    payload: packet.subarray(headerLength, packet.readUInt16BE(2)),
  };
}
