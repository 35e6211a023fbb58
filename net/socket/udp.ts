/**
 * UDP sockets (RFC 768, RFC 1122 section 4.1): queues of datagrams bounded in bytes, random
 * ports (RFC 6056), ICMP errors told to connected sockets.
 *
 *     wire > process > receive queue > receive        send > transmit queue > dispatch > wire
 */
import {
  UDP_RECEIVE_BYTES,
  UDP_RECENT_PORTS,
  UDP_SOCKETS,
  UDP_TRANSMIT_BYTES,
} from "../../core/limits";
import { Random, randomBelow } from "../../core/random";
import { NEVER } from "../../core/time";
import { BROADCAST_ADDRESS, Ipv4Address } from "../wire/address";
import { copyAndSum } from "../wire/checksum";
import { Drop } from "../wire/drop";
import { IcmpError } from "../wire/icmp";
import { IPV4_HEADER, PROTOCOL_UDP } from "../wire/ipv4";
import { emitUdp, emitUdpSummed, UDP_HEADER, UdpHeader } from "../wire/udp";
import { DatagramQueue } from "./datagram-queue";
import { SocketError } from "./error";
import { PacketSink, SendResult } from "./sink";

/** The most bytes of payload that one IPv4 packet carries: 65535 - 20 - 8. */
export const UDP_PAYLOAD: u32 = 65507;
/** `UdpSocket.device` of a socket that hears and speaks on every interface. */
export const ANY_DEVICE: u32 = 0xffffffff;

/** Ports that are given out at random: as many as can be (RFC 6056 section 3.2). */
const FIRST_RANDOM_PORT: u32 = 1024;
const RANDOM_PORTS: u32 = 65536 - FIRST_RANDOM_PORT;
/** Chains that sockets are found by; a power of two. */
const CHAINS: u32 = 64;
/** What a queue needs beyond its limit, so that the longest datagram fits an empty one. */
const QUEUE_SLACK: u32 = 64;

/**
 * Sends to 255.255.255.255 on one chosen interface: what DHCP needs, also where there are
 * several. A table that has none leaves it to `PacketSink.sendBytes`.
 */
export interface Broadcaster {
  /** The own address on the interface, or 0. */
  addressOf(device: u32): Ipv4Address;
  broadcast(
    device: u32,
    pointer: usize,
    length: u32,
    source: Ipv4Address,
    protocol: u32,
  ): SendResult;
}

export class UdpSocket {
  /** The address and port of `connect`; port 0: not connected. */
  remoteAddress: Ipv4Address = 0;
  remotePort: u32 = 0;
  /** What went wrong since; the user sets it back to None. */
  error: SocketError = SocketError.None;
  /** Hears what is sent to any address, while its interface has none (DHCP). */
  acceptUnconfigured: bool = false;
  /** The index of the only interface that it hears and speaks on, or ANY_DEVICE. */
  device: u32 = ANY_DEVICE;
  /** Where the datagram of the last `receive` came from and went to. */
  lastAddress: Ipv4Address = 0;
  lastPort: u32 = 0;
  lastDestination: Ipv4Address = 0;
  /** Its whole length, which may be more than what `receive` copied. */
  lastLength: u32 = 0;
  /** Datagrams dropped because the receive queue was full. */
  dropped: u64 = 0;
  /** The next socket with the same chain; the table's. */
  next: UdpSocket | null = null;
  readonly received: DatagramQueue;
  readonly queued: DatagramQueue;
  private open: bool = true;

  constructor(
    private readonly table: UdpTable,
    readonly localPort: u32,
    receiveBytes: u32,
    transmitBytes: u32,
  ) {
    this.received = new DatagramQueue(receiveBytes + QUEUE_SLACK);
    this.queued = new DatagramQueue(transmitBytes + QUEUE_SLACK);
  }

  /**
   * Queues `length` bytes for address:port. False: the queue is full, the datagram too long,
   * the port 0, or the socket closed.
   */
  send(pointer: usize, length: u32, address: Ipv4Address, port: u32): bool {
    if (length > UDP_PAYLOAD || port - 1 >= 65535 || !this.open) return false;
    const datagram = this.queued.push(UDP_HEADER + length, address, port, 0);
    if (datagram == 0) return false;
    memory.copy(datagram + UDP_HEADER, pointer, length as usize);
    return true;
  }

  /** From here on only datagrams from address:port are heard, and its ICMP errors. */
  connect(address: Ipv4Address, port: u32): void {
    this.remoteAddress = address;
    this.remotePort = port;
  }

  /**
   * Copies the oldest datagram, cut to `capacity` bytes, and answers how many bytes, or -1 when
   * there is none.
   */
  receive(destination: usize, capacity: u32): i32 {
    const queue = this.received;
    if (queue.count == 0) return -1;
    const length = queue.length();
    const copied = length < capacity ? length : capacity;
    memory.copy(destination, queue.pointer(), copied as usize);
    this.lastAddress = queue.first();
    this.lastPort = queue.second();
    this.lastDestination = queue.third();
    this.lastLength = length;
    queue.pop();
    return copied as i32;
  }

  /** True when `receive` has something. */
  readable(): bool {
    return this.received.count > 0;
  }

  /** True while something waits to be sent. */
  pending(): bool {
    return this.queued.count > 0;
  }

  /** Forgets what is queued and gives the port and the memory back. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.table.forget(this);
    this.received.free();
    this.queued.free();
  }

  /** True when a datagram from address:port on that interface is for this socket. */
  hears(address: Ipv4Address, port: u32, device: u32): bool {
    if (this.remotePort != 0 && (port != this.remotePort || address != this.remoteAddress)) {
      return false;
    }
    return this.device == ANY_DEVICE || device == ANY_DEVICE || this.device == device;
  }
}

export class UdpTable {
  /** Who sends what is to leave by one interface, or null. */
  broadcaster: Broadcaster | null = null;
  /** Open sockets. */
  count: u32 = 0;
  private readonly sockets: StaticArray<UdpSocket | null> = new StaticArray<UdpSocket | null>(
    UDP_SOCKETS,
  );
  private readonly chains: StaticArray<UdpSocket | null> = new StaticArray<UdpSocket | null>(
    CHAINS,
  );
  private readonly recent: StaticArray<u16> = new StaticArray<u16>(UDP_RECENT_PORTS);
  private closed: u32 = 0;
  /** The socket that may send first in the next `dispatch`. */
  private turn: u32 = 0;

  constructor(private readonly random: Random) {}

  /**
   * A socket with memory of its own on `port`, or on a random one for 0. Null: the port is in
   * use (on that interface), or there are UDP_SOCKETS sockets.
   */
  open(
    port: u32 = 0,
    receiveBytes: u32 = UDP_RECEIVE_BYTES,
    transmitBytes: u32 = UDP_TRANSMIT_BYTES,
    device: u32 = ANY_DEVICE,
  ): UdpSocket | null {
    if (this.count == UDP_SOCKETS || port > 65535) return null;
    const local = port == 0 ? this.randomPort() : port;
    if (this.inUse(local, device)) return null;
    const socket = new UdpSocket(this, local, receiveBytes, transmitBytes);
    socket.device = device;
    const chain = local & (CHAINS - 1);
    socket.next = this.chains[chain];
    this.chains[chain] = socket;
    this.sockets[this.count++] = socket;
    return socket;
  }

  /** The sockets from 0 to `count` - 1, in no order. */
  socketAt(index: u32): UdpSocket {
    return this.sockets[index]!;
  }

  /** True when a socket on `port` wants what an interface without address hears. */
  acceptsUnconfigured(port: u32, device: u32 = ANY_DEVICE): bool {
    let socket = this.chains[port & (CHAINS - 1)];
    while (socket != null) {
      if (socket.localPort == port && socket.acceptUnconfigured) {
        if (socket.device == ANY_DEVICE || socket.device == device) return true;
      }
      socket = socket.next;
    }
    return false;
  }

  /**
   * A datagram that passed `parseUdp` came in by interface `device`: into its socket's queue.
   * A full queue drops the newest.
   */
  process(
    source: Ipv4Address,
    destination: Ipv4Address,
    pointer: usize,
    _length: u32,
    device: u32 = ANY_DEVICE,
  ): Drop {
    const header = UdpHeader.at(pointer);
    const port = header.destinationPort;
    const from = header.sourcePort;
    const socket = this.find(port, source, from, device);
    if (socket == null) return Drop.UdpNoSocket;
    const length = header.payloadLength;
    const space = socket.received.push(length, source, from, destination);
    if (space == 0) {
      socket.dropped++;
      return Drop.UdpQueueFull;
    }
    memory.copy(space, header.payload, length as usize);
    return Drop.None;
  }

  /**
   * An ICMP error quotes the first `length` bytes (at least 8) of a datagram from `source` to
   * `destination`: told to the socket that is connected there (RFC 1122 section 4.1.3.3).
   */
  processError(
    kind: IcmpError,
    _source: Ipv4Address,
    destination: Ipv4Address,
    pointer: usize,
    _length: u32,
  ): void {
    if (kind == IcmpError.FragmentationNeeded) return;
    const header = UdpHeader.at(pointer);
    const port = header.destinationPort;
    const socket = this.find(header.sourcePort, destination, port, ANY_DEVICE);
    if (socket == null || socket.remotePort == 0) return;
    const refused = kind == IcmpError.PortUnreachable || kind == IcmpError.ProtocolUnreachable;
    socket.error = refused ? SocketError.Refused : SocketError.Unreachable;
  }

  /** Sends what is queued, each socket in turn. True: there is more, but the sink is busy. */
  dispatch(_now: i64, sink: PacketSink): bool {
    const count = this.count;
    if (this.turn >= count) this.turn = 0;
    for (let i: u32 = 0; i < count; i++) {
      const index = this.turn + i;
      const socket = this.sockets[index < count ? index : index - count]!;
      while (socket.queued.count > 0) {
        const result = this.transmit(socket, sink);
        if (result == SendResult.Busy) {
          this.turn = index < count ? index : index - count;
          return true;
        }
        if (result == SendResult.Unreachable) socket.error = SocketError.Unreachable;
        socket.queued.pop();
      }
    }
    return false;
  }

  /** 0 while something is queued, else NEVER: UDP has no timers. */
  pollAt(): i64 {
    for (let i: u32 = 0; i < this.count; i++) {
      if (this.sockets[i]!.queued.count > 0) return 0;
    }
    return NEVER;
  }

  /** Takes a closed socket out of the table; called by `UdpSocket.close`. */
  forget(socket: UdpSocket): void {
    for (let i: u32 = 0; i < this.count; i++) {
      if (this.sockets[i] !== socket) continue;
      this.sockets[i] = this.sockets[--this.count];
      this.sockets[this.count] = null;
      break;
    }
    this.unchain(socket);
    this.recent[this.closed++ & (UDP_RECENT_PORTS - 1)] = socket.localPort as u16;
  }

  private unchain(socket: UdpSocket): void {
    const chain = socket.localPort & (CHAINS - 1);
    let before: UdpSocket | null = null;
    let at = this.chains[chain];
    while (at != null && at !== socket) {
      before = at;
      at = at.next;
    }
    if (before == null) this.chains[chain] = socket.next;
    else before.next = socket.next;
    socket.next = null;
  }

  private find(port: u32, address: Ipv4Address, remotePort: u32, device: u32): UdpSocket | null {
    let socket = this.chains[port & (CHAINS - 1)];
    while (socket != null) {
      if (socket.localPort == port && socket.hears(address, remotePort, device)) return socket;
      socket = socket.next;
    }
    return null;
  }

  private inUse(port: u32, device: u32): bool {
    let socket = this.chains[port & (CHAINS - 1)];
    while (socket != null) {
      if (socket.localPort == port) {
        const other = socket.device;
        if (device == ANY_DEVICE || other == ANY_DEVICE || device == other) return true;
      }
      socket = socket.next;
    }
    return false;
  }

  /** A port neither in use nor closed just now (RFC 6056 section 3.3.1). */
  private randomPort(): u32 {
    let port: u32 = 0;
    do {
      port = FIRST_RANDOM_PORT + randomBelow(this.random, RANDOM_PORTS);
    } while (this.inUse(port, ANY_DEVICE) || this.recent.includes(port as u16));
    return port;
  }

  /** Sends the oldest datagram of a socket; it stays queued. */
  private transmit(socket: UdpSocket, sink: PacketSink): SendResult {
    const queue = socket.queued;
    const datagram = queue.pointer();
    const length = queue.length();
    const to = queue.first();
    const port = queue.second();
    if (to == BROADCAST_ADDRESS && (socket.acceptUnconfigured || socket.device != ANY_DEVICE)) {
      return this.transmitBroadcast(socket, sink, datagram, length, port);
    }
    const source = sink.sourceAddress(to);
    if (source == 0) return SendResult.Unreachable;
    if (IPV4_HEADER + length > sink.mtu(to)) {
      emitUdp(datagram, length, socket.localPort, port, source, to);
      return sink.sendBytes(datagram, length, source, to, PROTOCOL_UDP);
    }
    const frame = sink.allocate(to);
    if (frame == null) return SendResult.Busy;
    const start = frame.append(length);
    const bytes = length - UDP_HEADER;
    const total = copyAndSum(start + UDP_HEADER, datagram + UDP_HEADER, bytes, 0);
    emitUdpSummed(start, length, socket.localPort, port, source, to, total);
    return sink.send(frame, source, to, PROTOCOL_UDP);
  }

  /** From 0.0.0.0 as long as the socket's interface has no address (RFC 2131 section 4.1). */
  private transmitBroadcast(
    socket: UdpSocket,
    sink: PacketSink,
    datagram: usize,
    length: u32,
    port: u32,
  ): SendResult {
    const to = BROADCAST_ADDRESS;
    const device = socket.device;
    let broadcaster: Broadcaster | null = null;
    if (device != ANY_DEVICE) broadcaster = this.broadcaster;
    let source: Ipv4Address = 0;
    if (!socket.acceptUnconfigured) {
      source = broadcaster == null ? sink.sourceAddress(to) : broadcaster.addressOf(device);
      if (source == 0) return SendResult.Unreachable;
    }
    emitUdp(datagram, length, socket.localPort, port, source, to);
    if (broadcaster == null) return sink.sendBytes(datagram, length, source, to, PROTOCOL_UDP);
    return broadcaster.broadcast(device, datagram, length, source, PROTOCOL_UDP);
  }
}
