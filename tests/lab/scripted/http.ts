/** Drives the HTTP client (tests/lab/entries/http-client.ts): one exchange on scripted streams. */
import assert from "node:assert/strict";
import { type Exports, load, readString, writeBytes, writeText } from "./assembly.ts";

export const enum State {
  Connecting = 0,
  Open = 1,
  Finished = 2,
  Failed = 3,
}

/** Exit codes of curl. */
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
  tooLarge: 63,
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

  /** Begins a request; connections of earlier ones are kept unless `reset` was called. */
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

  /** Bytes arrive (Latin-1). */
  push(stream: number, text: string | Uint8Array): void {
    const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
    this.wasm.push(stream, ...writeBytes(this.wasm, bytes));
    this.poll();
  }

  /** The peer closes. */
  finish(stream: number): void {
    this.wasm.setState(stream, State.Finished, 0);
    this.poll();
  }

  /** The connection breaks: `kind` is a StreamFailure. */
  fail(stream: number, kind: number): void {
    this.wasm.setState(stream, State.Failed, kind);
    this.poll();
  }

  field(name: string): string {
    return readString(this.wasm.memory, this.wasm.field(...writeText(this.wasm, name)));
  }

  /** How it ended: "200 body" or "failed 56: words", or "pending". */
  outcome(): string {
    const { wasm } = this;
    if (!wasm.done()) return "pending";
    if (wasm.failure() !== 0) return `failed ${wasm.failure()}: ${this.text("message")}`;
    return `${wasm.status()} ${this.text("body")}`;
  }

  /** It has to have failed with that of curl's codes, in such words. */
  assertFailed(kind: number, words = /./): void {
    assert.match(this.outcome(), new RegExp(`^failed ${kind}: `));
    assert.match(this.outcome(), words);
  }

  /** One request on a fresh client, answered by `answer` cut at `cuts`; then the peer closes. */
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
