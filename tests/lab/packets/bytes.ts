/** Numbers, addresses and Internet checksums (RFC 1071) as they are in packets. */

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
export const [IPV4, ARP] = [0x0800, 0x0806];
export const [ICMP, TCP, UDP] = [1, 6, 17];

export function be16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

export function be32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** Four bytes, big-endian. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** "10.0.2.15" as a number; a number is returned as it is. */
export function address(text: string | number): number {
  if (typeof text === "number") return text >>> 0;
  return text.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}

export function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** "52:54:00:12:34:56" as six bytes; bytes are returned as they are. */
export function hardware(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text.replaceAll(":", ""), "hex") : text;
}

/** "52:54:00:12:34:56" as a number, as the kernel stores it. */
export function hardwareNumber(text: string): bigint {
  return BigInt(`0x${text.replaceAll(":", "")}`);
}

export function hardwareText(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** The ones-complement sum of big-endian words, folded to 16 bits and not complemented. */
export function internetSum(bytes: Uint8Array, initial = 0, start = 0, end = bytes.length): number {
  let total = initial;
  let i = start;
  for (; i + 1 < end; i += 2) total += (bytes[i] << 8) | bytes[i + 1];
  if (i < end) total += bytes[i] << 8;
  return fold(total);
}

/** The sum of the pseudo header in front of UDP and TCP (RFC 768, RFC 9293 section 3.1). */
export function pseudoSum(source: number, destination: number, protocol: number, length: number) {
  const from = (source >>> 16) + (source & 0xffff);
  const to = (destination >>> 16) + (destination & 0xffff);
  return fold(from + to + protocol + length);
}

function fold(total: number): number {
  let sum = total;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
