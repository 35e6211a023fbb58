/** A scripted DHCP server around a client that runs in Node in virtual time (RFC 2131). */
import { udpDatagram } from "../packets/build.ts";
import { address } from "../packets/bytes.ts";
import {
  type DhcpFields,
  DhcpType,
  dhcpMessage,
  ips,
  leaseOptions,
  type Options,
  readOptions,
} from "../packets/dhcp.ts";
import { writeBytes } from "./assembly.ts";
import { UdpClient } from "./udp-client.ts";

export const hardware = Buffer.from("525400123456", "hex");
export const broadcast = 0xffffffff;
export const second = 1_000_000n;

export const stateNames = [
  "stopped",
  "init",
  "selecting",
  "requesting",
  "rebooting",
  "bound",
  "renewing",
  "rebinding",
  "releasing",
  "informing",
  "informed",
];

export const types = { offer: DhcpType.Offer, ack: DhcpType.Ack, nak: DhcpType.Nak };

/** A message from the client, parsed. */
export interface ClientMessage {
  at: bigint;
  type: number;
  xid: number;
  seconds: number;
  flags: number;
  ciaddr: number;
  source: number;
  destination: number;
  length: number;
  options: Map<number, Buffer>;
}

/** The usual options of a server, besides type and server identifier. */
export const usual = (lease = 3600): Options =>
  leaseOptions(lease, { router: "10.0.2.2", dnsServers: ["10.0.2.3"] });

/** Differences from the usual message. */
export interface Overrides extends Partial<DhcpFields> {
  server?: string | null;
  sourcePort?: number;
  source?: string;
}

export class DhcpBench extends UdpClient<ClientMessage> {
  reset(seed = 1): void {
    this.recreate(seed);
  }

  get state(): string {
    return stateNames[this.wasm.state()];
  }
  get notes(): string {
    return this.text(this.wasm.notes());
  }

  /** Sends a server's message of that type in reply to the client's last one. */
  reply(type: number, overrides: Overrides = {}): void {
    const from = {
      address: address(overrides.source ?? "10.0.2.2"),
      port: overrides.sourcePort ?? 67,
    };
    const message = this.build(type, overrides);
    const datagram = udpDatagram(from, { address: broadcast, port: 68 }, message);
    this.wasm.arrive(from.address, broadcast, ...writeBytes(this.wasm, datagram));
    this.poll();
  }

  build(type: number, overrides: Overrides): Buffer {
    const { server = "10.0.2.2", options = usual(), ...fields } = overrides;
    const first: Options = [[53, [type]]];
    if (server !== null) first.push([54, ips(server)]);
    return dhcpMessage({
      xid: this.last?.xid ?? 0,
      chaddr: hardware,
      yiaddr: "10.0.2.15",
      options: [...first, ...options],
      ...fields,
    });
  }

  /** Goes from the start to a lease. */
  bind(options: Options = usual(), yiaddr = "10.0.2.15"): void {
    this.wasm.start(this.now);
    this.poll();
    this.reply(types.offer, { options, yiaddr });
    this.reply(types.ack, { options, yiaddr });
  }

  protected parse(datagram: Buffer, index: number): ClientMessage {
    const message = datagram.subarray(8);
    const options = readOptions(message);
    return {
      at: this.now,
      type: options.get(53)?.[0] ?? 0,
      xid: message.readUInt32BE(4),
      seconds: message.readUInt16BE(8),
      flags: message.readUInt16BE(10),
      ciaddr: message.readUInt32BE(12),
      source: this.wasm.sentSource(index) >>> 0,
      destination: this.wasm.sentDestination(index) >>> 0,
      length: message.length,
      options,
    };
  }
}
