/** Records and handshake messages over a socket, well-formed or not. */
import type { Socket } from "node:net";
import { Reader, u16, vector } from "./bytes.ts";
import { type Content, hash, type Protection } from "./keys.ts";

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
/** The number of records that a flood sends in one write. */
const FLOOD = 500;
const FATAL = 2;
const CLOSE_NOTIFY = 0;

/** The other side ended the connection, perhaps with an alert. */
export class Ended extends Error {
  constructor(readonly alert: number | undefined) {
    super(`ended, alert ${alert}`);
  }
}

export class Wire {
  writing: Protection | undefined;
  reading: Protection | undefined;
  /** The handshake messages so far. */
  transcript: Buffer[] = [];
  /** The maximum number of bytes of a handshake message in one record. */
  fragment = 1 << 14;
  /** Whether `tell` holds messages back until `flush`, to send them without a gap. */
  joined = false;
  /** Whether an alert came in clear although there were keys. */
  exposed = false;
  /** Bytes received. */
  bytes = 0;
  /** Key updates received in response to this side's; counted by the test. */
  answers = 0;
  /** Warnings received, by alert. */
  readonly warnings = new Map<number, number>();
  private held: Buffer = Buffer.alloc(0);
  private messages: Buffer = Buffer.alloc(0);
  private untold: Buffer = Buffer.alloc(0);
  /** Set once the other side has ended the stream. */
  private over = false;
  /** Resumes the function that waits for the socket. */
  private wake: () => void = () => {};

  constructor(readonly socket: Socket) {
    const end = () => {
      this.over = true;
      this.wake();
    };
    socket
      .on("error", () => {})
      .on("end", end)
      .on("close", end);
    socket.on("drain", () => this.wake());
    socket.on("data", (data: Buffer) => {
      this.bytes += data.length;
      this.held = Buffer.concat([this.held, data]);
      this.wake();
    });
  }

  get ended(): boolean {
    return this.over;
  }

  /** Sends bytes as they are, after those held back; waits while the socket is full. */
  async raw(...parts: Uint8Array[]): Promise<void> {
    await this.flush();
    if (!this.over) this.socket.write(Buffer.concat(parts));
    while (!this.over && this.socket.writableNeedDrain) await this.change();
  }

  /** Encodes a record, protected if there are keys. */
  record(type: number, bytes: Buffer): Buffer {
    if (this.writing !== undefined) return this.writing.seal({ type, bytes });
    return Buffer.concat([Buffer.of(type, 3, 3), vector(2, bytes)]);
  }

  send(type: number, bytes: Buffer): Promise<void> {
    return this.raw(this.record(type, bytes));
  }

  /** Sends a handshake message and adds it to the transcript. */
  say(message: Buffer): Promise<void> {
    this.transcript.push(message);
    return this.tell(message);
  }

  /** Sends a handshake message in as many records as needed, outside the transcript. */
  async tell(message: Buffer): Promise<void> {
    this.untold = Buffer.concat([this.untold, message]);
    if (!this.joined) await this.flush();
  }

  /** Sends the messages that are held back. */
  async flush(): Promise<void> {
    const held = this.untold;
    this.untold = Buffer.alloc(0);
    const records: Buffer[] = [];
    for (let at = 0; at < held.length; at += this.fragment) {
      records.push(this.record(HANDSHAKE, held.subarray(at, at + this.fragment)));
    }
    if (records.length > 0) await this.raw(...records);
  }

  /** Returns the next record. Counts warnings; other alerts, close_notify and FIN throw `Ended`. */
  async next(): Promise<Content> {
    await this.flush();
    for (;;) {
      const header = await this.need(5);
      const bytes = await this.need(header.readUInt16BE(3));
      const content = this.reading?.open(header, bytes) ?? { type: header[0], bytes };
      if (content.type !== ALERT) return content;
      this.exposed ||= this.reading?.exposes(header) ?? false;
      const [level, alert] = content.bytes;
      if (level === FATAL || alert === CLOSE_NOTIFY) throw new Ended(alert);
      this.warnings.set(alert, (this.warnings.get(alert) ?? 0) + 1);
    }
  }

  /** Returns the next handshake message, which must be of this kind. */
  async hear(kind: number): Promise<Buffer> {
    while (this.messages.length < 4 || this.messages.length < 4 + this.messages.readUIntBE(1, 3)) {
      const { type, bytes } = await this.next();
      if (type === HANDSHAKE) this.messages = Buffer.concat([this.messages, bytes]);
      else if (type !== CHANGE_CIPHER_SPEC) throw new Error(`unexpected record type ${type}`);
    }
    const reader = new Reader(this.messages);
    const message = reader.take(4 + this.messages.readUIntBE(1, 3));
    this.messages = reader.take(reader.left);
    if (message[0] !== kind) throw new Error(`got message ${message[0]}, expected ${kind}`);
    this.transcript.push(message);
    return message;
  }

  /** Returns the transcript hash. */
  digest(): Buffer {
    return hash(...this.transcript);
  }

  /** Sends `count` records of the same content, or fewer if the other side ends. */
  async flood(count: number, type: number, bytes: Buffer): Promise<void> {
    for (let left = count; left > 0 && !this.over; left -= FLOOD) {
      const length = Math.min(left, FLOOD);
      await this.raw(...Array.from({ length }, () => this.record(type, bytes)));
    }
  }

  /** Reads until the other side ends, which throws `Ended`. */
  async drain(): Promise<never> {
    for (;;) await this.next();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private async need(length: number): Promise<Buffer> {
    while (this.held.length < length) {
      if (this.over) throw new Ended(undefined);
      await this.change();
    }
    const taken = this.held.subarray(0, length);
    this.held = this.held.subarray(length);
    return taken;
  }
}

/** Encodes a record in clear. */
export function clear(type: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(type, 3, 3), u16(bytes.length), bytes]);
}
