/** Packets of scripted peers, built and taken apart fast, and the sums that guard them. */

export const ETHERNET = 14;
export const [ICMP, TCP, UDP] = [1, 6, 17];
const [TYPE_IPV4, TYPE_ARP] = [0x0800, 0x0806];

/** The ones-complement sum of big-endian words from `start` up to `end`, folded. */
export function sum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  let total = initial;
  let i = start;
  for (; i + 1 < end; i += 2) total += (bytes[i] << 8) | bytes[i + 1];
  if (i < end) total += bytes[i] << 8;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

/** What stands before UDP and TCP in their sum. */
export function pseudo(source: number, destination: number, protocol: number, length: number) {
  return (
    (source >>> 16) +
    (source & 0xffff) +
    (destination >>> 16) +
    (destination & 0xffff) +
    protocol +
    length
  );
}

export function be16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}
export function be32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** "10.0.2.15" as a number. */
export function address(text: string): number {
  return text.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}
export function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** A frame with room for a payload, of at least 60 bytes, zeros behind. */
export function frameFor(to: Uint8Array, from: Uint8Array, type: number, payload: number): Buffer {
  const frame = Buffer.alloc(Math.max(60, ETHERNET + payload));
  frame.set(to, 0);
  frame.set(from, 6);
  frame.writeUInt16BE(type, 12);
  return frame;
}

export interface Ip {
  source: number;
  destination: number;
  protocol: number;
  /** Where its payload is in the frame. */
  start: number;
  end: number;
  fragment: number;
}

/** The IPv4 packet in a frame, or undefined where there is none in order. */
export function parseIp(frame: Uint8Array): Ip | undefined {
  if (frame.length < 34 || be16(frame, 12) !== TYPE_IPV4 || frame[14] >> 4 !== 4) return undefined;
  const header = (frame[14] & 15) * 4;
  const end = ETHERNET + be16(frame, 16);
  const start = ETHERNET + header;
  if (header < 20 || end > frame.length || start > end) return undefined;
  if (sum(frame, ETHERNET, start) !== 0xffff) return undefined;
  return {
    source: be32(frame, 26),
    destination: be32(frame, 30),
    protocol: frame[23],
    start,
    end,
    fragment: be16(frame, 20) & 0x3fff,
  };
}

/** True where the sum of the packet's ICMP, UDP or TCP is right, or there is none. */
export function transportRight(frame: Uint8Array, ip: Ip): boolean {
  if (ip.fragment !== 0) return true;
  const length = ip.end - ip.start;
  if (ip.protocol === ICMP) return length >= 8 && sum(frame, ip.start, ip.end) === 0xffff;
  const before = pseudo(ip.source, ip.destination, ip.protocol, length);
  if (ip.protocol === TCP) return length >= 20 && sum(frame, ip.start, ip.end, before) === 0xffff;
  if (ip.protocol !== UDP) return true;
  if (length < 8 || be16(frame, ip.start + 4) !== length) return false;
  return be16(frame, ip.start + 6) === 0 || sum(frame, ip.start, ip.end, before) === 0xffff;
}

/**
 * An IPv4 packet in a frame, never to be cut (RFC 6864: its id is 0); `fill` writes its payload
 * of `length` bytes at the offset given.
 */
export function ipFrame(
  hardware: { to: Uint8Array; from: Uint8Array },
  ip: { source: number; destination: number; protocol: number },
  length: number,
  fill: (frame: Buffer, at: number) => void,
): Buffer {
  const frame = frameFor(hardware.to, hardware.from, TYPE_IPV4, 20 + length);
  frame[14] = 0x45;
  frame.writeUInt16BE(20 + length, 16);
  frame.writeUInt16BE(0x4000, 20);
  frame[22] = 64;
  frame[23] = ip.protocol;
  frame.writeUInt32BE(ip.source, 26);
  frame.writeUInt32BE(ip.destination, 30);
  setHeaderSum(frame);
  fill(frame, 34);
  const end = 34 + length;
  if (ip.protocol === ICMP) frame.writeUInt16BE(~sum(frame, 34, end) & 0xffff, 36);
  else {
    const before = pseudo(ip.source, ip.destination, ip.protocol, length);
    const check = ~sum(frame, 34, end, before) & 0xffff;
    frame.writeUInt16BE(check, 34 + (ip.protocol === TCP ? 16 : 6));
  }
  return frame;
}

/** Makes the sum of an IPv4 header without options right. */
export function setHeaderSum(frame: Buffer): void {
  frame.writeUInt16BE(0, 24);
  frame.writeUInt16BE(~sum(frame, ETHERNET, 34) & 0xffff, 24);
}

/** ARP: operation 1 asks, 2 answers (RFC 826). */
export function arpFrame(
  operation: number,
  from: { hardware: Uint8Array; address: number },
  to: { hardware: Uint8Array; address: number },
): Buffer {
  const target = operation === 1 ? new Uint8Array(6).fill(255) : to.hardware;
  const frame = frameFor(target, from.hardware, TYPE_ARP, 28);
  frame.set([0, 1, 8, 0, 6, 4, 0, operation], 14);
  frame.set(from.hardware, 22);
  frame.writeUInt32BE(from.address, 28);
  if (operation !== 1) frame.set(to.hardware, 32);
  frame.writeUInt32BE(to.address, 38);
  return frame;
}

/** The fields of an ARP packet, or undefined. */
export function parseArp(frame: Uint8Array) {
  if (frame.length < 42 || be16(frame, 12) !== TYPE_ARP || be32(frame, 14) !== 0x00010800) {
    return undefined;
  }
  return {
    operation: be16(frame, 20),
    hardware: frame.subarray(22, 28),
    sender: be32(frame, 28),
    target: be32(frame, 38),
  };
}
