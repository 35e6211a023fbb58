/**
 * Builds frames and packets, well-formed and malformed. A field that a test does not set has the
 * value of an ordinary packet; values that it sets are written unchanged, valid or not.
 */
import { address, hardware, internetSum, pseudoSum, UDP } from "./bytes.ts";

/** A frame without FCS, filled up to 60 bytes with `padding`; null leaves it short. */
export function ethernet(
  to: string | Uint8Array,
  from: string | Uint8Array,
  type: number,
  payload: Uint8Array,
  padding: number | null = 0,
): Buffer {
  const length = 14 + payload.length;
  const frame = Buffer.alloc(padding === null ? length : Math.max(60, length), padding ?? 0);
  frame.set(hardware(to), 0);
  frame.set(hardware(from), 6);
  frame.writeUInt16BE(type, 12);
  frame.set(payload, 14);
  return frame;
}

export interface ArpFields {
  operation: number;
  senderHardware: string | Uint8Array;
  sender: string | number;
  /** Default: zeros, as in a request. */
  targetHardware?: string | Uint8Array;
  target: string | number;
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
  source: string | number;
  destination: string | number;
  protocol: number;
  payload?: Uint8Array;
  id?: number;
  /** Flags and offset as they are in the packet. */
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
  const length = 20 + Math.ceil(options.length / 4) * 4;
  const packet = Buffer.alloc(length + payload.length);
  const header = packet.subarray(0, length);
  header[0] = ((fields.version ?? 4) << 4) | (fields.headerWords ?? length / 4);
  header.writeUInt16BE(fields.totalLength ?? packet.length, 2);
  header.writeUInt16BE(fields.id ?? 0x1234, 4);
  header.writeUInt16BE(fields.fragment ?? 0, 6);
  header[8] = fields.ttl ?? 64;
  header[9] = fields.protocol;
  header.writeUInt32BE(address(fields.source), 12);
  header.writeUInt32BE(address(fields.destination), 16);
  header.set(options, 20);
  header.writeUInt16BE(fields.checksum ?? ~internetSum(header) & 0xffff, 10);
  packet.set(payload, length);
  return packet;
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

/**
 * Fragments of a datagram, one for each [offset, length]: the one that ends the payload has no MF,
 * unless `more` says otherwise. Bytes beyond the payload are 0xee.
 */
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

/** A UDP datagram with its checksum (RFC 768). */
export function udpDatagram(
  from: { address: number; port: number },
  to: { address: number; port: number },
  payload: Uint8Array,
): Buffer {
  const datagram = Buffer.alloc(8 + payload.length);
  datagram.writeUInt16BE(from.port, 0);
  datagram.writeUInt16BE(to.port, 2);
  datagram.writeUInt16BE(datagram.length, 4);
  datagram.set(payload, 8);
  const pseudo = pseudoSum(from.address, to.address, UDP, datagram.length);
  const check = ~internetSum(datagram, pseudo) & 0xffff;
  datagram.writeUInt16BE(check === 0 ? 0xffff : check, 6);
  return datagram;
}
