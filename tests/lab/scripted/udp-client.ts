/** A client of a UDP service, run in Node in virtual time; the test acts as its server. */
import { type Exports, readBytes, readString } from "./assembly.ts";

export abstract class UdpClient<Message> {
  now = 0n;
  /** What the client has sent, oldest first; tests may remove what they have seen. */
  messages: Message[] = [];
  private read = 0;

  constructor(readonly wasm: Exports) {}

  /** Parses a datagram that was sent; `index` counts from 0. */
  protected abstract parse(datagram: Buffer, index: number): Message;

  /** Replaces the client by a new one. */
  protected recreate(seed: number): void {
    this.wasm.reset(seed);
    this.now = 0n;
    this.messages = [];
    this.read = 0;
  }

  /** The latest message. */
  get last(): Message {
    return this.messages[this.messages.length - 1];
  }

  text(pointer: number): string {
    return readString(this.wasm.memory, pointer);
  }

  poll(): void {
    const { wasm } = this;
    wasm.poll(this.now);
    for (; this.read < wasm.sentCount(); this.read++) {
      const [pointer, length] = [wasm.sentPointer(this.read), wasm.sentLength(this.read)];
      const datagram = readBytes(wasm, pointer, length);
      this.messages.push(this.parse(datagram, this.read));
    }
  }

  /** Lets time pass to `until`, polling the client when it is due. */
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
}
