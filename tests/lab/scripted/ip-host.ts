/** A host under test; the test acts as the other end of its wire. */
import { afterEach, beforeEach } from "node:test";
import { arp, ethernet, type Ipv4Fields, icmp, ipv4 } from "../packets/build.ts";
import { ARP, address, hardwareNumber, ICMP, IPV4 } from "../packets/bytes.ts";
import { type Parsed, parse } from "../packets/read.ts";
import { type Exports, load, readBytes, readString, writeBytes, writeText } from "./assembly.ts";

export const guest = { hardware: "52:54:00:12:34:56", address: "10.0.2.15" };
export const gateway = { hardware: "52:55:0a:00:02:02", address: "10.0.2.2" };
export const dns = { hardware: "52:55:0a:00:02:03", address: "10.0.2.3" };
export const attacker = { hardware: "02:00:00:00:00:66", address: "10.0.2.66" };
export const OFF_LINK = "203.0.113.9";

export const NeighborState = {
  free: 0,
  incomplete: 1,
  reachable: 2,
  stale: 3,
  delay: 4,
  probe: 5,
  failed: 6,
  permanent: 7,
};

const SECOND = 1_000_000n;

export class Host {
  now = 10n * SECOND;
  /** The identifier of the echo requests that `ping` sends. */
  identifier = 0;
  readonly scratch: number;

  private constructor(readonly wasm: Exports) {
    this.scratch = wasm.allocateBytes(65536);
  }

  static async create(): Promise<Host> {
    return new Host(await load("tests/lab/entries/ip.ts"));
  }

  /** Creates a host that has just come up, without an address. */
  reset(seed = 1): void {
    this.wasm.reset(hardwareNumber(guest.hardware), seed);
    this.turn();
  }

  /** Enters state S1 of the catalogue: configured and idle, the gateway cached. */
  configure(seed = 1): void {
    this.reset(seed);
    this.wasm.setAddress(0, address(guest.address), 24);
    this.wasm.addRoute(0, 0, 0, address(gateway.address), 0);
    this.pass(3);
    this.know(gateway);
    this.sent();
  }

  /** Makes the host resolve a neighbor's hardware address. */
  know(peer: { hardware: string; address: string }): void {
    this.ping(peer.address);
    this.turn();
    this.answer(peer);
    this.turn();
    this.sent();
  }

  /** Puts frames on the wire and runs a turn. */
  receive(...frames: Buffer[]): void {
    for (const frame of frames) this.inject(frame);
    this.turn();
  }

  inject(frame: Buffer, index = 0): boolean {
    new Uint8Array(this.wasm.memory.buffer, this.scratch, frame.length).set(frame);
    return this.wasm.inject(index, this.scratch, frame.length) === 1;
  }

  /** Polls until nothing is due; returns how often. */
  turn(): number {
    let polls = 1;
    while (this.wasm.poll(this.now)) {
      if (++polls > 10_000) throw new Error("the IP layer never comes to rest");
    }
    return polls;
  }

  /** Lets time pass, in seconds, polling the layer when it is due. */
  pass(seconds: number): void {
    const end = this.now + BigInt(Math.round(seconds * 1e6));
    for (;;) {
      const at: bigint = this.wasm.pollAt(this.now);
      if (at > end) break;
      if (at > this.now) this.now = at;
      this.turn();
    }
    this.now = end;
    this.turn();
  }

  /** Returns the frames sent since the last call. */
  sent(index = 0): Parsed[] {
    return this.frames(index).map(parse);
  }

  frames(index = 0): Buffer[] {
    const frames: Buffer[] = [];
    for (;;) {
      const pointer: number = this.wasm.take(index);
      if (pointer === 0) return frames;
      const length: number = this.wasm.takenLength();
      frames.push(readBytes(this.wasm, pointer, length));
    }
  }

  drops(name: string, index = 0): number {
    const count = Number(this.wasm.drops(index, ...writeText(this.wasm, name)));
    if (count < 0) throw new Error(`there is no drop named ${name}`);
    return count;
  }

  routes(): string[] {
    return readString(this.wasm.memory, this.wasm.routes()).split("\n").slice(0, -1);
  }

  state(of: string): number {
    return this.wasm.neighborState(0, address(of));
  }

  /** Sends an echo request from the host. */
  ping(to: string, sequence = 1, length = 8): void {
    this.identifier = this.wasm.echoOpen();
    this.wasm.echoSend(address(to), sequence, length, this.now);
  }

  /** Answers an ARP request for `peer`. */
  answer(peer: { hardware: string; address: string }): void {
    this.inject(arpReply(peer));
  }

  /** Sends bytes from the open UDP socket. */
  udpSend(payload: Uint8Array, to: string, port: number): boolean {
    return this.wasm.udpSend(...writeBytes(this.wasm, payload), address(to), port) === 1;
  }

  udpReceive(): Buffer | undefined {
    const length: number = this.wasm.udpReceive(this.scratch, 65536);
    if (length < 0) return undefined;
    return readBytes(this.wasm, this.scratch, length);
  }
}

export function arpReply(peer: { hardware: string; address: string }): Buffer {
  const fields = {
    operation: 2,
    senderHardware: peer.hardware,
    sender: peer.address,
    targetHardware: guest.hardware,
    target: guest.address,
  };
  return ethernet(guest.hardware, peer.hardware, ARP, arp(fields));
}

export function arpRequest(peer: { hardware: string; address: string }, target: string): Buffer {
  const fields = { operation: 1, senderHardware: peer.hardware, sender: peer.address, target };
  return ethernet("ff:ff:ff:ff:ff:ff", peer.hardware, ARP, arp(fields));
}

/** A packet from the gateway to the guest in a frame; `fields` override its header. */
export function packet(fields: Partial<Ipv4Fields>, padding: number | null = 0): Buffer {
  const whole = { source: gateway.address, destination: guest.address, protocol: ICMP, ...fields };
  return ethernet(guest.hardware, gateway.hardware, IPV4, ipv4(whole), padding);
}

/** Puts a finished packet into a frame. */
export function framed(ip: Buffer, padding: number | null = 0): Buffer {
  return ethernet(guest.hardware, gateway.hardware, IPV4, ip, padding);
}

/** An echo request from the gateway, with data that identifies the reply. */
export function echoRequest(fields: Partial<Ipv4Fields> = {}, data = Buffer.from("ping")): Buffer {
  return packet({ payload: icmp(8, 0, 0x00070001, data), ...fields });
}

/** Returns the ICMP messages among the frames sent, as [type, code]. */
export function icmpTypes(frames: Parsed[]): Array<[number, number]> {
  return frames.flatMap((frame) =>
    frame.ip?.protocol === ICMP
      ? [[frame.ip.payload[0], frame.ip.payload[1]] as [number, number]]
      : [],
  );
}

/** Returns a host for all tests of a file: configured before each, checked after it. */
export async function hostForTests(): Promise<Host> {
  const host = await Host.create();
  beforeEach(() => host.configure());
  afterEach(() => assertAlive(host));
  return host;
}

/** Asserts what each row of the catalogue requires: the host replies, its memory is in order. */
export function assertAlive(host: Host): void {
  host.pass(2);
  host.sent();
  host.receive(echoRequest({ id: 0x7777 }, Buffer.from("still there?")));
  let sent = host.sent();
  if (sent.some((frame) => frame.arp?.target === gateway.address)) {
    host.receive(arpReply(gateway));
    sent = sent.concat(host.sent());
  }
  const replies = sent.filter((frame) => frame.ip?.payload[0] === 0);
  const data = replies[0]?.ip?.payload.subarray(8).toString();
  if (replies.length !== 1 || data !== "still there?") throw new Error("no reply to a ping");
  const leaked: number = host.wasm.framesInUse();
  if (leaked !== 0) throw new Error(`${leaked} frames are missing from the pool`);
  if (!host.wasm.neighborsConsistent(0)) throw new Error("the neighbor cache is inconsistent");
}
