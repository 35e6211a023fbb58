/** The frames that the guest should send, exact except for random identifications. */
import { crc32 } from "node:zlib";
import { arp, ethernet, type Ipv4Fields, icmp, ipv4 } from "../lab/packets/build.ts";
import { ARP, BROADCAST, ICMP, IPV4, internetSum } from "../lab/packets/bytes.ts";
import { attacker, dns, gateway, guest } from "../lab/scripted/ip-host.ts";

/** The longest ICMP error, header included (RFC 1812 section 4.3.2.3). */
const ERROR_BYTES = 576;
const MTU = 1500;
/** Bytes of a frame that a failure shows. */
const SHOWN = 80;

/** Returns a frame in hex, or the start, length and CRC-32 of a long one. */
function text(frame: Buffer): string {
  if (frame.length <= SHOWN) return frame.toString("hex");
  const rest = `${frame.length} bytes, CRC-32 ${crc32(frame).toString(16)}`;
  return `${frame.toString("hex", 0, SHOWN)}... ${rest}`;
}

/**
 * Returns frames as comparable text. Identifications are random, so they are replaced by 0, or in
 * fragments by the number of the datagram.
 */
export function normal(frames: Buffer[]): string[] {
  const ids: number[] = [];
  return frames.map((frame) => {
    if (frame.readUInt16BE(12) !== IPV4 || frame.length < 34) return text(frame);
    if (internetSum(frame.subarray(14, 34)) !== 0xffff) return `bad header ${text(frame)}`;
    const copy = Buffer.from(frame);
    const id = copy.readUInt16BE(18);
    if (!ids.includes(id)) ids.push(id);
    const fragment = (copy.readUInt16BE(20) & 0x3fff) !== 0;
    copy.writeUInt16BE(fragment ? 1 + ids.indexOf(id) : 0, 18);
    copy.writeUInt16BE(0, 24);
    return text(copy);
  });
}

/** Hardware addresses by IP address, for frames from the guest. */
const hardwareOf: Record<string, string> = {
  [gateway.address]: gateway.hardware,
  [dns.address]: dns.hardware,
  [attacker.address]: attacker.hardware,
};

let datagrams = 0;

/** Returns a packet from the guest, in fragments if it is long. */
export function fromGuest(fields: Partial<Ipv4Fields>): Buffer[] {
  const ends = { source: guest.address, destination: gateway.address };
  const ip = { ...ends, protocol: ICMP, id: datagrams++ & 0xffff, ...fields };
  const payload = Buffer.from(ip.payload ?? []);
  const to = hardwareOf[ip.destination] ?? gateway.hardware;
  const frames: Buffer[] = [];
  const room = MTU - 20;
  for (let at = 0; at === 0 || at < payload.length; at += room) {
    const part = payload.subarray(at, at + room);
    const fragment = (at + room < payload.length ? 0x2000 : 0) | (at / 8);
    const packet = ipv4({ ...ip, payload: part, fragment: ip.fragment ?? fragment });
    frames.push(ethernet(to, guest.hardware, IPV4, packet));
  }
  return frames;
}

/** Returns the guest's reply to an echo request with that data. */
export function echoReply(data: Uint8Array | string = "ping", to = gateway.address): Buffer[] {
  const payload = icmp(0, 0, 0x00070001, Buffer.from(data));
  return fromGuest({ destination: to, payload });
}

/** Returns the guest's ICMP error about a frame, quoted so that the error has at most 576 bytes. */
export function errorAbout(frame: Buffer, type: number, code: number): Buffer {
  const length = frame.readUInt16BE(16);
  const quoted = frame.subarray(14, 14 + Math.min(length, ERROR_BYTES - 28));
  const destination = [...frame.subarray(26, 30)].join(".");
  return fromGuest({ destination, payload: icmp(type, code, 0, quoted) })[0];
}

/** Returns the guest's ARP reply. */
export function arpAnswer(to: { hardware: string; address: string }): Buffer {
  const fields = {
    operation: 2,
    senderHardware: guest.hardware,
    sender: guest.address,
    targetHardware: to.hardware,
    target: to.address,
  };
  return ethernet(to.hardware, guest.hardware, ARP, arp(fields));
}

/** Returns the guest's ARP request, broadcast or to one station. */
export function arpQuestion(target: string, to = BROADCAST): Buffer {
  const fields = { operation: 1, senderHardware: guest.hardware, sender: guest.address, target };
  return ethernet(to, guest.hardware, ARP, arp(fields));
}
