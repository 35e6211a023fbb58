/** A scripted name server around the resolver that runs in Node (RFC 1035). */
import { udpDatagram } from "../packets/build.ts";
import { address, dotted } from "../packets/bytes.ts";
import { type Answer, encodeAnswer, readQuestion } from "../packets/dns.ts";
import { writeBytes, writeText } from "./assembly.ts";
import { UdpClient } from "./udp-client.ts";

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
  "lame",
  "alias-loop",
  "truncated",
  "unusable",
  "timed-out",
  "port-unreachable",
  "unreachable",
  "secure-failed",
  "cancelled",
];

/** A query from the resolver, parsed. */
export interface SentQuery {
  at: bigint;
  id: number;
  port: number;
  server: number;
  serverPort: number;
  /** In lower case. */
  name: string;
  /** As it was sent, in mixed case. */
  wireName: string;
  type: number;
  flags: number;
  /** The UDP payload that its OPT record announces; 0 without one. */
  edns: number;
}

export class DnsWorld extends UdpClient<SentQuery> {
  /** Creates a resolver with these servers, such as `10.0.2.2#5353` or `10.0.2.2#dns.test`. */
  reset(...servers: string[]): void {
    this.recreate(1);
    for (const server of servers) this.wasm.addNameServer(...writeText(this.wasm, server));
  }

  get queries(): SentQuery[] {
    return this.messages;
  }

  ask(name: string): number {
    const query: number = this.wasm.resolve(...writeText(this.wasm, name), this.now);
    this.poll();
    return query;
  }

  /** Answers a query, by default the last one. */
  reply(answer: Answer, to: SentQuery = this.last): void {
    this.deliver(encodeAnswer(to.id, to.wireName, answer), to);
  }

  /** Sends bytes as a datagram from the server of a query. */
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

  /** Returns "10.0.0.1 10.0.0.2", the error, or "pending". */
  outcome(query: number): string {
    if (!this.wasm.done(query)) return "pending";
    if (this.error(query) !== "none") return this.error(query);
    const list = Array.from({ length: this.wasm.addressCount(query) }, (_, i) => {
      return dotted(this.wasm.addressAt(query, i) >>> 0);
    });
    return list.join(" ");
  }

  protected parse(datagram: Buffer, index: number): SentQuery {
    const message = datagram.subarray(8);
    const { name, type, end } = readQuestion(message);
    return {
      at: this.now,
      id: message.readUInt16BE(0),
      port: datagram.readUInt16BE(0),
      server: this.wasm.sentDestination(index) >>> 0,
      serverPort: datagram.readUInt16BE(2),
      name: name.toLowerCase(),
      wireName: name,
      type,
      edns: message.length > end ? message.readUInt16BE(end + 3) : 0,
      flags: message.readUInt16BE(2),
    };
  }
}
