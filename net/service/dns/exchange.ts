/**
 * One query to one name server over UDP or TCP (RFC 1035 section 4.2). Each query has its own
 * socket, so that both its port and its id are unpredictable (RFC 5452 section 9.2).
 */
import { loadNet16, storeNet16 } from "../../../core/bytes";
import {
  DNS_MESSAGE_BYTES,
  DNS_RECEIVE_BYTES,
  DNS_STREAM_BYTES,
  DNS_TRANSMIT_BYTES,
} from "../../../core/limits";
import { Random } from "../../../core/random";
import { SocketError } from "../../socket/error";
import { UdpTable } from "../../socket/udp";
import { UdpSocket } from "../../socket/udp-socket";
import { DNS_HEADER, DNS_QUERY_BYTES, emitDnsQuery, TYPE_A } from "../../wire/dns";
import { NameServer } from "../settings";
import { Stream, StreamStatus } from "../stream/stream";
import { AnswerKind, DnsAnswer } from "./answer";
import { DnsError } from "./failure";

/** Bytes of the length that precedes each message over TCP (section 4.2.2). */
const PREFIX: u32 = 2;

/** A query that was sent, or waits for its connection. */
export abstract class DnsExchange {
  constructor(
    /** 16 bits. */
    readonly id: u32,
    /** The name queried, in canonical form. */
    readonly name: string,
  ) {}
  /** Returns the response, or a `DnsAnswer` with the error; null while waiting. */
  abstract poll(now: i64): DnsAnswer | null;
  /** Releases the socket. */
  abstract close(): void;
}

/** Returns a final answer with an error. */
function failed(error: DnsError): DnsAnswer {
  const answer = new DnsAnswer();
  answer.kind = AnswerKind.Final;
  answer.error = error;
  return answer;
}

/** A query over UDP. Retransmission is up to the caller. */
export class UdpExchange extends DnsExchange {
  private constructor(
    id: u32,
    name: string,
    private readonly socket: UdpSocket,
  ) {
    super(id, name);
  }

  /** Opens a socket and sends the query for `name`. Returns null if no socket is free. */
  static open(udp: UdpTable, random: Random, server: NameServer, name: string): UdpExchange | null {
    const socket = udp.open(0, DNS_RECEIVE_BYTES, DNS_TRANSMIT_BYTES);
    if (socket == null) return null;
    socket.connect(server.address, server.port);
    const exchange = new UdpExchange(random.next32() & 0xffff, name, socket);
    const query = new StaticArray<u8>(DNS_QUERY_BYTES as i32);
    const pointer = changetype<usize>(query);
    const length = emitDnsQuery(pointer, exchange.id, name, TYPE_A);
    socket.send(pointer, length, server.address, server.port);
    return exchange;
  }

  poll(_now: i64): DnsAnswer | null {
    const socket = this.socket;
    if (socket.readable()) {
      const buffer = new StaticArray<u8>(DNS_MESSAGE_BYTES as i32);
      const pointer = changetype<usize>(buffer);
      while (socket.readable()) {
        const length = socket.receive(pointer, DNS_MESSAGE_BYTES) as u32;
        if (socket.lastLength != length) continue;
        const answer = DnsAnswer.read(pointer, length, this.id, this.name);
        if (answer.kind != AnswerKind.Ignored) return answer;
      }
    }
    if (socket.error == SocketError.Refused) return failed(DnsError.PortUnreachable);
    return socket.error == SocketError.None ? null : failed(DnsError.Unreachable);
  }

  close(): void {
    this.socket.close();
  }
}

/** A query over TCP, sent once the connection is open. */
export class StreamExchange extends DnsExchange {
  private sent: bool = false;
  /** The length prefix, then the message. */
  private buffer: StaticArray<u8> = new StaticArray<u8>(PREFIX as i32);
  /** Bytes of `buffer` received. */
  private have: u32 = 0;
  private prefixRead: bool = false;

  constructor(
    id: u32,
    name: string,
    private readonly stream: Stream,
  ) {
    super(id, name);
  }

  poll(now: i64): DnsAnswer | null {
    const stream = this.stream;
    stream.poll(now);
    const status = stream.status();
    if (status == StreamStatus.Connecting) return null;
    if (!this.sent && status == StreamStatus.Open && !this.send()) return null;
    while (stream.readable() > 0) {
      const at = changetype<usize>(this.buffer) + this.have;
      this.have += stream.read(at, (this.buffer.length as u32) - this.have);
      if (this.have < (this.buffer.length as u32)) continue;
      if (this.prefixRead) return this.conclude();
      const length = loadNet16(changetype<usize>(this.buffer));
      if (length < DNS_HEADER || length > DNS_STREAM_BYTES) return failed(DnsError.BadAnswer);
      this.buffer = new StaticArray<u8>(length as i32);
      this.have = 0;
      this.prefixRead = true;
    }
    return status == StreamStatus.Open ? null : failed(DnsError.Truncated);
  }

  close(): void {
    this.stream.release();
  }

  private send(): bool {
    const query = new StaticArray<u8>((PREFIX + DNS_QUERY_BYTES) as i32);
    const pointer = changetype<usize>(query);
    const length = emitDnsQuery(pointer + PREFIX, this.id, this.name, TYPE_A);
    storeNet16(pointer, length);
    if (this.stream.writable() < PREFIX + length) return false;
    this.stream.write(pointer, PREFIX + length);
    this.sent = true;
    return true;
  }

  /** Over TCP a mismatched or truncated response is the server's error: BadAnswer. */
  private conclude(): DnsAnswer {
    const pointer = changetype<usize>(this.buffer);
    const answer = DnsAnswer.read(pointer, this.buffer.length as u32, this.id, this.name);
    const wrong = answer.kind == AnswerKind.Ignored || answer.kind == AnswerKind.Truncated;
    return wrong ? failed(DnsError.BadAnswer) : answer;
  }
}
