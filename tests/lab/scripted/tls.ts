/** Drives the TLS streams of tests/lab/entries/tls.ts: a scripted engine over scripted streams. */
import assert from "node:assert/strict";
import { type Exports, load, readString, writeBytes, writeText } from "./assembly.ts";
import { Status } from "./streams.ts";

/** A record of the scripted engine's protocol. */
export function record(kind: string, body: Uint8Array | string = ""): Buffer {
  const bytes = Buffer.from(typeof body === "string" ? Buffer.from(body, "latin1") : body);
  const head = Buffer.from([kind.charCodeAt(0), bytes.length >> 8, bytes.length & 255]);
  return Buffer.concat([head, bytes]);
}
export const data = (text: string) =>
  record(
    "D",
    Buffer.from(text, "latin1").map((byte) => byte ^ 0x55),
  );
export const handshake = Buffer.concat([record("H", "one"), record("H", "two")]);
export const flags = (value: number) => Buffer.from(Uint32Array.of(value).buffer);

/** Returns the plaintext of data records. */
export function decode(sent: string): string {
  let plain = "";
  const bytes = Buffer.from(sent, "latin1");
  for (let at = 0; at < bytes.length; ) {
    assert.equal(String.fromCharCode(bytes[at]), "D");
    const end = at + 3 + bytes.readUInt16BE(at + 1);
    plain += Buffer.from(bytes.subarray(at + 3, end).map((byte) => byte ^ 0x55)).toString("latin1");
    at = end;
  }
  return plain;
}

export class TlsBench {
  now = 1n;
  private constructor(readonly wasm: Exports) {}

  static async load(): Promise<TlsBench> {
    return new TlsBench(await load("tests/lab/entries/tls.ts"));
  }

  reset(): void {
    this.wasm.reset();
    this.now = 1n;
  }

  // These are fields, so that tests can take them out of the bench.

  readonly text = (pointer: number): string => readString(this.wasm.memory, pointer);

  /** Opens a connection as the client; returns its number. */
  readonly connect = (host = "a.test", insecure = false, port = 443): number =>
    this.wasm.connect(...writeText(this.wasm, host), port, insecure, this.now);

  /** Delivers bytes. */
  readonly push = (stream: number, bytes: Uint8Array): void => {
    this.wasm.push(stream, ...writeBytes(this.wasm, bytes));
    this.wasm.poll(this.now);
  };

  /** Closes the peer's TCP end. */
  readonly finish = (stream: number): void => {
    this.wasm.setBelow(stream, Status.Finished, 0);
    this.wasm.poll(this.now);
  };

  /** Opens a connection and completes its handshake. */
  readonly open = (host?: string, insecure?: boolean): number => {
    const stream = this.connect(host, insecure);
    this.wasm.poll(this.now);
    this.push(stream, handshake);
    assert.equal(this.wasm.status(stream), Status.Open);
    return stream;
  };
}
