/** A packet sink that keeps what sockets send. */
import { FramePool } from "../../../net/phy/pool";
import { SocketError } from "../../../net/socket/error";
import { Path } from "../../../net/socket/path";
import { PacketSink, SendResult } from "../../../net/socket/sink";
import { BROADCAST_ADDRESS, isUnicast } from "../../../net/wire/address";
import { Frame } from "../../../net/wire/frame";

class SentPacket {
  constructor(
    readonly pointer: usize,
    readonly length: u32,
    readonly source: u32,
    readonly destination: u32,
    readonly protocol: u32,
  ) {}
}

class CaptureSink implements PacketSink {
  sent: Array<SentPacket> = [];
  /** This host's address; 0: only broadcasts have a route. */
  source: u32 = 0x0a00020f;
  /** Packets that it accepts before it is busy. */
  room: u32 = u32.MAX_VALUE;
  readonly pool: FramePool = new FramePool(4);

  clear(): void {
    for (let i = 0; i < this.sent.length; i++) heap.free(this.sent[i].pointer);
    this.sent = [];
    this.room = u32.MAX_VALUE;
    this.source = 0x0a00020f;
  }
  lookUp(path: Path): bool {
    const destination = path.destination.ipv4;
    if (this.source == 0 && destination != BROADCAST_ADDRESS) {
      path.settleNone(1, SocketError.NetworkUnreachable);
      return false;
    }
    path.settleIpv4(1, this.source, destination, 1500);
    path.toHost = isUnicast(destination);
    return true;
  }
  allocate(path: Path): Frame | null {
    this.lookUp(path);
    return this.room == 0 ? null : this.pool.allocate();
  }
  send(frame: Frame, path: Path, protocol: u32): SendResult {
    const result = this.sendBytes(frame.start, frame.length, path, protocol);
    this.pool.release(frame);
    return result;
  }
  confirm(_path: Path): void {}
  sendBytes(pointer: usize, length: u32, path: Path, protocol: u32): SendResult {
    if (this.room == 0) return SendResult.Busy;
    this.room--;
    const copy = heap.alloc(length);
    memory.copy(copy, pointer, length);
    const source = path.source.ipv4;
    this.sent.push(new SentPacket(copy, length, source, path.destination.ipv4, protocol));
    return SendResult.Sent;
  }
}

/** The module's sink; the functions below let Node read it. */
export const sink = new CaptureSink();

export function sentCount(): u32 {
  return sink.sent.length;
}
export function sentPointer(index: u32): usize {
  return sink.sent[index].pointer;
}
export function sentLength(index: u32): u32 {
  return sink.sent[index].length;
}
export function sentSource(index: u32): u32 {
  return sink.sent[index].source;
}
export function sentDestination(index: u32): u32 {
  return sink.sent[index].destination;
}
export function sentProtocol(index: u32): u32 {
  return sink.sent[index].protocol;
}
/** Sets this host's address; 0: only broadcasts have a route. */
export function setSource(address: u32): void {
  sink.source = address;
}
