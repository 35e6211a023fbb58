/** Drives the HTTP client (tests/lab/entries/http-client.ts): one exchange on scripted streams. */
import assert from "node:assert/strict";
import { type Exports, load, readString, writeBytes, writeText } from "./assembly.ts";
import { type Failure, Status } from "./streams.ts";

/** curl's exit codes. */
export const failure = {
  none: 0,
  unsupported: 1,
  url: 3,
  resolve: 6,
  connect: 7,
  malformed: 8,
  incomplete: 18,
  sink: 23,
  timedOut: 28,
  handshake: 35,
  cancelled: 42,
  request: 43,
  redirects: 47,
  empty: 52,
  receive: 56,
  certificate: 60,
  coding: 61,
  tooLarge: 63,
  headTooLarge: 100,
} as const;

export interface Settings {
  method?: string;
  url?: string;
  fields?: Record<string, string>;
  omitted?: string[];
  body?: string;
  pattern?: number;
  follow?: boolean;
  timeout?: number;
  maximum?: number;
  compressed?: boolean;
}

export class HttpBench {
  now = 0n;

  private constructor(readonly wasm: Exports) {}

  static async load(): Promise<HttpBench> {
    return new HttpBench(await load("tests/lab/entries/http-client.ts"));
  }

  text(name: string, ...given: number[]): string {
    return readString(this.wasm.memory, this.wasm[name](...given));
  }

  /** Starts a request; earlier connections are kept unless `reset` was called. */
  start(settings: Settings = {}): void {
    const { wasm } = this;
    const method = writeText(wasm, settings.method ?? "GET");
    wasm.prepare(...method, ...writeText(wasm, settings.url ?? "http://a.test/"));
    for (const [name, value] of Object.entries(settings.fields ?? {})) {
      wasm.addField(...writeText(wasm, name), ...writeText(wasm, value));
    }
    for (const name of settings.omitted ?? []) wasm.omitField(...writeText(wasm, name));
    if (settings.body !== undefined) wasm.setBody(...writeText(wasm, settings.body));
    if (settings.pattern !== undefined) wasm.setPattern(settings.pattern);
    const timeout = BigInt(settings.timeout ?? 0);
    wasm.options(settings.follow ?? false, timeout, settings.maximum ?? 0);
    if (settings.compressed) wasm.decode();
    wasm.start(this.now);
    this.poll();
  }

  reset(): void {
    this.wasm.reset();
  }

  poll(after = 0): void {
    this.now += BigInt(after);
    this.wasm.poll(this.now);
  }

  /** Delivers bytes (Latin-1). */
  push(stream: number, text: string | Uint8Array): void {
    const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
    this.wasm.push(stream, ...writeBytes(this.wasm, bytes));
    this.poll();
  }

  /** Closes the peer's end. */
  finish(stream: number): void {
    this.wasm.setState(stream, Status.Finished, 0);
    this.poll();
  }

  /** Breaks the connection. */
  fail(stream: number, kind: Failure): void {
    this.wasm.setState(stream, Status.Failed, kind);
    this.poll();
  }

  field(name: string): string {
    return readString(this.wasm.memory, this.wasm.field(...writeText(this.wasm, name)));
  }

  /** Returns "200 body", "failed 56: reason", or "pending". */
  outcome(): string {
    const { wasm } = this;
    if (!wasm.done()) return "pending";
    if (wasm.failure() !== 0) return `failed ${wasm.failure()}: ${this.text("message")}`;
    return `${wasm.status()} ${this.text("body")}`;
  }

  /** Asserts that it failed with that exit code and a message that matches `words`. */
  assertFailed(kind: number, words = /./): void {
    assert.match(this.outcome(), new RegExp(`^failed ${kind}: `));
    assert.match(this.outcome(), words);
  }

  /**
   * Runs one request on a new client, responds with `answer` split at `cuts`, closes the stream if
   * the request has not ended, and returns the outcome.
   */
  once(answer: string, settings: Settings = {}, cuts: number[] = []): string {
    this.reset();
    this.start(settings);
    let from = 0;
    for (const cut of [...cuts, answer.length]) {
      this.push(0, answer.slice(from, cut));
      from = cut;
    }
    const before = this.outcome();
    if (before === "pending") this.finish(0);
    return this.outcome();
  }
}
