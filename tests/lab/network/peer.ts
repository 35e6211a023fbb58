/**
 * A scripted host: it answers ARP and ping, hands UDP to whoever has the port, and speaks TCP
 * by tests/lab/network/tcp.ts. It checks what it gets, and drops what is not in order.
 */
import {
  address,
  arpFrame,
  be16,
  ICMP,
  ipFrame,
  parseArp,
  parseIp,
  setHeaderSum,
  TCP,
  transportRight,
  UDP,
} from "./packet.ts";
import { hardwareKey, type Switch } from "./switch.ts";
import { TcpStack } from "./tcp.ts";
import type { Station, World } from "./world.ts";

export interface Datagram {
  source: number;
  sourcePort: number;
  destination: number;
  destinationPort: number;
  data: Buffer;
}

const BROADCAST = new Uint8Array(6).fill(255);

export class Peer implements Station {
  readonly address: number;
  readonly tcp: TcpStack;
  /** False: pings are not answered. */
  answersPing = true;
  /** Packets with a wrong checksum that came. */
  spoilt = 0;
  readonly udp = new Map<number, (datagram: Datagram) => void>();
  /** Called for replies to `ping`, with the sequence number. */
  onPong: (sequence: number) => void = () => {};
  readonly port;
  /** ICMP errors that came: source, type and code. */
  readonly errors = new Set<string>();
  private key: number;
  private readonly neighbors = new Map<number, Uint8Array>();
  private readonly waiting = new Map<number, Array<(to: Uint8Array) => void>>();

  constructor(
    readonly world: World,
    private readonly network: Switch,
    readonly name: string,
    addressText: string,
    public hardware: Uint8Array,
  ) {
    this.address = address(addressText);
    this.key = hardwareKey(hardware, 0);
    this.tcp = new TcpStack(world, world.random.fork(), (to, length, fill) =>
      this.sendIp(to, TCP, length, fill),
    );
    this.port = network.connect(this);
  }

  receive(frame: Uint8Array): void {
    if ((frame[0] & 1) === 0 && hardwareKey(frame, 0) !== this.key) return;
    const arp = parseArp(frame);
    if (arp) {
      if (arp.sender !== 0) this.learn(arp.sender, arp.hardware);
      if (arp.operation === 1 && arp.target === this.address) {
        const to = { hardware: Uint8Array.from(arp.hardware), address: arp.sender };
        this.send(arpFrame(2, this, to));
      }
      return;
    }
    const ip = parseIp(frame);
    if (!ip) return;
    if (!transportRight(frame, ip)) {
      this.spoilt++;
      return;
    }
    const broadcast = ip.destination === 0xffffffff;
    if (ip.fragment !== 0 || (ip.destination !== this.address && !broadcast)) return;
    const data = Buffer.from(frame.buffer, frame.byteOffset + ip.start, ip.end - ip.start);
    if (ip.protocol === ICMP) this.receiveIcmp(ip.source, data);
    else if (ip.protocol === TCP && !broadcast) this.tcp.receive(ip.source, data);
    else if (ip.protocol === UDP) {
      const [sourcePort, destinationPort] = [be16(data, 0), be16(data, 2)];
      const { source, destination } = ip;
      const datagram = { source, sourcePort, destination, destinationPort, data: data.subarray(8) };
      this.udp.get(destinationPort)?.(datagram);
    }
  }

  send(frame: Uint8Array): void {
    this.network.send(this.port, frame, this.world.now);
  }

  /** Sends a datagram; to `hardware`, where ARP is not to be asked. */
  sendUdp(from: number, to: number, port: number, data: Uint8Array, hardware?: Uint8Array): void {
    const fill = (frame: Buffer, at: number) => {
      frame.writeUInt16BE(from, at);
      frame.writeUInt16BE(port, at + 2);
      frame.writeUInt16BE(8 + data.length, at + 4);
      frame.set(data, at + 8);
    };
    this.sendIp(to, UDP, 8 + data.length, fill, to === 0xffffffff ? BROADCAST : hardware);
  }

  /** Another hardware address from now on, which others find out by asking. */
  replaceCard(): void {
    this.hardware = Uint8Array.of(...this.hardware.subarray(0, 3), ...this.world.random.bytes(3));
    this.key = hardwareKey(this.hardware, 0);
  }

  /** The first fragment of an echo request, and never a second. */
  halfPing(to: number): void {
    const fill = (frame: Buffer, at: number) => {
      frame[at] = 8;
      frame.writeUInt16BE(0x2000, 20);
      setHeaderSum(frame);
    };
    this.sendIp(to, ICMP, 64, fill);
  }

  ping(to: number, sequence: number, data: Uint8Array): void {
    const fill = (frame: Buffer, at: number) => {
      frame[at] = 8;
      frame.writeUInt16BE(0x7777, at + 4);
      frame.writeUInt16BE(sequence, at + 6);
      frame.set(data, at + 8);
    };
    this.sendIp(to, ICMP, 8 + data.length, fill);
  }

  sendIp(
    to: number,
    protocol: number,
    length: number,
    fill: (frame: Buffer, at: number) => void,
    hardware?: Uint8Array,
  ): void {
    const ip = { source: this.address, destination: to, protocol };
    this.resolve(to, hardware, (known) => {
      this.send(ipFrame({ to: known, from: this.hardware }, ip, length, fill));
    });
  }

  private resolve(to: number, given: Uint8Array | undefined, done: (to: Uint8Array) => void) {
    const known = given ?? this.neighbors.get(to);
    if (known) {
      done(known);
      return;
    }
    const list = this.waiting.get(to) ?? [];
    if (list.length < 8) list.push(done);
    this.waiting.set(to, list);
    this.send(arpFrame(1, this, { hardware: BROADCAST, address: to }));
  }

  private learn(who: number, hardware: Uint8Array): void {
    this.neighbors.set(who, Uint8Array.from(hardware));
    const list = this.waiting.get(who) ?? [];
    this.waiting.delete(who);
    for (const done of list) done(Uint8Array.from(hardware));
  }

  private receiveIcmp(source: number, data: Buffer): void {
    if (data[0] === 0) this.onPong(be16(data, 6));
    if (data[0] === 3 || data[0] === 11) this.errors.add(`${source} ${data[0]} ${data[1]}`);
    if (data[0] !== 8 || !this.answersPing) return;
    const copy = Buffer.from(data);
    copy[0] = 0;
    copy.writeUInt16BE(0, 2);
    this.sendIp(source, ICMP, copy.length, (frame, at) => frame.set(copy, at));
  }
}
