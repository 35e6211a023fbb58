/**
 * The scripted peer of the TCP tests: sends segments, reads those that the host sends, and
 * advances virtual time.
 */
import { readSegment, type SegmentFields, type Sent, tcpSegment } from "../packets/tcp.ts";
import { type Exports, readBytes, readString, writeBytes } from "./assembly.ts";

export const GUEST = 0x0a00020f;
export const PEER = 0x0a000202;
export const SECOND = 1_000_000;

/** As net/socket/tcp/state.ts. */
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
/** As net/socket/error.ts. */
export const SocketError = {
  None: 0,
  Refused: 1,
  Reset: 2,
  TimedOut: 3,
  Unreachable: 4,
  AddressGone: 5,
  NoResources: 6,
  NetworkUnreachable: 7,
  InvalidArgument: 8,
  Denied: 9,
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

/** Counters that nearly every segment moves. */
const FREQUENT = new Set(
  ["TcpInSegs", "TcpOutSegs", "TcpExtTCPPureAcks", "TcpExtTCPOrigDataSent"].concat(
    ["Hits", "Acks"].map((kind) => `TcpExtTCPHP${kind}`),
  ),
);

/** A host with a clock and a peer. */
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

  /** Returns all counters, by the names that nstat prints. */
  counters(): Map<string, number> {
    const names = readString(this.wasm.memory, this.wasm.counterNames()).split(" ");
    return new Map(names.map((name, index) => [name, Number(this.wasm.counter(index))]));
  }
  counter(name: string): number | undefined {
    return this.counters().get(name);
  }

  /** Returns by how much `action` moved each counter, without "Tcp" and "TcpExt". */
  moved(action: () => unknown, all = false): Record<string, number> {
    const before = this.counters();
    action();
    const changes: Record<string, number> = {};
    for (const [name, value] of this.counters()) {
      const change = value - (before.get(name) ?? 0);
      if (change !== 0 && (all || !FREQUENT.has(name))) {
        changes[name.replace(/^TcpExt(TCP)?|^Tcp/, "")] = change;
      }
    }
    return changes;
  }

  /** SND.UNA and SND.MAX, counted from the first byte of data. */
  unacknowledgedOf(): number {
    return this.wasm.unacknowledged(this.connection);
  }
  maximumOf(): number {
    return this.wasm.maximum(this.connection);
  }

  /** Passes a raw segment to the gate and to TCP; returns the reason of its drop, or 0. */
  arrive(bytes: Uint8Array, source = PEER, destination = GUEST): number {
    const [pointer, length] = writeBytes(this.wasm, bytes);
    return this.wasm.arrive(BigInt(this.now), source, destination, pointer, length);
  }

  /** Sends a segment of the peer's; its numbers count from the first byte after the SYN. */
  inject(flags: string, seq = 0, ack = 0, more: Partial<SegmentFields> = {}): number {
    const fields: SegmentFields = {
      sourcePort: this.peerPort,
      destinationPort: this.guestPort,
      sequence: (this.peerInitial + 1 + seq) >>> 0,
      acknowledgment: flags.includes("A") ? (this.guestInitial + 1 + ack) >>> 0 : 0,
      flags,
      ...more,
    };
    return this.arrive(tcpSegment(fields), more.source, more.destination);
  }

  /** Sends a segment as `inject` does, dispatches once, and returns what was sent. */
  send(flags: string, seq = 0, ack = 0, more: Partial<SegmentFields> = {}): Sent[] {
    this.inject(flags, seq, ack, more);
    return this.out();
  }

  /** Dispatches once and returns what was sent since the last call. */
  out(): Sent[] {
    this.wasm.dispatch(BigInt(this.now));
    return this.take();
  }

  /** Returns what was sent, without dispatching. */
  take(): Sent[] {
    const all: Sent[] = [];
    for (let i = 0; i < this.wasm.sentCount(); i++) {
      const pointer: number = this.wasm.sentPointer(i);
      const length: number = this.wasm.sentLength(i);
      const bytes = readBytes(this.wasm, pointer, length);
      const source = this.wasm.sentSource(i) >>> 0;
      const destination = this.wasm.sentDestination(i) >>> 0;
      all.push(readSegment(bytes, this.now, source, destination));
    }
    this.wasm.clearSent();
    return all;
  }

  /** Lets `micros` pass, dispatching when TCP is due; returns what was sent. */
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

  /** Begins an active open, and returns the SYN. */
  connect(): Sent {
    this.connection = this.wasm.connect(BigInt(this.now), PEER, this.peerPort);
    const [syn] = this.out();
    this.guestPort = syn.sourcePort;
    this.guestInitial = syn.sequence;
    return syn;
  }

  /** Enters state T2 of the catalogue, by an active open; discards the guest's segments. */
  establish(options: number[] = [2, 4, 5, 180], window = 65535): this {
    this.connect();
    this.send("SA", -1, 0, { options, window });
    return this;
  }

  /** Establishes a connection by a passive open on `port`; returns the listener. */
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
    const pointer: number = this.wasm.allocateBytes(capacity);
    const count: number = this.wasm.read(this.connection, pointer, capacity);
    return readBytes(this.wasm, pointer, count);
  }

  /** Sends data that nobody reads until the guest's window is closed; returns how much. */
  closeWindow(): number {
    let had = -1;
    while (had !== this.wasm.readable(this.connection)) {
      had = this.wasm.readable(this.connection);
      this.send("A", had, 0, { payload: pattern(1024, had) });
    }
    return had;
  }

  /** Returns a SACK option; numbers count from the guest's first byte of data. */
  sack(...pairs: [number, number][]): number[] {
    const bytes = Buffer.alloc(4 + 8 * pairs.length);
    bytes.set([1, 1, 5, 2 + 8 * pairs.length]);
    for (const [i, [from, to]] of pairs.entries()) {
      bytes.writeUInt32BE((this.guestInitial + 1 + from) >>> 0, 4 + 8 * i);
      bytes.writeUInt32BE((this.guestInitial + 1 + to) >>> 0, 8 + 8 * i);
    }
    return [...bytes];
  }

  /** Converts a sequence number of the guest's: counted from its first byte of data. */
  fromGuest(sequence: number): number {
    return (sequence - this.guestInitial - 1) | 0;
  }
  /** Converts a sequence number of the peer's: counted from its first byte of data. */
  fromPeer(sequence: number): number {
    return (sequence - this.peerInitial - 1) | 0;
  }

  /** Delivers an ICMP error that quotes a segment of this connection. */
  icmp(kind: number, seq: number, mtu = 0): void {
    const quote = tcpSegment({
      sourcePort: this.guestPort,
      destinationPort: this.peerPort,
      sequence: (this.guestInitial + 1 + seq) >>> 0,
      flags: "A",
    });
    const [pointer] = writeBytes(this.wasm, quote.subarray(0, 8));
    this.wasm.arriveError(BigInt(this.now), kind, mtu, GUEST, PEER, pointer);
  }
}

/** Returns `length` bytes that identify their offset. */
export function pattern(length: number, from = 0): Buffer {
  return Buffer.from(
    Array.from({ length }, (_, i) => ((from + i) * 131 + ((from + i) >> 8)) & 255),
  );
}

/** Returns the timestamps option, aligned. */
export function timestampsOption(value: number, echo: number): number[] {
  const bytes = Buffer.from([1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt32BE(value >>> 0, 4);
  bytes.writeUInt32BE(echo >>> 0, 8);
  return [...bytes];
}
