/**
 * A scripted host: answers ARP and ping, passes UDP to a port's handler, and speaks TCP (tcp.ts).
 * It drops malformed packets.
 */
import { arp, ethernet, fragments, icmp, ipv4, udpDatagram } from "../packets/build.ts";
import {
  ARP,
  address,
  BROADCAST,
  be16,
  be32,
  hardware,
  ICMP,
  IPV4,
  TCP,
  UDP,
} from "../packets/bytes.ts";
import { parseArp, parseIp, transportRight } from "../packets/read.ts";
import { tcpSegment } from "../packets/tcp.ts";
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

const EVERYBODY = hardware(BROADCAST);
const PING = 0x7777_0000;

export class Peer implements Station {
  readonly address: number;
  readonly tcp: TcpStack;
  /** Whether it replies to pings. */
  answersPing = true;
  /** Other addresses that it receives packets for, as a cloud's router does for its services. */
  readonly services = new Set<number>();
  /** Packets received with a wrong checksum or length of ICMP, UDP or TCP. */
  badChecksums = 0;
  readonly udp = new Map<number, (datagram: Datagram) => void>();
  /** Called with the sequence number of each reply to `ping`. */
  onPong: (sequence: number) => void = () => {};
  readonly port;
  /** ICMP errors of types 3 and 11 received: source, type and code. */
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
    this.tcp = new TcpStack(world, world.random.fork(), (to, fields) => {
      const segment = tcpSegment({ ...fields, source: this.address, destination: to });
      this.sendIp(to, TCP, segment);
    });
    this.port = network.connect(this);
  }

  receive(frame: Uint8Array): void {
    if ((frame[0] & 1) === 0 && hardwareKey(frame, 0) !== this.key) return;
    const packet = parseArp(frame);
    if (packet) {
      if (packet.sender !== 0) this.learn(packet.sender, packet.hardware);
      if (packet.operation === 1 && packet.target === this.address) {
        this.sendArp(2, Uint8Array.from(packet.hardware), packet.sender);
      }
      return;
    }
    const ip = parseIp(frame);
    if (!ip) return;
    if (!transportRight(frame, ip)) {
      this.badChecksums++;
      return;
    }
    const broadcast = ip.destination === 0xffffffff;
    const mine = ip.destination === this.address || this.services.has(ip.destination);
    if (ip.fragment !== 0 || !(mine || broadcast)) return;
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

  /** Sends a datagram; without ARP if `hardware` is given. */
  sendUdp(from: number, to: number, port: number, data: Uint8Array, hardware?: Uint8Array): void {
    const datagram = udpDatagram(
      { address: this.address, port: from },
      { address: to, port },
      data,
    );
    this.sendIp(to, UDP, datagram, to === 0xffffffff ? EVERYBODY : hardware);
  }

  /** Refuses datagrams to a port with ICMP's "port unreachable". */
  refuseUdp(port: number): void {
    this.udp.set(port, ({ source, sourcePort, data }) => {
      const from = { address: source, port: sourcePort };
      const payload = udpDatagram(from, { address: this.address, port }, data);
      const ip = { source, destination: this.address, protocol: UDP, id: 0, fragment: 0x4000 };
      this.sendIp(source, ICMP, icmp(3, 3, 0, ipv4({ ...ip, payload }).subarray(0, 28)));
    });
  }

  /** Takes a new hardware address, and announces it with an ARP request, a reply, or not at all. */
  replaceCard(announcement: "request" | "reply" | "none"): void {
    this.hardware = Uint8Array.of(...this.hardware.subarray(0, 3), ...this.world.random.bytes(3));
    this.key = hardwareKey(this.hardware, 0);
    if (announcement === "none") return;
    this.sendArp(announcement === "request" ? 1 : 2, EVERYBODY, this.address);
  }

  /** Sends only the first fragment of an echo request. */
  halfPing(to: number): void {
    const ip = { source: this.address, destination: to, protocol: ICMP, id: 0 };
    const [half] = fragments({ ...ip, payload: icmp(8, 0, 0, Buffer.alloc(56)) }, [[0, 64, true]]);
    this.sendPacket(to, half);
  }

  ping(to: number, sequence: number, data: Uint8Array): void {
    this.sendIp(to, ICMP, icmp(8, 0, PING | sequence, data));
  }

  /** Sends a packet with DF set, and so with identification 0 (RFC 6864). */
  sendIp(to: number, protocol: number, payload: Uint8Array, hardware?: Uint8Array): void {
    const ip = { source: this.address, destination: to, protocol, id: 0, fragment: 0x4000 };
    this.sendPacket(to, ipv4({ ...ip, payload }), hardware);
  }

  private sendPacket(to: number, packet: Buffer, hardware?: Uint8Array): void {
    this.resolve(to, hardware, (known) => {
      this.send(ethernet(known, this.hardware, IPV4, packet));
    });
  }

  /** Sends an ARP request (1) to all, or a reply (2) (RFC 826). */
  private sendArp(operation: number, to: Uint8Array, target: number): void {
    const sender = { senderHardware: this.hardware, sender: this.address };
    const targetHardware = operation === 1 ? undefined : to;
    const packet = arp({ operation, ...sender, targetHardware, target });
    this.send(ethernet(to, this.hardware, ARP, packet));
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
    this.sendArp(1, EVERYBODY, to);
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
    this.sendIp(source, ICMP, icmp(0, data[1], be32(data, 4), data.subarray(8)));
  }
}
