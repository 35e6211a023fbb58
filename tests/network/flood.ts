/** Frames that nobody asked for: what an attacker or a broken host puts on a wire. */
import { arpFrame, ICMP, ipFrame, TCP, UDP } from "./packet.ts";
import type { Random } from "./random.ts";

export interface Target {
  hardware: Uint8Array;
  address: number;
}

export const floodKinds = [
  "syn",
  "udp",
  "echo",
  "arp",
  "fragments",
  "segments",
  "garbage",
] as const;
export type FloodKind = (typeof floodKinds)[number];

/** One frame of a flood of `kind`; the senders are made up. */
export function floodFrame(kind: FloodKind, target: Target, random: Random): Buffer {
  const from = Uint8Array.of(2, 0x66, ...random.bytes(4));
  const hardware = { to: target.hardware, from };
  const near = (target.address & 0xffffff00) >>> 0;
  const source = random.chance(0.5) ? near + random.between(100, 250) : randomSource(random);
  const ip = (protocol: number) => ({ source, destination: target.address, protocol });
  const ports = (frame: Buffer, at: number) => {
    frame.writeUInt16BE(random.between(1024, 65535), at);
    frame.writeUInt16BE(random.chance(0.5) ? 80 : random.between(1, 65535), at + 2);
  };
  if (kind === "arp") {
    const other = random.chance(0.7) ? target.address : near + random.between(1, 254);
    const sender = near + random.between(100, 250);
    return arpFrame(1, { hardware: from, address: sender }, { hardware: from, address: other });
  }
  if (kind === "syn" || kind === "segments") {
    return ipFrame(hardware, ip(TCP), 20, (frame, at) => {
      ports(frame, at);
      frame.writeUInt32BE(random.bits(), at + 4);
      frame.writeUInt32BE(random.bits(), at + 8);
      frame[at + 12] = 0x50;
      frame[at + 13] = kind === "syn" ? 2 : random.between(0, 63);
      frame.writeUInt16BE(random.between(0, 65535), at + 14);
    });
  }
  if (kind === "udp") {
    const length = random.between(0, 1400);
    return ipFrame(hardware, ip(UDP), 8 + length, (frame, at) => {
      ports(frame, at);
      frame.writeUInt16BE(8 + length, at + 4);
    });
  }
  const length = random.between(0, 1400);
  const frame = ipFrame(hardware, ip(ICMP), 8 + length, (bytes, at) => {
    bytes[at] = kind === "echo" ? 8 : random.between(0, 20);
    bytes.writeUInt32BE(random.bits(), at + 4);
  });
  if (kind === "fragments") makeFragment(frame, random);
  if (kind === "garbage") {
    for (let i = random.between(1, 20); i > 0; i--) {
      frame[random.between(14, frame.length - 1)] = random.between(0, 255);
    }
  }
  return frame;
}

/** A few identifications and any offset: fragments that overlap, and never become whole. */
function makeFragment(frame: Buffer, random: Random): void {
  frame.writeUInt16BE(random.between(1, 6), 18);
  frame.writeUInt16BE((random.chance(0.7) ? 0x2000 : 0) | random.between(0, 8191), 20);
  frame.writeUInt16BE(0, 24);
  let sum = 0;
  for (let i = 14; i < 34; i += 2) sum += frame.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  frame.writeUInt16BE(~sum & 0xffff, 24);
}

function randomSource(random: Random): number {
  return ((random.between(1, 223) << 24) | (random.bits() & 0xffffff)) >>> 0;
}
