/** A UDP socket as its user sees it: two bounded queues of datagrams (RFC 768). */
import { Ipv4Address, UNSPECIFIED } from "../wire/address";
import { UDP_HEADER } from "../wire/udp";
import { DatagramQueue } from "./datagram-queue";
import { Endpoints } from "./endpoints";
import { SocketError } from "./error";
import { ANY_DEVICE, Path } from "./path";

/** The most bytes of payload that one IPv4 packet carries: 65535 - 20 - 8. */
export const UDP_PAYLOAD: u32 = 65507;
/** Extra bytes of a queue, so that the longest datagram and its header fit an empty one. */
const QUEUE_SLACK: u32 = 80;

/** The table that gave a socket its port, and takes it back. */
export interface UdpSocketOwner {
  forget(socket: UdpSocket): void;
}

export class UdpSocket {
  /** The local port, and the remote end set by `connect`; remote port 0 means not connected. */
  readonly endpoints: Endpoints = new Endpoints();
  /** The ends of the datagram that `receive` returned last. */
  readonly last: Endpoints = new Endpoints();
  /** The whole length of that datagram in bytes; `receive` may have copied less. */
  lastLength: u32 = 0;
  /** The path to the last destination, so that repeated sends to it need only one lookup. */
  readonly path: Path = new Path();
  /** The last error; the user sets it back to None. */
  error: SocketError = SocketError.None;
  /** Whether the socket receives datagrams while the interface has no address, as DHCP needs. */
  acceptUnconfigured: bool = false;
  /** The index of the only interface on which it receives and broadcasts, or ANY_DEVICE. */
  device: u32 = ANY_DEVICE;
  /** Datagrams dropped because the receive queue was full. */
  dropped: u64 = 0;
  /** The next socket of the same chain; for UdpPorts. */
  next: UdpSocket | null = null;
  readonly received: DatagramQueue;
  readonly queued: DatagramQueue;
  private isOpen: bool = true;

  /** Allocates the memory of both queues; `close` frees it. */
  constructor(
    private readonly owner: UdpSocketOwner,
    localPort: u32,
    receiveBytes: u32,
    transmitBytes: u32,
  ) {
    this.received = new DatagramQueue(receiveBytes + QUEUE_SLACK);
    this.queued = new DatagramQueue(transmitBytes + QUEUE_SLACK);
    this.endpoints.setIpv4(UNSPECIFIED, localPort, UNSPECIFIED, 0);
  }

  get localPort(): u32 {
    return this.endpoints.localPort;
  }
  get remoteAddress(): Ipv4Address {
    return this.endpoints.remoteIpv4;
  }
  get remotePort(): u32 {
    return this.endpoints.remotePort;
  }
  /** The sender of the datagram that `receive` returned last. */
  get lastAddress(): Ipv4Address {
    return this.last.remoteIpv4;
  }
  get lastPort(): u32 {
    return this.last.remotePort;
  }

  /**
   * Queues `length` bytes for address:port. Returns false if the queue is full, the datagram is
   * longer than UDP_PAYLOAD, the port is not from 1 to 65535, or the socket is closed.
   */
  send(pointer: usize, length: u32, address: Ipv4Address, port: u32): bool {
    if (length > UDP_PAYLOAD || port - 1 >= 65535 || !this.isOpen) return false;
    const datagram = this.queued.push(UDP_HEADER + length);
    if (datagram == null) return false;
    datagram.remote.ipv4 = address;
    datagram.ports = (this.endpoints.localPort << 16) | port;
    memory.copy(datagram.payload + UDP_HEADER, pointer, length as usize);
    return true;
  }

  /**
   * Sets the remote end. From now on, only datagrams from address:port are received, and ICMP
   * errors about datagrams to address:port are reported.
   */
  connect(address: Ipv4Address, port: u32): void {
    this.endpoints.setRemoteIpv4(address, port);
  }

  /**
   * Copies the oldest datagram, cut to `capacity` bytes. Returns the number of bytes copied, or -1
   * if there is none.
   */
  receive(destination: usize, capacity: u32): i32 {
    const queue = this.received;
    if (queue.count == 0) return -1;
    const datagram = queue.oldest();
    const length = datagram.length;
    const copied = length < capacity ? length : capacity;
    memory.copy(destination, datagram.payload, copied as usize);
    this.last.restore(changetype<usize>(datagram));
    this.lastLength = length;
    queue.pop();
    return copied as i32;
  }

  /** Whether a datagram can be received. */
  readable(): bool {
    return this.received.count > 0;
  }

  /** Whether a datagram waits to be sent. */
  pending(): bool {
    return this.queued.count > 0;
  }

  /** Drops all queued datagrams, and releases the port and the memory. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.owner.forget(this);
    this.received.free();
    this.queued.free();
  }

  /** Whether a datagram between `ends` that arrived on interface `device` is for this socket. */
  matches(ends: Endpoints, device: u32): bool {
    const own = this.endpoints;
    if (((own.ports ^ ends.ports) & 0xffff_0000) != 0) return false;
    if (own.remotePort != 0 && !own.equalsRemote(ends)) return false;
    return this.device == ANY_DEVICE || device == ANY_DEVICE || this.device == device;
  }
}
