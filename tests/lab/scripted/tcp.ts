/**
 * The scripted peer of the TCP tests: builds segments, reads those that go out, and moves the
 * virtual time of a table on to wherever it wants to be called next.
 */
import { type Exports, writeBytes } from "./assembly.ts";

export const GUEST = 0x0a00020f;
export const PEER = 0x0a000202;
export const SECOND = 1_000_000;

const FLAGS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 };

/** In the order of TcpState and SocketError. */
export const State = {
  Closed: 0,
  Listen: 1,
  SynSent: 2,
  SynReceived: 3,
  Established: 4,
  FinWait1: 5,
  FinWait2: 6,
  CloseWait: 7,
  Closing: 8,
  LastAck: 9,
  TimeWait: 10,
};
export const Failure = {
  None: 0,
  Refused: 1,
  Reset: 2,
  TimedOut: 3,
  Unreachable: 4,
  AddressGone: 5,
  NoResources: 6,
};
export const Icmp = {
  HostUnreachable: 0,
  ProtocolUnreachable: 1,
  PortUnreachable: 2,
  FragmentationNeeded: 3,
  Prohibited: 4,
  TimeExceeded: 5,
  ParameterProblem: 6,
};

export interface Fields {
  source?: number;
  destination?: number;
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgment?: number;
  flags: string;
  window?: number;
  urgent?: number;
  options?: number[];
  payload?: Uint8Array | string;
  /** The high four bits of byte 12, where they are to be wrong. */
  offset?: number;
  reserved?: number;
  badChecksum?: boolean;
}

/** A segment that went out, its numbers as on the wire. */
export interface Sent {
  at: number;
  sequence: number;
  acknowledgment: number;
  flags: string;
  window: number;
  options: number[];
  payload: Buffer;
  sourcePort: number;
  destinationPort: number;
  source: number;
  destination: number;
  checksumRight: boolean;
}

export function checksum(source: number, destination: number, bytes: Uint8Array): number {
  let sum = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
  sum += 6 + bytes.length;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export function build(fields: Fields): Buffer {
  const payload = Buffer.from(fields.payload ?? "");
  const options = [...(fields.options ?? [])];
  while (options.length % 4 !== 0) options.push(0);
  const bytes = Buffer.alloc(20 + options.length + payload.length);
  bytes.writeUInt16BE(fields.sourcePort, 0);
  bytes.writeUInt16BE(fields.destinationPort, 2);
  bytes.writeUInt32BE(fields.sequence >>> 0, 4);
  bytes.writeUInt32BE((fields.acknowledgment ?? 0) >>> 0, 8);
  bytes[12] = ((fields.offset ?? 5 + options.length / 4) << 4) | (fields.reserved ?? 0);
  bytes[13] = [...fields.flags].reduce((all, letter) => all | FLAGS[letter], 0);
  bytes.writeUInt16BE(fields.window ?? 65535, 14);
  bytes.writeUInt16BE(fields.urgent ?? 0, 18);
  bytes.set(options, 20);
  bytes.set(payload, 20 + options.length);
  const sum = checksum(fields.source ?? PEER, fields.destination ?? GUEST, bytes);
  bytes.writeUInt16BE(fields.badChecksum === true ? sum ^ 1 : sum, 16);
  return bytes;
}

/** Letters in the order of FLAGS. */
function flagsOf(value: number): string {
  return Object.keys(FLAGS)
    .filter((letter) => (value & FLAGS[letter]) !== 0)
    .join("");
}

export function parse(bytes: Buffer, at: number, source: number, destination: number): Sent {
  const header = (bytes[12] >>> 4) * 4;
  return {
    at,
    sequence: bytes.readUInt32BE(4),
    acknowledgment: bytes.readUInt32BE(8),
    flags: flagsOf(bytes[13]),
    window: bytes.readUInt16BE(14),
    options: [...bytes.subarray(20, header)],
    payload: bytes.subarray(header),
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    source,
    destination,
    checksumRight: checksum(source, destination, bytes) === 0,
  };
}

/** A table with a clock, and a peer in front of it. */
export class Bench {
  now = SECOND;
  /** The peer's initial sequence number and, once seen, the guest's. */
  peerInitial = 5000;
  guestInitial = 0;
  peerPort = 80;
  guestPort = 0;
  connection = 0;

  constructor(
    readonly wasm: Exports,
    seed = 1,
  ) {
    wasm.reset(seed);
  }

  get state(): number {
    return this.wasm.state(this.connection);
  }
  get error(): number {
    return this.wasm.errorOf(this.connection);
  }

  /** SND.UNA and SND.MAX, counted from 0 = the first byte of data. */
  unacknowledgedOf(): number {
    return this.wasm.unacknowledged(this.connection);
  }
  maximumOf(): number {
    return this.wasm.maximum(this.connection);
  }

  /** Hands a raw segment to the gate and the table; answers the reason of its drop, or 0. */
  arrive(bytes: Uint8Array, source = PEER, destination = GUEST): number {
    const [pointer, length] = writeBytes(this.wasm, bytes);
    return this.wasm.arrive(BigInt(this.now), source, destination, pointer, length);
  }

  /** A segment of the peer, with its numbers counted from 0 = the first byte after the SYN. */
  inject(flags: string, seq = 0, ack = 0, more: Partial<Fields> = {}): number {
    const fields: Fields = {
      sourcePort: this.peerPort,
      destinationPort: this.guestPort,
      sequence: (this.peerInitial + 1 + seq) >>> 0,
      acknowledgment: flags.includes("A") ? (this.guestInitial + 1 + ack) >>> 0 : 0,
      flags,
      ...more,
    };
    return this.arrive(build(fields), more.source, more.destination);
  }

  /** `inject`, one dispatch, and what went out. */
  send(flags: string, seq = 0, ack = 0, more: Partial<Fields> = {}): Sent[] {
    this.inject(flags, seq, ack, more);
    return this.out();
  }

  /** Dispatches once and takes what went out since the last time. */
  out(): Sent[] {
    this.wasm.dispatch(BigInt(this.now));
    return this.take();
  }

  /** What went out, without a dispatch. */
  take(): Sent[] {
    const all: Sent[] = [];
    for (let i = 0; i < this.wasm.sentCount(); i++) {
      const pointer: number = this.wasm.sentPointer(i);
      const length: number = this.wasm.sentLength(i);
      const bytes = Buffer.from(new Uint8Array(this.wasm.memory.buffer, pointer, length));
      const source = this.wasm.sentSource(i) >>> 0;
      const destination = this.wasm.sentDestination(i) >>> 0;
      all.push(parse(bytes, this.now, source, destination));
    }
    this.wasm.clearSent();
    return all;
  }

  /** Lets `micros` pass, dispatching whenever the table asks for it. */
  advance(micros: number): Sent[] {
    const end = this.now + micros;
    const all: Sent[] = [];
    for (;;) {
      const wanted = this.wasm.pollAt() as bigint;
      if (wanted > BigInt(end)) break;
      this.now = Math.max(this.now, Number(wanted));
      all.push(...this.out());
    }
    this.now = end;
    return all;
  }

  /** An active open, up to the SYN. */
  connect(): Sent {
    this.connection = this.wasm.connect(BigInt(this.now), PEER, this.peerPort);
    const [syn] = this.out();
    this.guestPort = syn.sourcePort;
    this.guestInitial = syn.sequence;
    return syn;
  }

  /** State T2: established by an active open; what the guest answers is taken away. */
  establish(options: number[] = [2, 4, 5, 180], window = 65535): this {
    this.connect();
    this.send("SA", -1, 0, { options, window });
    return this;
  }

  /** Established by a passive open on `port`. */
  accept(port = 80, options: number[] = [2, 4, 5, 180], window = 65535): number {
    const listener: number = this.wasm.listen(port, 8);
    this.guestPort = port;
    this.peerPort = 40000;
    const [synAck] = this.send("S", -1, 0, { options, window });
    this.guestInitial = synAck.sequence;
    this.send("A", 0, 0, { window });
    this.connection = this.wasm.accept(listener);
    return listener;
  }

  write(data: Uint8Array | string): number {
    const [pointer, length] = writeBytes(this.wasm, Buffer.from(data));
    return this.wasm.write(this.connection, pointer, length);
  }

  read(capacity = 1 << 20): Buffer {
    const pointer: number = this.wasm.block(capacity);
    const count: number = this.wasm.read(this.connection, pointer, capacity);
    return Buffer.from(new Uint8Array(this.wasm.memory.buffer, pointer, count));
  }

  /** A number of the guest's, counted from 0 = its first byte of data. */
  fromGuest(sequence: number): number {
    return (sequence - this.guestInitial - 1) | 0;
  }
  /** A number of the peer's, counted likewise. */
  fromPeer(sequence: number): number {
    return (sequence - this.peerInitial - 1) | 0;
  }

  /** An ICMP error that quotes a segment of this connection. */
  icmp(kind: number, seq: number, mtu = 0): void {
    const quote = build({
      sourcePort: this.guestPort,
      destinationPort: this.peerPort,
      sequence: (this.guestInitial + 1 + seq) >>> 0,
      flags: "A",
    });
    const [pointer] = writeBytes(this.wasm, quote.subarray(0, 8));
    this.wasm.arriveError(BigInt(this.now), kind, mtu, GUEST, PEER, pointer, 8);
  }
}

/** `length` bytes that tell where they stand. */
export function pattern(length: number, from = 0): Buffer {
  return Buffer.from(
    Array.from({ length }, (_, i) => ((from + i) * 131 + ((from + i) >> 8)) & 255),
  );
}
