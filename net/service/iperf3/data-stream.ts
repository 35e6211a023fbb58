/** One connection of a test that carries data, and what was counted on it. */
import { TcpConnection } from "../../socket/tcp/connection";
import { formatIpv4 } from "../../wire/address";
import { Stream, StreamStatus } from "../stream/stream";
import { TcpStream } from "../stream/tcp-stream";
import { TestParameters } from "./parameters";

export class DataStream {
  /** The number in messages: 1, 3, 4, 5 and so on, as iperf3 counts. */
  readonly id: i64;
  /** The number in reports: iperf3's file descriptors of client streams. */
  readonly label: u32;
  /** Bytes sent or received in this test, and in this interval. */
  bytes: u64 = 0;
  intervalBytes: u64 = 0;
  /** What the peer has counted: bytes, and segments retransmitted if it sends; -1 if unknown. */
  peerBytes: u64 = 0;
  peerRetransmits: i64 = -1;
  /** How long the peer has counted, in microseconds. */
  peerTime: i64 = 0;
  /** The TCP connection; null if the stream is something else. */
  private readonly connection: TcpConnection | null;
  /** Segments retransmitted before the test, and before this interval. */
  private retransmitsBefore: u32 = 0;
  private retransmitsEarlier: u32 = 0;
  /** Segments retransmitted up to the end of the test; -1 while it runs. */
  private retransmitsAtEnd: i64 = -1;

  /** `index` is the place among the streams of the test, from 0. */
  constructor(
    readonly stream: Stream,
    index: u32,
  ) {
    this.id = index == 0 ? 1 : index + 2;
    this.label = 5 + 2 * index;
    this.connection = stream instanceof TcpStream ? (stream as TcpStream).connection : null;
  }

  /** Applies the parameters that concern the connection. */
  configure(parameters: TestParameters): void {
    const connection = this.connection;
    if (connection == null) return;
    connection.noDelay = parameters.noDelay;
    connection.trafficClass = parameters.trafficClass;
  }

  /** Sends up to `most` bytes, repeating a block of `length` bytes. Returns how many were sent. */
  send(block: usize, length: u32, most: u64): u64 {
    const stream = this.stream;
    let sent: u64 = 0;
    while (sent < most) {
      const part = min<u64>(most - sent, length) as u32;
      const written = stream.write(block, part);
      sent += written;
      if (written < part) break;
    }
    this.count(sent);
    return sent;
  }

  /** Drops the bytes that have arrived. Returns how many. */
  receive(): u64 {
    const stream = this.stream;
    let received: u64 = 0;
    while (stream.readable() > 0) {
      const length = stream.peekLength();
      stream.consume(length);
      received += length;
    }
    this.count(received);
    return received;
  }

  /** Restarts all counts. */
  begin(): void {
    this.bytes = 0;
    this.intervalBytes = 0;
    this.retransmitsBefore = this.allRetransmits();
    this.retransmitsEarlier = this.retransmitsBefore;
  }

  /** Stops counting: the connection may now be given up. */
  end(): void {
    this.retransmitsAtEnd = this.allRetransmits();
  }

  /** Starts the next interval. */
  beginInterval(): void {
    this.intervalBytes = 0;
    this.retransmitsEarlier = this.allRetransmits();
  }

  /** Returns the segments retransmitted in this test. */
  retransmits(): u32 {
    return this.allRetransmits() - this.retransmitsBefore;
  }

  /** Returns the segments retransmitted in this interval. */
  intervalRetransmits(): u32 {
    return this.allRetransmits() - this.retransmitsEarlier;
  }

  /** Returns cwnd in bytes. */
  congestionWindow(): u32 {
    const connection = this.connection;
    return connection == null ? 0 : connection.congestionWindow;
  }

  /** Reports whether the peer has acknowledged everything sent. */
  acknowledged(): bool {
    const connection = this.connection;
    return connection == null || connection.unacknowledged() == 0;
  }

  /** Returns why the stream can carry no more data, or "". */
  failure(sends: bool): string {
    const status = this.stream.status();
    if (status == StreamStatus.Finished) return "stream socket has closed unexpectedly";
    if (status != StreamStatus.Failed) return "";
    const what = sends ? "write to" : "read from";
    return `unable to ${what} stream socket: ${this.stream.failure()}`;
  }

  /** Describes the ends: "local 10.0.2.15 port 41822 connected to 10.0.2.2 port 5201". */
  ends(): string {
    const connection = this.connection;
    if (connection == null) return "";
    const ends = connection.endpoints;
    const local = `local ${formatIpv4(ends.localIpv4)} port ${ends.localPort}`;
    return `${local} connected to ${formatIpv4(ends.remoteIpv4)} port ${ends.remotePort}`;
  }

  private count(bytes: u64): void {
    this.bytes += bytes;
    this.intervalBytes += bytes;
  }

  /** Returns the segments that the connection has retransmitted in all. */
  private allRetransmits(): u32 {
    const connection = this.connection;
    if (this.retransmitsAtEnd >= 0) return this.retransmitsAtEnd as u32;
    return connection == null ? 0 : connection.retransmissions;
  }
}
