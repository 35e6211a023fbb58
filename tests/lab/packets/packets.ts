/** Builds and reads Ethernet frames, ARP, IPv4 and ICMP in Node, good ones and bad ones. */
import { address, internetSum } from "./udp.ts";

/** "52:54:00:12:34:56" as six bytes. */
export function hardware(text: string): Buffer {
  return Buffer.from(text.replaceAll(":", ""), "hex");
}

/** The same as a number, as the kernel holds it. */
export function hardwareNumber(text: string): bigint {
  return BigInt(`0x${text.replaceAll(":", "")}`);
}

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
export const IPV4 = 0x0800;
export const ARP = 0x0806;
export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;

/** A frame without FCS; `padding` fills it up to 60 bytes, and null leaves it short. */
export function ethernet(
  to: string,
  from: string,
  type: number,
  payload: Uint8Array,
  padding: number | null = 0,
): Buffer {
  const header = Buffer.concat([hardware(to), hardware(from), Buffer.of(type >> 8, type & 255)]);
  const frame = Buffer.concat([header, payload]);
  if (padding === null || frame.length >= 60) return frame;
  return Buffer.concat([frame, Buffer.alloc(60 - frame.length, padding)]);
}

export interface ArpFields {
  operation: number;
  senderHardware: string;
  sender: string;
  targetHardware?: string;
  target: string;
  hardwareType?: number;
  protocolType?: number;
  lengths?: [number, number];
}

export function arp(fields: ArpFields): Buffer {
  const packet = Buffer.alloc(28);
  packet.writeUInt16BE(fields.hardwareType ?? 1, 0);
  packet.writeUInt16BE(fields.protocolType ?? 0x0800, 2);
  packet.set(fields.lengths ?? [6, 4], 4);
  packet.writeUInt16BE(fields.operation, 6);
  packet.set(hardware(fields.senderHardware), 8);
  packet.writeUInt32BE(address(fields.sender), 14);
  packet.set(hardware(fields.targetHardware ?? "00:00:00:00:00:00"), 18);
  packet.writeUInt32BE(address(fields.target), 24);
  return packet;
}

export interface Ipv4Fields {
  source: string;
  destination: string;
  protocol: number;
  payload?: Uint8Array;
  id?: number;
  /** The flags and the offset as they are in the packet. */
  fragment?: number;
  ttl?: number;
  options?: Uint8Array;
  version?: number;
  headerWords?: number;
  totalLength?: number;
  checksum?: number;
}

export function ipv4(fields: Ipv4Fields): Buffer {
  const options = fields.options ?? Buffer.alloc(0);
  const payload = fields.payload ?? Buffer.alloc(0);
  const header = Buffer.alloc(20 + Math.ceil(options.length / 4) * 4);
  const words = fields.headerWords ?? header.length / 4;
  header[0] = ((fields.version ?? 4) << 4) | words;
  header.writeUInt16BE(fields.totalLength ?? header.length + payload.length, 2);
  header.writeUInt16BE(fields.id ?? 0x1234, 4);
  header.writeUInt16BE(fields.fragment ?? 0, 6);
  header[8] = fields.ttl ?? 64;
  header[9] = fields.protocol;
  header.writeUInt32BE(address(fields.source), 12);
  header.writeUInt32BE(address(fields.destination), 16);
  header.set(options, 20);
  header.writeUInt16BE(fields.checksum ?? ~internetSum(header) & 0xffff, 10);
  return Buffer.concat([header, payload]);
}

export function icmp(type: number, code: number, rest: number, data: Uint8Array): Buffer {
  const message = Buffer.alloc(8 + data.length);
  message[0] = type;
  message[1] = code;
  message.writeUInt32BE(rest >>> 0, 4);
  message.set(data, 8);
  message.writeUInt16BE(~internetSum(message) & 0xffff, 2);
  return message;
}

/** The parts of a datagram's payload as [offset, length] pairs; the last has no MF. */
export function fragments(
  fields: Ipv4Fields,
  parts: Array<[offset: number, length: number, more?: boolean]>,
): Buffer[] {
  const payload = Buffer.from(fields.payload ?? []);
  return parts.map(([offset, length, more]) => {
    const part = Buffer.alloc(length, 0xee);
    payload.copy(part, 0, offset, offset + length);
    const flag = (more ?? offset + length < payload.length) ? 0x2000 : 0;
    return ipv4({ ...fields, payload: part, fragment: flag | (offset / 8) });
  });
}

/** A frame taken apart; `ip` and `arp` where it holds one. */
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

/** Throws where the header is not in order: what the kernel sends is checked on the way. */
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

function hardwareText(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

export function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}
