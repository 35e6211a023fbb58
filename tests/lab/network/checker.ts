/**
 * Checks every frame of a kernel: length, type, checksums, source addresses, zeros in the padding,
 * and its TCP (Conversations).
 */
import { be16, dotted, TCP, UDP } from "../packets/bytes.ts";
import { type Ip, parseArp, parseIp, transportRight } from "../packets/read.ts";
import { Conversations } from "./conversations.ts";
import { hardwareKey } from "./switch.ts";

const [SHORTEST, LONGEST] = [60, 1514];

export class Checker {
  /** The first faults found, in order of time. */
  readonly complaints: string[] = [];
  readonly conversations = new Conversations((text) => this.complain(text));
  /** Addresses that a kernel may use, by its hardware address. */
  private readonly allowed = new Map<number, Set<number>>();
  private time = 0;
  private who = "";

  /** Lets a kernel send from `address` from now on. */
  allow(hardware: Uint8Array | number[], address: number): void {
    const key = hardwareKey(Uint8Array.from(hardware), 0);
    const addresses = this.allowed.get(key) ?? new Set([0]);
    this.allowed.set(key, addresses.add(address));
  }

  /** Checks a frame that a kernel sent. */
  check(frame: Uint8Array, time: number, name: string, hardware: number[]): void {
    this.time = time;
    this.who = name;
    if (frame.length < SHORTEST || frame.length > LONGEST) this.complain(`${frame.length} bytes`);
    const key = hardwareKey(Uint8Array.from(hardware), 0);
    if (hardwareKey(frame, 6) !== key) this.complain("a foreign hardware source address");
    const allowed = this.allowed.get(key) ?? new Set([0]);
    const type = be16(frame, 12);
    if (type === 0x0806) this.checkArp(frame, key, allowed);
    else if (type === 0x0800) this.checkIp(frame, allowed);
    else this.complain(`EtherType ${type.toString(16)}`);
  }

  private checkArp(frame: Uint8Array, key: number, allowed: Set<number>): void {
    const arp = parseArp(frame);
    if (!arp) {
      this.complain("a malformed ARP packet");
      return;
    }
    if (hardwareKey(arp.hardware, 0) !== key) this.complain("ARP from a foreign hardware address");
    if (!allowed.has(arp.sender)) this.complain(`ARP from the foreign ${dotted(arp.sender)}`);
    // Until it knows a neighbor's address, a kernel can send it only ARP requests.
    this.conversations.asks(arp.sender, arp.target, this.time);
    this.checkPadding(frame, 42);
  }

  private checkIp(frame: Uint8Array, allowed: Set<number>): void {
    const ip = parseIp(frame);
    if (!ip) {
      this.complain("a malformed IPv4 header");
      return;
    }
    if (!transportRight(frame, ip)) {
      this.complain(`a wrong length or checksum in protocol ${ip.protocol}`);
    }
    if (!allowed.has(ip.source)) this.complain(`a packet from foreign ${dotted(ip.source)}`);
    if (ip.source === 0 && !isDhcp(frame, ip)) this.complain("a packet from 0.0.0.0");
    if (frame[22] === 0) this.complain("a packet with TTL 0");
    this.checkPadding(frame, ip.end);
    if (ip.protocol === TCP && ip.fragment === 0) this.conversations.sent(frame, ip, this.time);
  }

  private checkPadding(frame: Uint8Array, from: number): void {
    for (let i = from; i < frame.length; i++) {
      if (frame[i] === 0) continue;
      this.complain(`byte ${i} of the padding is ${frame[i]}`);
      return;
    }
  }

  /** Checks whether a conversation has fallen silent at `time`. */
  checkSilence(time: number): void {
    this.time = time;
    this.who = "a kernel";
    this.conversations.checkSilence(time);
  }

  private complain(text: string): void {
    if (this.complaints.length > 20) return;
    this.complaints.push(`${(this.time / 1e9).toFixed(6)} s: ${this.who} sent ${text}`);
  }
}

function isDhcp(frame: Uint8Array, ip: Ip): boolean {
  return ip.protocol === UDP && be16(frame, ip.start) === 68 && be16(frame, ip.start + 2) === 67;
}
