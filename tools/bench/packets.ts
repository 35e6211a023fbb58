/** Watches a machine's packets as they pass, through the file that QEMU's filter-dump writes. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Lengths of the headers of a pcap file and of one packet in it. */
const FILE_HEADER = 24;
const PACKET_HEADER = 16;

/** The first packet of a kind, and when it was seen: milliseconds of `performance.now()`. */
export interface Sighting {
  at: number;
  packet: Buffer;
}

/** Recognizes a DHCP ACK: from port 67, with option 53 (message type) being 5. */
export function isDhcpAck(packet: Buffer): boolean {
  const udp = packet.length > 282 && packet.readUInt16BE(12) === 0x800 && packet[23] === 17;
  if (!udp || packet.readUInt16BE(34) !== 67) return false;
  return packet.subarray(282).includes(Buffer.from([53, 1, 5]));
}

/** Reads the file every few milliseconds until a packet of each kind has passed. */
export async function watch(
  path: string,
  wanted: Record<string, (packet: Buffer) => boolean>,
  milliseconds: number,
): Promise<Record<string, Sighting>> {
  const seen: Record<string, Sighting> = {};
  const end = performance.now() + milliseconds;
  let [file, offset] = [-1, FILE_HEADER];
  while (Object.keys(seen).length < Object.keys(wanted).length) {
    const at = performance.now();
    if (at > end) throw new Error(`timed out after ${milliseconds} ms; seen: ${Object.keys(seen)}`);
    file = file >= 0 ? file : tryOpen(path);
    for (let packet = next(file, offset); packet !== null; packet = next(file, offset)) {
      offset += PACKET_HEADER + packet.length;
      for (const [name, fits] of Object.entries(wanted)) {
        if (!(name in seen) && fits(packet)) seen[name] = { at, packet };
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  closeSync(file);
  return seen;
}

function tryOpen(path: string): number {
  try {
    return openSync(path, "r");
  } catch {
    return -1;
  }
}

/** Returns the packet at `offset`, or null while it is incomplete. */
function next(file: number, offset: number): Buffer | null {
  if (file < 0) return null;
  const size = fstatSync(file).size;
  if (size < offset + PACKET_HEADER) return null;
  const header = Buffer.alloc(PACKET_HEADER);
  readSync(file, header, 0, PACKET_HEADER, offset);
  const length = header.readUInt32LE(8);
  if (size < offset + PACKET_HEADER + length) return null;
  const packet = Buffer.alloc(length);
  readSync(file, packet, 0, length, offset + PACKET_HEADER);
  return packet;
}
