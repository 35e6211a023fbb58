/** TCP connections and listeners as streams (RFC 9293 section 3.9.1). */
import { Wakeable } from "../../../core/wakeable";
import { SOCKET_ERROR_WORDS, SocketError } from "../../socket/error";
import { TcpConnection } from "../../socket/tcp/connection";
import { TcpListener } from "../../socket/tcp/listen/listener";
import { TcpState } from "../../socket/tcp/state";
import { Stream, StreamFailure, StreamListener, StreamStatus } from "./stream";

/** A TCP connection as a stream. */
export class TcpStream implements Stream {
  constructor(readonly connection: TcpConnection) {
    // HTTP and TLS write whole messages: Nagle's algorithm would only delay them.
    connection.noDelay = true;
  }

  /** Does nothing: the stack polls TCP itself. */
  poll(_now: i64): void {}

  status(): StreamStatus {
    const connection = this.connection;
    if (!connection.established()) {
      return connection.state == TcpState.Closed ? StreamStatus.Failed : StreamStatus.Connecting;
    }
    if (connection.peerFinished()) return StreamStatus.Finished;
    return connection.state == TcpState.Closed ? StreamStatus.Failed : StreamStatus.Open;
  }

  failureKind(): StreamFailure {
    switch (this.connection.error) {
      case SocketError.Refused:
        return StreamFailure.Refused;
      case SocketError.TimedOut:
        return StreamFailure.TimedOut;
      case SocketError.Unreachable:
      case SocketError.NetworkUnreachable:
      case SocketError.InvalidArgument:
      case SocketError.Denied:
        return StreamFailure.Unreachable;
      case SocketError.NoResources:
        return StreamFailure.NoResources;
      case SocketError.None:
        return StreamFailure.None;
      default:
        return StreamFailure.Reset;
    }
  }

  /** Returns the socket error in words, or "Connection closed" if there is none. */
  failure(): string {
    const error = this.connection.error;
    return error == SocketError.None ? "Connection closed" : SOCKET_ERROR_WORDS[error];
  }

  transport(): Stream {
    return this;
  }
  readable(): u32 {
    return this.connection.readable();
  }
  peekPointer(): usize {
    return this.connection.peekPointer();
  }
  peekLength(): u32 {
    return this.connection.peekLength();
  }
  consume(length: u32): void {
    this.connection.consume(length);
  }
  read(destination: usize, capacity: u32): u32 {
    return this.connection.read(destination, capacity);
  }
  writable(): u32 {
    return this.connection.writable();
  }
  write(source: usize, length: u32): u32 {
    return this.connection.write(source, length);
  }
  subscribe(subscriber: Wakeable | null): void {
    this.connection.subscribe(subscriber);
  }
  setKeepAlive(idle: i64): void {
    this.connection.setKeepAlive(idle);
  }
  close(): void {
    this.connection.close();
  }
  release(): void {
    this.connection.detach();
  }
  abort(): void {
    this.connection.abort();
  }
}

/** A TCP listener that accepts streams. */
export class TcpStreamListener implements StreamListener {
  constructor(readonly listener: TcpListener) {}

  accept(): Stream | null {
    const connection = this.listener.accept();
    return connection == null ? null : new TcpStream(connection);
  }
  hasWaiting(): bool {
    return this.listener.hasWaiting;
  }
  onShortage(relief: Wakeable): void {
    this.listener.onShortage(relief);
  }
  close(): void {
    this.listener.close();
  }
}

/** Sets the octet with the DS field (RFC 2474) of what a stream sends, if it is over TCP. */
export function setTrafficClass(stream: Stream, octet: u32): void {
  const below = stream.transport();
  if (below instanceof TcpStream) (below as TcpStream).connection.trafficClass = octet;
}

/**
 * Has a stream that was just opened send its first data in the SYN if its peer agrees (RFC 7413);
 * it is then open at once.
 */
export function useFastOpen(stream: Stream): void {
  const below = stream.transport();
  if (below instanceof TcpStream) (below as TcpStream).connection.useFastOpen();
}
