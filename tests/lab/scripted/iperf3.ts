/** Drives an iperf3 client or server (tests/lab/entries/iperf3.ts), and speaks its protocol. */
import { type Exports, load, readString, writeBytes } from "./assembly.ts";
import { type Failure, Status } from "./streams.ts";

/** The bytes of the control connection. */
export const state = {
  testStart: 1,
  testRunning: 2,
  testEnd: 4,
  parameterExchange: 9,
  createStreams: 10,
  serverTerminate: 11,
  clientTerminate: 12,
  exchangeResults: 13,
  displayResults: 14,
  done: 16,
  serverError: 254,
  accessDenied: 255,
} as const;

/** Returns a JSON message after its length. */
export function message(value: unknown): Buffer {
  const text = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
}

/** Returns the results that the peer of a test with these streams reports. */
export function results(bytes: number[], retransmits = -1, time = 2) {
  const streams = bytes.map((count, i) => ({
    id: i === 0 ? 1 : i + 2,
    bytes: count,
    retransmits,
    jitter: 0,
    errors: 0,
    packets: 0,
    start_time: 0,
    end_time: time,
  }));
  const cpu = { cpu_util_total: 0.5, cpu_util_user: 0.25, cpu_util_system: 1e-5 };
  return { ...cpu, sender_has_retransmits: retransmits < 0 ? -1 : 1, streams };
}

export class Iperf3Bench {
  now = 0;

  private constructor(readonly wasm: Exports) {}

  static async load(): Promise<Iperf3Bench> {
    return new Iperf3Bench(await load("tests/lab/entries/iperf3.ts"));
  }

  client({ parallel = 1, seconds = 2, bytes = 0, reverse = false } = {}): void {
    this.now = 1000;
    this.wasm.startClient(parallel, BigInt(bytes > 0 ? 0 : seconds), BigInt(bytes), reverse);
    this.pass(0);
  }

  server(interval = 0): void {
    this.now = 1000;
    this.wasm.startServer(BigInt(interval));
  }

  /** Lets time pass, in seconds, and polls. */
  pass(seconds: number): void {
    this.now += Math.round(seconds * 1e6);
    for (let i = 0; i < 1000 && this.wasm.poll(BigInt(this.now)); i++);
  }

  connect(first: Uint8Array = new Uint8Array()): number {
    const stream: number = this.wasm.connect();
    this.send(stream, first);
    return stream;
  }

  send(stream: number, ...parts: (number | Uint8Array)[]): void {
    const bytes = parts.flatMap((part) => (typeof part === "number" ? [part] : [...part]));
    if (bytes.length > 0) this.wasm.push(stream, ...writeBytes(this.wasm, Buffer.from(bytes)));
    this.pass(0);
  }

  /** Ends a stream from the peer's side. */
  end(stream: number, status: Status = Status.Finished, kind: Failure = 0): void {
    this.wasm.setState(stream, status, kind);
    this.pass(0);
  }

  text(name: string, ...given: number[]): string {
    return readString(this.wasm.memory, this.wasm[name](...given));
  }

  /** Returns what was sent on a stream since the last call. */
  sent(stream: number): Buffer {
    return Buffer.from(this.text("sent", stream), "latin1");
  }

  /** Returns the lines printed since the last call. */
  lines(): string[] {
    const text = this.text("printed");
    return text === "" ? [] : text.split("\n");
  }
}
