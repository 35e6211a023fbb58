/** A kernel with a program in it that calls the public API (net/api.ts) as Node tells it to. */
import { compile, type Exports, readString, writeText } from "../scripted/assembly.ts";
import { SecurePair } from "./secure-pair.ts";
import type { TwinOptions } from "./twin.ts";

/** A kernel whose API tests call. Results are pinned, so that the collector leaves them alone. */
export class Program {
  private readonly kept = new Set<number>();

  private constructor(readonly pair: SecurePair) {}

  static async boot(client: TwinOptions = {}): Promise<Program> {
    process.env.KERNEL_WASM = await compile("tests/lab/entries/api.ts");
    return new Program(await SecurePair.boot({ client }));
  }

  get api(): Exports {
    return this.pair.client.exports;
  }
  get gateway() {
    return this.pair.gateway;
  }

  /** Calls a function that returns an object, or 0 for null. */
  object(name: string, ...words: (number | string)[]): number {
    const answer: number = this.api[name](...words.map((word) => this.argument(word)));
    return this.keep(answer);
  }
  /** Calls a function that returns a number, or a bool as 0 or 1. */
  call(name: string, ...words: (number | string)[]): number {
    return this.api[name](...words.map((word) => this.argument(word)));
  }
  /** Calls a function that returns a string. */
  says(name: string, ...words: (number | string)[]): string {
    return readString(this.api.memory, this.call(name, ...words));
  }
  private argument(word: number | string): number {
    if (typeof word === "number") return word;
    const [pointer, length] = writeText(this.api, word);
    return this.keep(this.api.text(pointer, length));
  }
  private keep(object: number): number {
    if (object !== 0 && !this.kept.has(object)) this.api.__pin(object);
    this.kept.add(object);
    return object;
  }

  /** Returns a Uint8Array with the bytes of a text. */
  bytes(text: string): number {
    const array = this.object("bytes", text.length);
    Buffer.from(this.api.memory.buffer).write(text, this.start(array), "latin1");
    return array;
  }
  /** Calls a function that fills an array; returns the bytes read, or "end" if it returns -1. */
  read(name: string, handle: number, capacity = 4096): string {
    const array = this.bytes("?".repeat(capacity));
    const length = this.call(name, handle, array);
    if (length < 0) return "end";
    return Buffer.from(this.api.memory.buffer)
      .toString("latin1", this.start(array))
      .slice(0, length);
  }
  /** Returns the address of an array's bytes: the second word of an ArrayBufferView. */
  private start(array: number): number {
    return new DataView(this.api.memory.buffer).getUint32(array + 4, true);
  }

  /** Returns a function that returns the IPv4 frames that the kernel has sent since this call. */
  tap(): () => Buffer[] {
    const frames: Buffer[] = [];
    this.pair.network.taps.push((frame, _time, from) => {
      const ipv4 = Buffer.from(frame).readUInt16BE(12) === 0x0800;
      if (ipv4 && from === this.pair.clientPort.station) frames.push(Buffer.from(frame));
    });
    return () => frames;
  }

  pass(seconds: number): void {
    this.pair.world.pass(seconds);
  }
}
