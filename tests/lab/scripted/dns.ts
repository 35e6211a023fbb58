/** A scripted name server around the resolver that runs in Node (RFC 1035). */
import { address, udpDatagram } from "../packets/udp.ts";
import { type Exports, readString, writeBytes, writeText } from "./assembly.ts";

export const guest = address("10.0.2.15");
export const second = 1_000_000n;

/** In the order of DnsError (net/service/dns/failure.ts). */
export const errors = [
  "none",
  "bad-name",
  "no-servers",
  "no-resources",
  "nxdomain",
  "nodata",
  "formerr",
  "servfail",
  "notimp",
  "refused",
  "other-code",
  "bad-answer",
  "alias-loop",
  "truncated",
  "unusable",
  "timed-out",
  "port-unreachable",
  "unreachable",
  "cancelled",
];

/** Parts of a name: labels as text, a number for a pointer there, bytes as they are. */
export type Name = string | (string | number | Buffer)[];

export function encodeName(name: Name): Buffer {
  if (typeof name === "string") {
    const labels = name === "" ? [] : name.split(".");
    return Buffer.concat([
      ...labels.map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])),
      Buffer.from([0]),
    ]);
  }
  return Buffer.concat(
    name.map((part) => {
      if (typeof part === "string")
        return Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]);
      return typeof part === "number" ? Buffer.from([0xc0 | (part >> 8), part & 255]) : part;
    }),
  );
}

export interface Record_ {
  name: Name;
  type?: number;
  class_?: number;
  ttl?: number;
  data: Buffer;
  /** Instead of the true length of the data. */
  length?: number;
}

export const a = (name: Name, to: string, ttl = 300): Record_ => {
  const data = Buffer.from(to.split(".").map(Number));
  return { name, ttl, data };
};
export const cname = (name: Name, to: Name, ttl = 300): Record_ => ({
  name,
  type: 5,
  ttl,
  data: encodeName(to),
});
export const soa = (name: Name, minimum: number, ttl = 3600): Record_ => {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(minimum, 16);
  return {
    name,
    type: 6,
    ttl,
    data: Buffer.concat([encodeName("ns"), encodeName("root"), numbers]),
  };
};

export function encodeRecord(record: Record_): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(record.type ?? 1, 0);
  fixed.writeUInt16BE(record.class_ ?? 1, 2);
  fixed.writeUInt32BE((record.ttl ?? 300) >>> 0, 4);
  fixed.writeUInt16BE(record.length ?? record.data.length, 8);
  return Buffer.concat([encodeName(record.name), fixed, record.data]);
}

/** What a test may have otherwise than usual in an answer. */
export interface Answer {
  id?: number;
  flags?: number;
  code?: number;
  questions?: { name: Name; type?: number; class_?: number }[];
  answers?: Record_[];
  authority?: Record_[];
  additional?: Record_[];
  /** Instead of the number of answers. */
  answerCount?: number;
  questionCount?: number;
  /** Bytes behind the question, instead of the records. */
  raw?: Buffer;
}

export function encodeAnswer(id: number, name: Name, answer: Answer): Buffer {
  const questions = answer.questions ?? [{ name }];
  const [answers, authority, additional] = [
    answer.answers ?? [],
    answer.authority ?? [],
    answer.additional ?? [],
  ];
  const header = Buffer.alloc(12);
  header.writeUInt16BE(answer.id ?? id, 0);
  header.writeUInt16BE((answer.flags ?? 0x8180) | (answer.code ?? 0), 2);
  header.writeUInt16BE(answer.questionCount ?? questions.length, 4);
  header.writeUInt16BE(answer.answerCount ?? answers.length, 6);
  header.writeUInt16BE(authority.length, 8);
  header.writeUInt16BE(additional.length, 10);
  const encoded = questions.map((q) => {
    const rest = Buffer.alloc(4);
    rest.writeUInt16BE(q.type ?? 1, 0);
    rest.writeUInt16BE(q.class_ ?? 1, 2);
    return Buffer.concat([encodeName(q.name), rest]);
  });
  const records = [...answers, ...authority, ...additional].map(encodeRecord);
  return Buffer.concat([header, ...encoded, ...(answer.raw ? [answer.raw] : records)]);
}

/** A query that the resolver sent, taken apart. */
export interface SentQuery {
  at: bigint;
  id: number;
  port: number;
  server: number;
  serverPort: number;
  name: string;
  type: number;
  flags: number;
}

export class DnsWorld {
  now = 0n;
  queries: SentQuery[] = [];
  private seen = 0;

  constructor(readonly wasm: Exports) {}

  /** A new resolver with these servers (`10.0.2.3` or `10.0.2.2#5353`). */
  reset(...servers: string[]): void {
    this.wasm.reset(1);
    this.now = 0n;
    this.queries = [];
    this.seen = 0;
    for (const server of servers) {
      const [ip, port] = server.split("#");
      this.wasm.addServer(address(ip), Number(port ?? 53));
    }
  }

  get last(): SentQuery {
    return this.queries[this.queries.length - 1];
  }
  text(pointer: number): string {
    return readString(this.wasm.memory, pointer);
  }

  poll(): void {
    this.wasm.poll(this.now);
    for (; this.seen < this.wasm.sentCount(); this.seen++) this.queries.push(this.parse(this.seen));
  }

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

  ask(name: string): number {
    const query: number = this.wasm.resolve(...writeText(this.wasm, name), this.now);
    this.poll();
    return query;
  }

  /** Sends an answer to the query sent last. */
  reply(answer: Answer, to: SentQuery = this.last): void {
    this.deliver(encodeAnswer(to.id, to.name, answer), to);
  }

  /** Sends bytes as the payload of a datagram from the server of a query. */
  deliver(
    bytes: Buffer,
    to: SentQuery = this.last,
    from = to.server,
    fromPort = to.serverPort,
  ): void {
    const datagram = udpDatagram(
      { address: from, port: fromPort },
      { address: guest, port: to.port },
      bytes,
    );
    this.wasm.arrive(from, guest, ...writeBytes(this.wasm, datagram));
    this.poll();
  }

  error(query: number): string {
    return errors[this.wasm.errorOf(query)];
  }

  /** "10.0.0.1 10.0.0.2", or the error, or "pending". */
  outcome(query: number): string {
    if (!this.wasm.done(query)) return "pending";
    if (this.error(query) !== "none") return this.error(query);
    const list = Array.from({ length: this.wasm.addressCount(query) }, (_, i) => {
      const value: number = this.wasm.addressAt(query, i) >>> 0;
      return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
    });
    return list.join(" ");
  }

  private parse(index: number): SentQuery {
    const pointer: number = this.wasm.sentPointer(index);
    const length: number = this.wasm.sentLength(index);
    const bytes = Buffer.from(this.wasm.memory.buffer.slice(pointer, pointer + length));
    const message = bytes.subarray(8);
    const labels: string[] = [];
    let at = 12;
    for (; message[at] > 0; at += 1 + message[at]) {
      labels.push(message.subarray(at + 1, at + 1 + message[at]).toString());
    }
    return {
      at: this.now,
      id: message.readUInt16BE(0),
      port: bytes.readUInt16BE(0),
      server: this.wasm.sentDestination(index) >>> 0,
      serverPort: bytes.readUInt16BE(2),
      name: labels.join("."),
      type: message.readUInt16BE(at + 1),
      flags: message.readUInt16BE(2),
    };
  }
}
