/** The kernel under test: a twin with sockets to call, and the other end of its cable. */
import { Twin } from "../../tests/lab/machine/twin.ts";
import { World } from "../../tests/lab/network/world.ts";
import { arp, ethernet, icmp, ipv4, udpDatagram } from "../../tests/lab/packets/build.ts";
import { ARP, address, ICMP, IPV4, TCP, UDP } from "../../tests/lab/packets/bytes.ts";
import { parseArp, parseIp } from "../../tests/lab/packets/read.ts";
import { readSegment, type Sent, tcpSegment } from "../../tests/lab/packets/tcp.ts";
import { compile, type Exports, readString, writeText } from "../../tests/lab/scripted/assembly.ts";

/** The addresses of packetdrill. */
export const [LOCAL, REMOTE] = ["192.168.0.1", "192.0.2.1"];
const GATEWAY = "192.168.0.254";
const REMOTE_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);
const KERNEL_MAC = [2, 0, 0, 0, 1, 1];
/** Seconds until the address is in use, conflict detection included. */
const START = 5;

/**
 * Segments sent within this many nanoseconds may be parts of one large segment that Linux would
 * have left for the card to split.
 */
const SAME_TIME = 1e6;

/** A segment that the kernel sent, with the ECN bits of its packet. */
export interface Seen extends Sent {
  ecn: number;
  /** Whether it stands for several segments, as if a card had segmented it. */
  joined?: boolean;
}

/** The addresses of the kernel and of the remote host. */
interface Addresses {
  local: string;
  remote: string;
}

export class Host {
  readonly world = new World(1);
  /** Segments sent and not yet compared with the script, oldest first. */
  readonly segments: Seen[] = [];
  /** Lengths of UDP payloads sent. */
  readonly datagrams: number[] = [];
  private readonly rejected = new Set<string>();
  private readonly pinned = new Set<number>();

  private constructor(
    private readonly twin: Twin,
    readonly addresses: Addresses,
  ) {
    twin.onSend = (frame) => this.sent(frame, twin.clock.now);
    this.world.add(twin);
  }

  /** Boots the kernel with kernel parameters of the form `NAME=VALUE`. */
  static async boot(parameters: string[], addresses: Addresses): Promise<Host> {
    process.env.KERNEL_WASM = await compile("tests/lab/entries/sockets.ts");
    const words = [`ip=${addresses.local}::${GATEWAY}:255.255.255.0:::off`];
    const commandLine = [...words, ...parameters.map((word) => `sysctl.${word}`)].join(" ");
    const twin = await Twin.boot({ name: "kernel", mac: KERNEL_MAC, commandLine });
    const host = new Host(twin, addresses);
    host.world.pass(START);
    return host;
  }

  /** Changes a parameter of the form `NAME=VALUE`. */
  setParameter(parameter: string): void {
    const words = parameter.replaceAll('"', "").split("=", 2);
    const [name, value] = words.map((word) => {
      const [pointer, length] = writeText(this.exports, word);
      return this.object("text", pointer, length);
    });
    if (!this.call("setParameter", name, value)) this.rejected.add(parameter);
  }

  /** Forgets what the kernel knows about Fast Open with the remote host. */
  forgetPeer(): void {
    const { local, remote } = this.addresses;
    this.call("forgetPeer", address(local), address(remote));
  }

  /** Whether the kernel rejected a parameter. */
  rejects(parameter: string): boolean {
    if (this.rejected.has(parameter)) return true;
    return this.twin.output.includes(`cmdline: sysctl.${parameter}:`);
  }

  get now(): number {
    return this.world.now;
  }

  /** Lets time pass until `until` (nanoseconds), or until `done`. */
  run(until: number, done?: () => boolean): void {
    this.world.run(Math.ceil(until), done);
  }

  /** Calls an export between two turns. */
  call(name: string, ...parameters: (number | bigint)[]): number {
    this.rouse();
    const result: number = this.exports[name](...parameters);
    this.rouse();
    return result;
  }

  /** Calls an export that returns an object, or 0. The object is never collected. */
  object(name: string, ...parameters: number[]): number {
    const result = this.call(name, ...parameters);
    if (result !== 0 && !this.pinned.has(result)) {
      this.exports.__pin(result);
      this.pinned.add(result);
    }
    return result;
  }

  /** Calls `tcpSend` or `tcpReceive` with a buffer of `length` bytes; returns what it returns. */
  transfer(name: "tcpSend" | "tcpReceive", socket: number, length: number): number {
    this.rouse();
    // Between the two calls the kernel runs no turn, so it cannot collect the buffer.
    const result: number = this.exports[name](socket, this.exports.bytes(length));
    this.rouse();
    return result;
  }

  /** Reads a string from the kernel's memory. */
  text(pointer: number): string {
    return readString(this.exports.memory, pointer);
  }

  /** Delivers a segment from the remote host to the kernel. */
  segment(bytes: Parameters<typeof tcpSegment>[0], ecn = 0): void {
    const { local, remote } = this.addresses;
    const ends = { source: address(remote), destination: address(local) };
    this.packet(TCP, tcpSegment({ ...bytes, ...ends }), remote, ecn);
  }

  /** Delivers an ICMP error from the gateway that quotes `quoted`, a packet of the kernel's. */
  error(type: number, code: number, mtu: number, quoted: Buffer): void {
    this.packet(ICMP, icmp(type, code, mtu, quoted), GATEWAY, 0);
  }

  /** Delivers a UDP datagram of `length` bytes from a port of the remote host to the kernel. */
  datagram(from: number, to: number, length: number): void {
    const [source, target] = [address(this.addresses.remote), address(this.addresses.local)];
    const ends = [
      { address: source, port: from },
      { address: target, port: to },
    ] as const;
    this.packet(UDP, udpDatagram(...ends, Buffer.alloc(length)), this.addresses.remote, 0);
  }

  get exports(): Exports {
    return this.twin.exports;
  }

  /**
   * Joins a segment with those sent right after it, up to `length` bytes: scripts for Linux expect
   * the large segments that Linux gives to a card to split. PSH in these depends on how Linux has
   * queued the data, so it is not compared.
   */
  joined(first: Seen, length: number): Seen {
    const { segments } = this;
    let whole = first;
    while (whole.payload.length < length && segments.length > 0) {
      const [next] = segments;
      const payload = Buffer.concat([whole.payload, next.payload]);
      const follows =
        next.at - first.at < SAME_TIME &&
        next.sourcePort === whole.sourcePort &&
        next.destinationPort === whole.destinationPort &&
        next.sequence === (whole.sequence + whole.payload.length) >>> 0 &&
        next.acknowledgment === whole.acknowledgment &&
        payload.length <= length &&
        !/[SR]/.test(next.flags);
      if (!follows) break;
      segments.shift();
      whole = { ...next, sequence: whole.sequence, at: whole.at, payload, joined: true };
    }
    return whole;
  }

  private rouse(): void {
    this.twin.reach(this.world.now);
    this.twin.rouse();
  }

  private packet(protocol: number, payload: Buffer, source: string, ecn: number): void {
    const destination = this.addresses.local;
    const packet = ipv4({ source, destination, protocol, payload, id: 0, fragment: 0x4000 });
    if (ecn !== 0) setEcn(packet, ecn);
    this.twin.receive(
      ethernet(Uint8Array.from(KERNEL_MAC), REMOTE_MAC, IPV4, packet),
      this.world.now,
    );
  }

  private sent(frame: Uint8Array, at: number): void {
    const request = parseArp(frame);
    if (request?.operation === 1 && request.target !== address(this.addresses.local)) {
      const own = { operation: 2, senderHardware: REMOTE_MAC, sender: request.target };
      const reply = arp({
        ...own,
        targetHardware: Uint8Array.from(KERNEL_MAC),
        target: request.sender,
      });
      const answer = ethernet(Uint8Array.from(KERNEL_MAC), REMOTE_MAC, ARP, reply);
      this.world.at(at, () => this.twin.receive(answer, this.world.now));
    }
    const ip = parseIp(frame);
    if (!ip) return;
    const bytes = Buffer.from(frame.slice(ip.start, ip.end));
    if (ip.protocol === TCP) {
      const segment = readSegment(bytes, at, ip.source, ip.destination);
      this.segments.push({ ...segment, ecn: frame[15] & 3 });
    } else if (ip.protocol === UDP) this.datagrams.push(bytes.length - 8);
  }
}

/** Sets the ECN bits of a packet (RFC 3168 section 5), and corrects its checksum. */
function setEcn(packet: Buffer, ecn: number): void {
  packet[1] |= ecn;
  let sum = (~packet.readUInt16BE(10) & 0xffff) + ecn;
  sum = (sum & 0xffff) + (sum >>> 16);
  packet.writeUInt16BE(~sum & 0xffff, 10);
}
