/**
 * One query to one name server over UDP or TCP (RFC 1035 section 4.2). Without TLS, each query has
 * its own socket, so that both its port and its id are unpredictable (RFC 5452 section 9.2).
 */
import { loadNet16, storeNet16 } from "../../../core/bytes";
import {
  DNS_MESSAGE_BYTES,
  DNS_RECEIVE_BYTES,
  DNS_SERVERS,
  DNS_SOCKETS,
  DNS_STREAM_BYTES,
  DNS_TRANSMIT_BYTES,
} from "../../../core/limits";
import { Pollable } from "../../../core/pollable";
import { Random } from "../../../core/random";
import { SECOND } from "../../../core/time";
import { SocketError } from "../../socket/error";
import { UdpTable } from "../../socket/udp";
import { UdpSocket } from "../../socket/udp-socket";
import { DNS_HEADER, DNS_QUERY_BYTES, DnsHeader } from "../../wire/dns";
import { NameServer } from "../settings";
import { Connector } from "../stream/connector";
import { IdleStreams } from "../stream/idle-streams";
import { Stream, StreamStatus } from "../stream/stream";
import { DnsError } from "./failure";
import { DnsQuestion } from "./question";
import { DnsReply } from "./reply";

/** Bytes of the length that precedes each message over TCP (section 4.2.2). */
const PREFIX: u32 = 2;

/**
 * How long an idle TLS connection is kept. If the server closes it as the next query is sent, that
 * query is repeated over a new one.
 */
const IDLE_TIME: i64 = 20 * SECOND;

/** What an exchange needs to send its query. */
export class DnsTransport {
  /** The number of UDP sockets in use, at most DNS_SOCKETS. */
  sockets: u32 = 0;
  /** Idle TLS connections, each kept for the next query (RFC 7858 section 3.4). */
  readonly pool: IdleStreams;

  constructor(
    /** Polls `pool`. */
    owner: Pollable,
    readonly udp: UdpTable,
    readonly random: Random,
    readonly connector: Connector,
  ) {
    this.pool = new IdleStreams(owner, DNS_SERVERS, IDLE_TIME);
  }
}

/** A query that was sent, or that waits for its connection to open. */
export abstract class DnsExchange {
  /** When the query was sent, in microseconds since boot; -1 before that. */
  sentAt: i64 = -1;

  constructor(
    readonly question: DnsQuestion,
    /** When it began, or last reconnected. */
    public since: i64,
  ) {}

  /** Whether it uses one of the DNS_SOCKETS. */
  get usesSocket(): bool {
    return false;
  }
  /** Returns the response, or the error; null while waiting. */
  abstract poll(now: i64): DnsReply | null;
  /** Releases the socket or the connection. */
  abstract close(): void;
}

/** A query over UDP. Retransmission is up to the caller. */
export class UdpExchange extends DnsExchange {
  private isOpen: bool = true;

  private constructor(
    question: DnsQuestion,
    private readonly transport: DnsTransport,
    private readonly socket: UdpSocket,
    now: i64,
  ) {
    super(question, now);
    this.sentAt = now;
  }

  get usesSocket(): bool {
    return true;
  }

  /** Opens a socket and sends the question. Returns null if no socket is free. */
  static open(
    transport: DnsTransport,
    server: NameServer,
    question: DnsQuestion,
    now: i64,
  ): UdpExchange | null {
    if (transport.sockets >= DNS_SOCKETS) return null;
    const socket = transport.udp.open(0, DNS_RECEIVE_BYTES, DNS_TRANSMIT_BYTES);
    if (socket == null) return null;
    transport.sockets++;
    socket.connect(server.address, server.port);
    socket.send(question.pointer, question.length, server.address, server.port);
    return new UdpExchange(question, transport, socket, now);
  }

  poll(_now: i64): DnsReply | null {
    const socket = this.socket;
    if (socket.readable()) {
      const buffer = new StaticArray<u8>(DNS_MESSAGE_BYTES as i32);
      const pointer = changetype<usize>(buffer);
      while (socket.readable()) {
        const length = socket.receive(pointer, DNS_MESSAGE_BYTES) as u32;
        if (socket.lastLength != length || !this.question.matches(pointer, length)) continue;
        const reply = new DnsReply(buffer, length, DnsError.None);
        reply.caseKept = this.question.keepsCase(pointer);
        return reply;
      }
    }
    if (socket.error == SocketError.Refused) return DnsReply.failed(DnsError.PortUnreachable);
    return socket.error == SocketError.None ? null : DnsReply.failed(DnsError.Unreachable);
  }

  close(): void {
    if (this.isOpen) this.transport.sockets--;
    this.isOpen = false;
    this.socket.close();
  }
}

/** A query over TCP or TLS, sent as soon as the connection is open. */
export class StreamExchange extends DnsExchange {
  /** The length prefix, then the message. */
  private buffer: StaticArray<u8> = new StaticArray<u8>(PREFIX as i32);
  /** How many bytes of `buffer` were received. */
  private have: u32 = 0;
  private prefixRead: bool = false;

  constructor(
    question: DnsQuestion,
    private readonly stream: Stream,
    now: i64,
  ) {
    super(question, now);
    // Send now: an open connection may stay silent, and then nothing would cause a poll.
    if (stream.status() == StreamStatus.Open) this.send(now);
  }

  poll(now: i64): DnsReply | null {
    const stream = this.stream;
    stream.poll(now);
    const status = stream.status();
    if (status == StreamStatus.Connecting) return null;
    if (this.sentAt < 0 && status == StreamStatus.Open && !this.send(now)) return null;
    while (stream.readable() > 0) {
      const at = changetype<usize>(this.buffer) + this.have;
      this.have += stream.read(at, (this.buffer.length as u32) - this.have);
      if (this.have < (this.buffer.length as u32)) continue;
      if (this.prefixRead) return this.conclude();
      const length = loadNet16(changetype<usize>(this.buffer));
      if (length < DNS_HEADER || length > DNS_STREAM_BYTES) {
        return DnsReply.failed(DnsError.BadAnswer);
      }
      this.buffer = new StaticArray<u8>(length as i32);
      this.have = 0;
      this.prefixRead = true;
    }
    return status == StreamStatus.Open ? null : this.connectionError();
  }

  close(): void {
    this.stream.release();
  }

  /** Returns the error of a connection that failed, or that the server closed. */
  private connectionError(): DnsReply {
    const reply = DnsReply.failed(DnsError.Truncated);
    reply.failureKind = this.stream.failureKind();
    reply.detail = this.stream.failure();
    return reply;
  }

  private send(now: i64): bool {
    const query = new StaticArray<u8>((PREFIX + DNS_QUERY_BYTES) as i32);
    const pointer = changetype<usize>(query);
    const length = this.question.length;
    storeNet16(pointer, length);
    memory.copy(pointer + PREFIX, this.question.pointer, length);
    if (this.stream.writable() < PREFIX + length) return false;
    this.stream.write(pointer, PREFIX + length);
    this.sentAt = now;
    return true;
  }

  /** Checks the response. Over TCP, a mismatch or truncation is the server's fault: BadAnswer. */
  private conclude(): DnsReply {
    const pointer = changetype<usize>(this.buffer);
    const length = this.buffer.length as u32;
    if (!this.question.matches(pointer, length) || DnsHeader.at(pointer).truncated) {
      return DnsReply.failed(DnsError.BadAnswer);
    }
    const reply = new DnsReply(this.buffer, length, DnsError.None);
    reply.caseKept = this.question.keepsCase(pointer);
    return reply;
  }
}
