/**
 * The client of ICMP echo (RFC 792, RFC 1122 section 3.2.2.6): `ping` sends requests from one
 * of these sockets and reads the replies, and the errors that came instead.
 */
import { loadNet16 } from "../../core/bytes";
import { ECHO_RECEIVE_BYTES, ECHO_SOCKETS, ECHO_TRANSMIT_BYTES } from "../../core/limits";
import { Random } from "../../core/random";
import { NEVER } from "../../core/time";
import { Ipv4Address } from "../wire/address";
import { Drop } from "../wire/drop";
import { emitIcmp, ICMP_ECHO_REQUEST, ICMP_HEADER, IcmpError, IcmpHeader } from "../wire/icmp";
import { IPV4_HEADER, PROTOCOL_ICMP } from "../wire/ipv4";
import { DatagramQueue } from "./datagram-queue";
import { PacketSink, SendResult } from "./sink";

/** The most bytes of data that one echo request carries: 65535 - 20 - 8. */
export const ECHO_PAYLOAD: u32 = 65507;
/** Data begins with the time of sending, when there is room for it. */
const TIME_BYTES: u32 = 8;
/** What is kept of a reply: two numbers and two times. */
const REPLY_BYTES: u32 = 24;
/** `EchoSocket.lastError` when a reply came, not an error. */
export const NO_ERROR: i32 = -1;

/** A set of sequence numbers, which have 16 bits. */
class Sequences {
  private readonly words: StaticArray<u32> = new StaticArray<u32>(0x10000 / 32);

  has(sequence: u32): bool {
    return ((this.words[sequence >>> 5] >>> (sequence & 31)) & 1) == 1;
  }
  add(sequence: u32): void {
    this.words[sequence >>> 5] |= 1 << (sequence & 31);
  }
  remove(sequence: u32): void {
    this.words[sequence >>> 5] &= ~(1 << (sequence & 31));
  }
}

export class EchoSocket {
  /** Of the last `receive`: what came, and from whom. */
  lastSequence: u32 = 0;
  lastFrom: Ipv4Address = 0;
  /** TTL that the reply arrived with. */
  lastTtl: u32 = 0;
  /** Bytes of ICMP header and data. */
  lastLength: u32 = 0;
  /** When the request was sent, in microseconds since boot, or -1 when the reply does not tell. */
  lastTime: i64 = -1;
  /** When the reply came in, in microseconds since boot. */
  lastArrival: i64 = 0;
  /** NO_ERROR, or the IcmpError that came instead of a reply. */
  lastError: i32 = NO_ERROR;
  /** The request had been answered before. */
  lastDuplicate: bool = false;
  /** Requests that found no route. */
  unreachable: u32 = 0;
  readonly received: DatagramQueue = new DatagramQueue(ECHO_RECEIVE_BYTES);
  readonly queued: DatagramQueue = new DatagramQueue(ECHO_TRANSMIT_BYTES + 64);
  /** Requests sent, and those of them that were answered since. */
  private readonly asked: Sequences = new Sequences();
  private readonly answered: Sequences = new Sequences();
  /** Bytes of data in the last request. */
  private size: u32 = 0;
  private open: bool = true;

  constructor(
    private readonly table: EchoTable,
    readonly identifier: u32,
  ) {}

  /**
   * Queues a request with `length` bytes of data, of which the first 8 are `now`. False: the
   * queue is full, or more than ECHO_PAYLOAD bytes were asked for.
   */
  send(address: Ipv4Address, sequence: u32, length: u32, now: i64): bool {
    if (length > ECHO_PAYLOAD || !this.open) return false;
    const message = this.queued.push(ICMP_HEADER + length, address, 0, 0);
    if (message == 0) return false;
    const data = message + ICMP_HEADER;
    for (let i: u32 = 0; i < length; i++) store<u8>(data + i, i as u8);
    if (length >= TIME_BYTES) store<i64>(data, now);
    const number = sequence & 0xffff;
    this.size = length;
    this.asked.add(number);
    this.answered.remove(number);
    const rest = (this.identifier << 16) | number;
    emitIcmp(message, ICMP_HEADER + length, ICMP_ECHO_REQUEST, 0, rest);
    return true;
  }

  /** Takes the oldest reply or error into the `last` fields; false when there is none. */
  receive(): bool {
    const queue = this.received;
    if (queue.count == 0) return false;
    const record = queue.pointer();
    this.lastFrom = queue.first();
    this.lastTtl = queue.second() & 0xff;
    this.lastError = (queue.second() as i32) >> 8;
    this.lastLength = queue.third();
    this.lastSequence = load<u32>(record);
    this.lastDuplicate = load<u32>(record, 4) != 0;
    this.lastTime = load<i64>(record, 8);
    this.lastArrival = load<i64>(record, 16);
    queue.pop();
    return true;
  }

  /** Gives the identifier and the memory back. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.table.forget(this);
    this.received.free();
    this.queued.free();
  }

  /** True when a request with that sequence number was sent. */
  hasAsked(sequence: u32): bool {
    return this.asked.has(sequence);
  }

  /**
   * Keeps an echo reply, if it is the echo of a request: code 0, its number, and the data that
   * was sent, or as much of it as came back. The time in it is the request's: not ahead of `now`.
   */
  accept(now: i64, from: Ipv4Address, ttl: u32, pointer: usize, length: u32): Drop {
    const header = IcmpHeader.at(pointer);
    const sequence = header.sequence;
    const data = pointer + ICMP_HEADER;
    const size = length - ICMP_HEADER;
    if (header.code != 0 || size > this.size || !this.asked.has(sequence)) return Drop.IcmpReply;
    const timed = this.size >= TIME_BYTES;
    const sent: i64 = timed && size >= TIME_BYTES ? load<i64>(data) : -1;
    if (sent < -1 || sent > now) return Drop.IcmpReply;
    for (let i: u32 = timed ? TIME_BYTES : 0; i < size; i++) {
      if (load<u8>(data + i) != (i as u8)) return Drop.IcmpReply;
    }
    const kept = this.keep(from, ttl, NO_ERROR, length, sequence, sent, now);
    return kept ? Drop.None : Drop.IcmpQueueFull;
  }

  /** Keeps a reply (`error` NO_ERROR) or an error; false: the queue is full. */
  keep(
    from: Ipv4Address,
    ttl: u32,
    error: i32,
    length: u32,
    sequence: u32,
    sent: i64,
    now: i64,
  ): bool {
    const record = this.received.push(
      REPLY_BYTES,
      from,
      (ttl & 0xff) | ((error as u32) << 8),
      length,
    );
    if (record == 0) return false;
    const duplicate: bool = error == NO_ERROR && this.answered.has(sequence);
    if (error == NO_ERROR) this.answered.add(sequence);
    store<u32>(record, sequence);
    store<u32>(record, duplicate ? 1 : 0, 4);
    store<i64>(record, sent, 8);
    store<i64>(record, now, 16);
    return true;
  }
}

export class EchoTable {
  /** Open sockets. */
  count: u32 = 0;
  private readonly sockets: StaticArray<EchoSocket | null> = new StaticArray<EchoSocket | null>(
    ECHO_SOCKETS,
  );

  constructor(private readonly random: Random) {}

  /** A socket with an identifier of its own; null: there are ECHO_SOCKETS already. */
  open(): EchoSocket | null {
    if (this.count == ECHO_SOCKETS) return null;
    let identifier = this.random.next32() & 0xffff;
    while (this.find(identifier) != null) identifier = this.random.next32() & 0xffff;
    const socket = new EchoSocket(this, identifier);
    this.sockets[this.count++] = socket;
    return socket;
  }

  /** The sockets from 0 to `count` - 1, in no order. */
  socketAt(index: u32): EchoSocket {
    return this.sockets[index]!;
  }

  /** An echo reply of `length` bytes, which passed `parseIcmp`, came in with that TTL. */
  process(now: i64, source: Ipv4Address, ttl: u32, pointer: usize, length: u32): Drop {
    const socket = this.find(IcmpHeader.at(pointer).identifier);
    return socket == null ? Drop.IcmpType : socket.accept(now, source, ttl, pointer, length);
  }

  /**
   * `reporter` tells by ICMP of an error with an echo request to `destination`, whose first
   * `length` bytes (at least 8) are quoted.
   */
  processError(
    now: i64,
    kind: IcmpError,
    reporter: Ipv4Address,
    ttl: u32,
    destination: Ipv4Address,
    pointer: usize,
    _length: u32,
  ): void {
    if (load<u8>(pointer) != ICMP_ECHO_REQUEST || destination == 0) return;
    const socket = this.find(loadNet16(pointer + 4));
    const sequence = loadNet16(pointer + 6);
    if (socket == null || !socket.hasAsked(sequence)) return;
    socket.keep(reporter, ttl, kind, 0, sequence, -1, now);
  }

  /** Sends what is queued. True: there is more, but the sink is busy. */
  dispatch(_now: i64, sink: PacketSink): bool {
    for (let i: u32 = 0; i < this.count; i++) {
      const socket = this.sockets[i]!;
      while (socket.queued.count > 0) {
        const result = this.transmit(socket, sink);
        if (result == SendResult.Busy) return true;
        if (result == SendResult.Unreachable) socket.unreachable++;
        socket.queued.pop();
      }
    }
    return false;
  }

  /** 0 while something is queued, else NEVER. */
  pollAt(): i64 {
    for (let i: u32 = 0; i < this.count; i++) {
      if (this.sockets[i]!.queued.count > 0) return 0;
    }
    return NEVER;
  }

  /** Takes a closed socket out of the table; called by `EchoSocket.close`. */
  forget(socket: EchoSocket): void {
    for (let i: u32 = 0; i < this.count; i++) {
      if (this.sockets[i] !== socket) continue;
      this.sockets[i] = this.sockets[--this.count];
      this.sockets[this.count] = null;
      return;
    }
  }

  private find(identifier: u32): EchoSocket | null {
    for (let i: u32 = 0; i < this.count; i++) {
      const socket = this.sockets[i]!;
      if (socket.identifier == identifier) return socket;
    }
    return null;
  }

  private transmit(socket: EchoSocket, sink: PacketSink): SendResult {
    const queue = socket.queued;
    const message = queue.pointer();
    const length = queue.length();
    const to = queue.first();
    const source = sink.sourceAddress(to);
    if (source == 0) return SendResult.Unreachable;
    if (IPV4_HEADER + length > sink.mtu(to)) {
      return sink.sendBytes(message, length, source, to, PROTOCOL_ICMP);
    }
    const frame = sink.allocate(to);
    if (frame == null) return SendResult.Busy;
    memory.copy(frame.append(length), message, length as usize);
    return sink.send(frame, source, to, PROTOCOL_ICMP);
  }
}
