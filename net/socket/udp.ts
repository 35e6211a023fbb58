/**
 * UDP (RFC 768, RFC 1122 section 4.1): hands received datagrams to their sockets, sends the
 * datagrams that sockets have queued, and reports ICMP errors to connected sockets.
 *
 *     wire > process > receive queue > receive        send > transmit queue > dispatch > wire
 */
import { UDP_RECEIVE_BYTES, UDP_SOCKETS, UDP_TRANSMIT_BYTES } from "../../core/limits";
import { Random } from "../../core/random";
import { NEVER } from "../../core/time";
import { BROADCAST_ADDRESS, UNSPECIFIED } from "../wire/address";
import { copyAndSum, sum } from "../wire/checksum";
import { Drop } from "../wire/drop";
import { IcmpError } from "../wire/icmp";
import { PROTOCOL_UDP } from "../wire/ipv4";
import { emitUdp, UDP_HEADER, UdpHeader } from "../wire/udp";
import { Datagram } from "./datagram-queue";
import { Endpoints } from "./endpoints";
import { SocketError } from "./error";
import { ErrorReport } from "./error-report";
import { ANY_DEVICE } from "./path";
import { PacketSink, SendResult } from "./sink";
import { UdpPorts } from "./udp-ports";
import { UdpSocket, UdpSocketOwner } from "./udp-socket";

export class UdpTable implements UdpSocketOwner {
  /** Open sockets. */
  count: u32 = 0;
  private readonly sockets: StaticArray<UdpSocket | null> = new StaticArray<UdpSocket | null>(
    UDP_SOCKETS,
  );
  private readonly ports: UdpPorts;
  /** The index of the socket that sends first in the next `dispatch`. */
  private turn: u32 = 0;

  constructor(random: Random) {
    this.ports = new UdpPorts(random);
  }

  /**
   * Opens a socket on `port`, or on a random port if that is 0. Its queues hold `receiveBytes` and
   * `transmitBytes` of memory until it is closed. Returns null if the port is in use on interface
   * `device` or above 65535, or if UDP_SOCKETS sockets are open.
   */
  open(
    port: u32 = 0,
    receiveBytes: u32 = UDP_RECEIVE_BYTES,
    transmitBytes: u32 = UDP_TRANSMIT_BYTES,
    device: u32 = ANY_DEVICE,
  ): UdpSocket | null {
    if (this.count == UDP_SOCKETS || port > 65535) return null;
    const local = port == 0 ? this.ports.draw() : port;
    if (this.ports.inUse(local, device)) return null;
    const socket = new UdpSocket(this, local, receiveBytes, transmitBytes);
    socket.device = device;
    this.ports.add(socket);
    this.sockets[this.count++] = socket;
    return socket;
  }

  /** Returns a socket by its index, from 0 to `count` - 1, in no particular order. */
  socketAt(index: u32): UdpSocket {
    return this.sockets[index]!;
  }

  /** Whether a socket on `port` accepts datagrams while interface `device` has no address. */
  acceptsUnconfigured(port: u32, device: u32 = ANY_DEVICE): bool {
    return this.ports.acceptsUnconfigured(port, device);
  }

  /**
   * Queues a datagram that passed `parseUdp` and arrived on interface `device` for its socket.
   * `ends` holds its addresses; this method adds its ports. If the queue is full, the datagram is
   * dropped.
   */
  process(ends: Endpoints, pointer: usize, device: u32 = ANY_DEVICE): Drop {
    const header = UdpHeader.at(pointer);
    ends.ports = (header.destinationPort << 16) | header.sourcePort;
    const socket = this.ports.find(ends, device);
    if (socket == null) return Drop.UdpNoSocket;
    const length = header.payloadLength;
    const datagram = socket.received.push(length);
    if (datagram == null) {
      socket.dropped++;
      return Drop.UdpQueueFull;
    }
    ends.save(changetype<usize>(datagram));
    memory.copy(datagram.payload, header.payload, length as usize);
    return Drop.None;
  }

  /**
   * Reports an error, except FragmentationNeeded, to the socket connected to the datagram's
   * destination (RFC 1122 section 4.1.3.3).
   */
  processError(report: ErrorReport): void {
    const kind = report.kind;
    if (kind == IcmpError.FragmentationNeeded) return;
    const header = UdpHeader.at(report.pointer);
    const ends = report.quoted;
    ends.ports = (header.sourcePort << 16) | header.destinationPort;
    const socket = this.ports.find(ends, ANY_DEVICE);
    if (socket == null || socket.remotePort == 0) return;
    const refused = kind == IcmpError.PortUnreachable || kind == IcmpError.ProtocolUnreachable;
    socket.error = refused ? SocketError.Refused : SocketError.Unreachable;
  }

  /**
   * Sends the queued datagrams, socket by socket. Returns true if the sink could not take all of
   * them.
   */
  dispatch(_now: i64, sink: PacketSink): bool {
    const count = this.count;
    if (this.turn >= count) this.turn = 0;
    let busy = false;
    let next = this.turn;
    for (let i: u32 = 0; i < count; i++) {
      const index = this.turn + i;
      const socket = this.sockets[index < count ? index : index - count]!;
      while (socket.queued.count > 0) {
        const result = transmit(socket, sink);
        // Other sockets may have room: a scheduler has several queues.
        if (result == SendResult.Busy) {
          if (!busy) next = index < count ? index : index - count;
          busy = true;
          break;
        }
        if (result == SendResult.Unreachable) socket.error = socket.path.error;
        socket.queued.pop();
      }
    }
    this.turn = next;
    return busy;
  }

  /** Returns 0 while a datagram is queued, else NEVER, because UDP has no timers. */
  pollAt(): i64 {
    for (let i: u32 = 0; i < this.count; i++) {
      if (this.sockets[i]!.queued.count > 0) return 0;
    }
    return NEVER;
  }

  /** Removes a socket from the table; called by `UdpSocket.close`. */
  forget(socket: UdpSocket): void {
    for (let i: u32 = 0; i < this.count; i++) {
      if (this.sockets[i] !== socket) continue;
      this.sockets[i] = this.sockets[--this.count];
      this.sockets[this.count] = null;
      break;
    }
    this.ports.remove(socket);
  }
}

/** Sends the oldest datagram of a socket, and leaves it in the queue. */
function transmit(socket: UdpSocket, sink: PacketSink): SendResult {
  const datagram = socket.queued.oldest();
  const path = socket.path;
  const sourceOptional = pointPath(socket, datagram);
  if (!sink.lookUp(path)) return SendResult.Unreachable;
  if (!sourceOptional && path.source.isUnspecified) return SendResult.Unreachable;
  const length = datagram.length;
  const queued = datagram.payload; // begins with room for the UDP header
  const bytes = length - UDP_HEADER;
  if (length > path.room) {
    emitUdp(queued, length, datagram.ports, path.addressSum + sum(queued + UDP_HEADER, bytes));
    return sink.sendBytes(queued, length, path, PROTOCOL_UDP);
  }
  const frame = sink.allocate(path);
  if (frame == null) return SendResult.Busy;
  const start = frame.append(length);
  const total = copyAndSum(start + UDP_HEADER, queued + UDP_HEADER, bytes, path.addressSum);
  emitUdp(start, length, datagram.ports, total);
  return sink.send(frame, path, PROTOCOL_UDP);
}

/**
 * Points the socket's path at the datagram's destination. A datagram to 255.255.255.255 leaves by
 * the socket's interface; its source is 0.0.0.0 if the socket accepts unconfigured interfaces (RFC
 * 2131 section 4.1). Reports whether the datagram may be sent without a source address.
 */
function pointPath(socket: UdpSocket, datagram: Datagram): bool {
  const path = socket.path;
  path.setFlow(PROTOCOL_UDP, datagram.ports);
  if (!datagram.remote.equalsIpv4(BROADCAST_ADDRESS)) {
    path.toward(datagram.remote);
  } else if (socket.acceptUnconfigured) {
    path.betweenIpv4(UNSPECIFIED, BROADCAST_ADDRESS, socket.device);
    return true;
  } else {
    path.toward(datagram.remote, socket.device);
  }
  return false;
}
