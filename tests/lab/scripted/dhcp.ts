/** A scripted DHCP server around a client that runs in Node under virtual time (RFC 2131). */
import { address, udpDatagram } from "../packets/udp.ts";
import { type Exports, readString, writeBytes } from "./assembly.ts";

export const serverAddress = address("10.0.2.2");
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
];

export const types = { offer: 2, ack: 5, nak: 6 };

/** A message that the client sent, taken apart. */
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

export type Options = [number, Buffer | number[]][];

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
export const ips = (...list: string[]): Buffer => Buffer.concat(list.map((a) => u32(address(a))));

/** What an ordinary server sends beside type and server identifier. */
export function usual(lease = 3600): Options {
  return [
    [1, ips("255.255.255.0")],
    [3, ips("10.0.2.2")],
    [6, ips("10.0.2.3")],
    [51, u32(lease)],
  ];
}

export function encodeOptions(options: Options): Buffer {
  return Buffer.concat(
    options.map(([code, data]) =>
      Buffer.concat([Buffer.from([code, data.length]), Buffer.from(data)]),
    ),
  );
}

/** What a test may have otherwise than usual in a server's message. */
export interface Overrides {
  xid?: number;
  op?: number;
  htype?: number;
  hlen?: number;
  cookie?: number;
  chaddr?: Buffer;
  yiaddr?: string;
  server?: string | null;
  options?: Options;
  /** Instead of all options, End included. */
  raw?: Buffer;
  file?: Buffer;
  sname?: Buffer;
  sourcePort?: number;
  source?: string;
}

export class DhcpWorld {
  now = 0n;
  messages: ClientMessage[] = [];
  private seen = 0;

  constructor(readonly wasm: Exports) {}

  reset(seed = 1): void {
    this.wasm.reset(seed);
    this.now = 0n;
    this.messages = [];
    this.seen = 0;
  }

  get state(): string {
    return stateNames[this.wasm.state()];
  }
  get last(): ClientMessage {
    return this.messages[this.messages.length - 1];
  }
  text(pointer: number): string {
    return readString(this.wasm.memory, pointer);
  }
  get notes(): string {
    return this.text(this.wasm.notes());
  }

  poll(): void {
    this.wasm.poll(this.now);
    for (; this.seen < this.wasm.sentCount(); this.seen++)
      this.messages.push(this.parse(this.seen));
  }

  /** Lets time pass to `until`, stopping where the client wants to be called. */
  run(until: bigint): void {
    for (;;) {
      const at: bigint = this.wasm.pollAt();
      if (at > until) break;
      if (at > this.now) this.now = at;
      this.poll();
    }
    this.now = until;
    this.poll();
  }

  /** Sends a server's message of that type, as an answer to what the client sent last. */
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
    const header = Buffer.alloc(240);
    header[0] = overrides.op ?? 2;
    header[1] = overrides.htype ?? 1;
    header[2] = overrides.hlen ?? 6;
    header.writeUInt32BE((overrides.xid ?? this.last?.xid ?? 0) >>> 0, 4);
    header.writeUInt32BE(address(overrides.yiaddr ?? "10.0.2.15"), 16);
    header.set(overrides.chaddr ?? hardware, 28);
    if (overrides.sname) header.set(overrides.sname, 44);
    if (overrides.file) header.set(overrides.file, 108);
    header.writeUInt32BE(overrides.cookie ?? 0x63825363, 236);
    const server = overrides.server === undefined ? "10.0.2.2" : overrides.server;
    const first: Options = [[53, [type]]];
    if (server !== null) first.push([54, ips(server)]);
    const all = encodeOptions([...first, ...(overrides.options ?? usual())]);
    return Buffer.concat([header, overrides.raw ?? Buffer.concat([all, Buffer.from([255])])]);
  }

  /** From the start to a lease. */
  bind(options: Options = usual(), yiaddr = "10.0.2.15"): void {
    this.wasm.start(this.now);
    this.poll();
    this.reply(types.offer, { options, yiaddr });
    this.reply(types.ack, { options, yiaddr });
  }

  private parse(index: number): ClientMessage {
    const pointer: number = this.wasm.sentPointer(index);
    const bytes = Buffer.from(
      this.wasm.memory.buffer.slice(pointer, pointer + this.wasm.sentLength(index)),
    );
    const message = bytes.subarray(8);
    const options = new Map<number, Buffer>();
    for (let at = 240; at < message.length && message[at] !== 255; at += 2 + message[at + 1]) {
      options.set(message[at], message.subarray(at + 2, at + 2 + message[at + 1]));
    }
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
