/**
 * The ICMP echo client (RFC 792, RFC 1122 section 3.2.2.6): sends the requests that its sockets
 * have queued, and hands replies and errors to the socket whose identifier they contain.
 */
import { loadNet16 } from "../../core/bytes";
import { ECHO_SOCKETS } from "../../core/limits";
import { Random } from "../../core/random";
import { NEVER } from "../../core/time";
import { Drop } from "../wire/drop";
import { ICMP_ECHO_REQUEST, IcmpHeader } from "../wire/icmp";
import { IpAddress } from "../wire/ip-address";
import { PROTOCOL_ICMP } from "../wire/ipv4";
import { EchoSocket, EchoSocketOwner } from "./echo-socket";
import { ErrorReport } from "./error-report";
import { PacketSink, SendResult } from "./sink";

export class EchoTable implements EchoSocketOwner {
  /** Open sockets. */
  count: u32 = 0;
  private readonly sockets: StaticArray<EchoSocket | null> = new StaticArray<EchoSocket | null>(
    ECHO_SOCKETS,
  );

  constructor(private readonly random: Random) {}

  /** Opens a socket with a unique identifier. Returns null if ECHO_SOCKETS sockets are open. */
  open(): EchoSocket | null {
    if (this.count == ECHO_SOCKETS) return null;
    let identifier = this.random.next32() & 0xffff;
    while (this.find(identifier) != null) identifier = this.random.next32() & 0xffff;
    const socket = new EchoSocket(this, identifier);
    this.sockets[this.count++] = socket;
    return socket;
  }

  /** Returns a socket by its index, from 0 to `count` - 1, in no particular order. */
  socketAt(index: u32): EchoSocket {
    return this.sockets[index]!;
  }

  /** Handles an echo reply of `length` bytes that passed `parseIcmp` and arrived with this TTL. */
  process(now: i64, source: IpAddress, ttl: u32, pointer: usize, length: u32): Drop {
    const socket = this.find(IcmpHeader.at(pointer).identifier);
    return socket == null ? Drop.IcmpType : socket.accept(now, source, ttl, pointer, length);
  }

  /** Handles an ICMP error about a packet of this host, which may have been an echo request. */
  processError(now: i64, report: ErrorReport): void {
    const pointer = report.pointer;
    if (load<u8>(pointer) != ICMP_ECHO_REQUEST || report.quoted.remote.isUnspecified) return;
    const socket = this.find(loadNet16(pointer + 4));
    if (socket == null) return;
    const sequence = loadNet16(pointer + 6);
    socket.acceptError(now, report.reporter, report.ttl, sequence, report.kind);
  }

  /** Sends the queued requests. Returns true if the sink could not take all of them. */
  dispatch(_now: i64, sink: PacketSink): bool {
    let busy = false;
    for (let i: u32 = 0; i < this.count; i++) {
      const socket = this.sockets[i]!;
      while (socket.queued.count > 0) {
        const result = transmit(socket, sink);
        if (result == SendResult.Busy) {
          busy = true;
          break;
        }
        if (result == SendResult.Unreachable) socket.withoutRoute++;
        socket.queued.pop();
      }
    }
    return busy;
  }

  /** Returns 0 while a request is queued, else NEVER. */
  pollAt(): i64 {
    for (let i: u32 = 0; i < this.count; i++) {
      if (this.sockets[i]!.queued.count > 0) return 0;
    }
    return NEVER;
  }

  /** Removes a socket from the table; called by `EchoSocket.close`. */
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
}

/** Sends the oldest request of a socket, and leaves it in the queue. */
function transmit(socket: EchoSocket, sink: PacketSink): SendResult {
  const request = socket.queued.oldest();
  const length = request.length;
  const path = socket.path;
  path.setFlow(PROTOCOL_ICMP, socket.identifier);
  socket.toward(request.remote);
  if (!sink.lookUp(path) || path.source.isUnspecified) return SendResult.Unreachable;
  if (length > path.room) return sink.sendBytes(request.payload, length, path, PROTOCOL_ICMP);
  const frame = sink.allocate(path);
  if (frame == null) return SendResult.Busy;
  memory.copy(frame.append(length), request.payload, length as usize);
  return sink.send(frame, path, PROTOCOL_ICMP);
}
