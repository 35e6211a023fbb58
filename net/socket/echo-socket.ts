/**
 * A socket of the ICMP echo client (RFC 792): `ping` sends requests through it, and reads the
 * replies, or the errors that came instead.
 */
import { ECHO_RECEIVE_BYTES, ECHO_TRANSMIT_BYTES } from "../../core/limits";
import { Ipv4Address, UNSPECIFIED } from "../wire/address";
import { Drop } from "../wire/drop";
import { emitIcmp, ICMP_ECHO_REQUEST, ICMP_HEADER, IcmpHeader } from "../wire/icmp";
import { IpAddress } from "../wire/ip-address";
import { DatagramQueue } from "./datagram-queue";
import { ANY_DEVICE, Path } from "./path";

/** The most bytes of data that one echo request carries: 65535 - 20 - 8. */
export const ECHO_PAYLOAD: u32 = 65507;
/** The data of a request begins with the time of sending, if there is room for it. */
const TIME_BYTES: u32 = 8;
/** The value of `EchoSocket.lastError` for a reply. */
export const NO_ERROR: i32 = -1;

/** A reply or error as it is kept: the payload of a record in the receive queue. */
@unmanaged
class EchoReply {
  /** When the request was sent and when the reply came, in microseconds since boot. */
  sentAt: i64;
  arrivedAt: i64;
  sequence: u32;
  /** Bytes of ICMP header and data. */
  length: u32;
  /** NO_ERROR or an IcmpError. */
  error: i32;
  ttl: u8;
  duplicate: bool;
}
const REPLY_BYTES: u32 = 32;

/** A set of 16-bit sequence numbers. */
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

/** The table that gave a socket its identifier, and takes it back. */
export interface EchoSocketOwner {
  forget(socket: EchoSocket): void;
}

export class EchoSocket {
  // The reply or error that `receive` took last.
  lastSequence: u32 = 0;
  lastFrom: Ipv4Address = 0;
  /** The TTL with which the reply arrived. */
  lastTtl: u32 = 0;
  /** Bytes of ICMP header and data. */
  lastLength: u32 = 0;
  /** When the request was sent, in microseconds since boot; -1 if the reply does not contain it. */
  lastSentAt: i64 = -1;
  /** When the reply came in, in microseconds since boot. */
  lastArrival: i64 = 0;
  /** NO_ERROR, or the IcmpError that came instead of a reply. */
  lastError: i32 = NO_ERROR;
  /** Whether the request had been answered before. */
  lastDuplicate: bool = false;
  /** Requests that found no route. */
  withoutRoute: u32 = 0;
  readonly path: Path = new Path();
  /** The address that requests are sent from; if UNSPECIFIED, the route chooses it. */
  source: Ipv4Address = UNSPECIFIED;
  /** The index of the only interface by which requests leave, or ANY_DEVICE. */
  device: u32 = ANY_DEVICE;
  readonly received: DatagramQueue = new DatagramQueue(ECHO_RECEIVE_BYTES);
  readonly queued: DatagramQueue = new DatagramQueue(ECHO_TRANSMIT_BYTES + 80);
  /** The sequence numbers of the requests sent, and of those that have been answered. */
  private readonly asked: Sequences = new Sequences();
  private readonly answered: Sequences = new Sequences();
  /** Bytes of data in the last request. */
  private size: u32 = 0;
  private isOpen: bool = true;

  constructor(
    private readonly owner: EchoSocketOwner,
    readonly identifier: u32,
  ) {}

  /** Points the path at a destination. */
  toward(destination: IpAddress): void {
    if (this.source == UNSPECIFIED) this.path.toward(destination, this.device);
    else this.path.betweenIpv4(this.source, destination.ipv4, this.device);
  }

  /**
   * Queues a request with `length` bytes of data, which begin with `now` if there are 8 or more.
   * Returns false if the queue is full, `length` is more than ECHO_PAYLOAD, or the socket is
   * closed.
   */
  send(address: Ipv4Address, sequence: u32, length: u32, now: i64): bool {
    if (length > ECHO_PAYLOAD || !this.isOpen) return false;
    const request = this.queued.push(ICMP_HEADER + length);
    if (request == null) return false;
    request.remote.ipv4 = address;
    const message = request.payload;
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

  /** Moves the oldest reply or error into the `last` fields; returns false if there is none. */
  receive(): bool {
    const queue = this.received;
    if (queue.count == 0) return false;
    const record = queue.oldest();
    const reply = changetype<EchoReply>(record.payload);
    this.lastFrom = record.remote.ipv4;
    this.lastTtl = reply.ttl;
    this.lastError = reply.error;
    this.lastLength = reply.length;
    this.lastSequence = reply.sequence;
    this.lastDuplicate = reply.duplicate;
    this.lastSentAt = reply.sentAt;
    this.lastArrival = reply.arrivedAt;
    queue.pop();
    return true;
  }

  /** Releases the identifier and the memory. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.owner.forget(this);
    this.received.free();
    this.queued.free();
  }

  /**
   * Queues an echo reply if it answers a request: its code is 0, its sequence number was sent, its
   * data is what was sent or the beginning of that, and the time in it is not later than `now`.
   */
  accept(now: i64, from: IpAddress, ttl: u32, pointer: usize, length: u32): Drop {
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
    const reply = this.keep(now, from, ttl, sequence);
    if (reply == null) return Drop.IcmpQueueFull;
    reply.error = NO_ERROR;
    reply.length = length;
    reply.sentAt = sent;
    reply.duplicate = this.answered.has(sequence);
    this.answered.add(sequence);
    return Drop.None;
  }

  /** Queues an error that came instead of a reply, if it is about a request that was sent. */
  acceptError(now: i64, from: IpAddress, ttl: u32, sequence: u32, error: i32): void {
    if (!this.asked.has(sequence)) return;
    const reply = this.keep(now, from, ttl, sequence);
    if (reply == null) return;
    reply.error = error;
    reply.length = 0;
    reply.sentAt = -1;
    reply.duplicate = false;
  }

  /** Queues a reply; the caller fills in its other fields. Returns null if the queue is full. */
  private keep(now: i64, from: IpAddress, ttl: u32, sequence: u32): EchoReply | null {
    const record = this.received.push(REPLY_BYTES);
    if (record == null) return null;
    record.remote.copyFrom(changetype<usize>(from));
    const reply = changetype<EchoReply>(record.payload);
    reply.arrivedAt = now;
    reply.sequence = sequence;
    reply.ttl = ttl as u8;
    return reply;
  }
}
