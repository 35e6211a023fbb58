/** Builds and reads TCP segments, well-formed and malformed (RFC 9293 section 3.1). */
import { address, internetSum, pseudoSum, TCP } from "./bytes.ts";

const [PEER, GUEST] = [address("10.0.2.2"), address("10.0.2.15")];
const FLAGS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 };

export interface SegmentFields {
  /** Default: the addresses of the unit tests, from 10.0.2.2 to 10.0.2.15. */
  source?: number;
  destination?: number;
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgment?: number;
  /** Letters of FLAGS, or their bits. */
  flags: string | number;
  window?: number;
  urgent?: number;
  options?: number[];
  payload?: Uint8Array | string;
  /** A wrong data offset in words. */
  offset?: number;
  reserved?: number;
  badChecksum?: boolean;
}

/** A sent segment, with its numbers as on the wire. */
export interface Sent {
  at: number;
  sequence: number;
  acknowledgment: number;
  flags: string;
  window: number;
  urgent: number;
  options: number[];
  payload: Buffer;
  sourcePort: number;
  destinationPort: number;
  source: number;
  destination: number;
  checksumRight: boolean;
}

export function tcpChecksum(source: number, destination: number, bytes: Uint8Array): number {
  return ~internetSum(bytes, pseudoSum(source, destination, TCP, bytes.length)) & 0xffff;
}

/** A TCP segment with its checksum, or with a wrong one (RFC 9293 section 3.1). */
export function tcpSegment(fields: SegmentFields): Buffer {
  const payload = Buffer.from(fields.payload ?? "");
  const options = [...(fields.options ?? [])];
  while (options.length % 4 !== 0) options.push(0);
  const bytes = Buffer.alloc(20 + options.length + payload.length);
  bytes.writeUInt16BE(fields.sourcePort, 0);
  bytes.writeUInt16BE(fields.destinationPort, 2);
  bytes.writeUInt32BE(fields.sequence >>> 0, 4);
  bytes.writeUInt32BE((fields.acknowledgment ?? 0) >>> 0, 8);
  bytes[12] = ((fields.offset ?? 5 + options.length / 4) << 4) | (fields.reserved ?? 0);
  bytes[13] = flagBits(fields.flags);
  bytes.writeUInt16BE(fields.window ?? 65535, 14);
  bytes.writeUInt16BE(fields.urgent ?? 0, 18);
  bytes.set(options, 20);
  bytes.set(payload, 20 + options.length);
  const sum = tcpChecksum(fields.source ?? PEER, fields.destination ?? GUEST, bytes);
  bytes.writeUInt16BE(fields.badChecksum === true ? sum ^ 1 : sum, 16);
  return bytes;
}

function flagBits(flags: string | number): number {
  if (typeof flags === "number") return flags;
  return [...flags].reduce((all, letter) => all | FLAGS[letter], 0);
}

/** Letters in the order of FLAGS. */
function flagsOf(value: number): string {
  return Object.keys(FLAGS)
    .filter((letter) => (value & FLAGS[letter]) !== 0)
    .join("");
}

/** Reads a segment that was sent at the time `at`. */
export function readSegment(bytes: Buffer, at: number, source: number, destination: number): Sent {
  const header = (bytes[12] >>> 4) * 4;
  return {
    at,
    sequence: bytes.readUInt32BE(4),
    acknowledgment: bytes.readUInt32BE(8),
    flags: flagsOf(bytes[13]),
    window: bytes.readUInt16BE(14),
    urgent: bytes.readUInt16BE(18),
    options: [...bytes.subarray(20, header)],
    payload: bytes.subarray(header),
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    source,
    destination,
    checksumRight: tcpChecksum(source, destination, bytes) === 0,
  };
}
