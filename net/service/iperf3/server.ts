/** The iperf3 server: one test at a time; meanwhile, other clients are told that it is busy. */
import { IPERF3_WAITING } from "../../../core/limits";
import { earlier, NEVER } from "../../../core/time";
import { formatIpv4 } from "../../wire/address";
import { Server } from "../server";
import { discard } from "../stream/discard";
import { Stream, StreamListener, StreamStatus } from "../stream/stream";
import { TcpStream } from "../stream/tcp-stream";
import { ControlChannel } from "./control";
import { Report, ReportSink } from "./report";
import { CONTROL_PATIENCE, ControlState } from "./states";
import { ServerTest } from "./test";

/** A connection that has not shown its cookie, or one that was denied and is being closed. */
class Visitor {
  denied: bool = false;
  readonly control: ControlChannel;
  readonly deadline: i64;

  constructor(stream: Stream, now: i64) {
    this.control = new ControlChannel(stream);
    this.deadline = now + CONTROL_PATIENCE;
  }
}

export class Iperf3Server implements Server {
  /** Tests that are over, successful or not. */
  tests: u32 = 0;
  private test: ServerTest | null = null;
  private readonly visitors: Array<Visitor> = [];

  constructor(
    private readonly listener: StreamListener,
    /** Microseconds between reports; 0 for none before the summary. */
    private readonly interval: i64,
    private readonly sink: ReportSink,
  ) {}

  /** Accepts connections and advances the test. Returns true if anything was done. */
  poll(now: i64): bool {
    let moved = this.accept(now);
    for (let i = 0; i < this.visitors.length; ) {
      if (this.attend(this.visitors[i], now)) {
        this.visitors.splice(i, 1);
        moved = true;
      } else i++;
    }
    const test = this.test;
    if (test == null) return moved;
    if (test.poll(now)) moved = true;
    if (!test.done) return moved;
    if (test.failure != "") this.sink.reportLine(`error - ${test.failure}`);
    this.test = null;
    this.tests++;
    return true;
  }

  /** Returns when to poll next if nothing arrives. */
  pollAt(now: i64): i64 {
    const test = this.test;
    let at = test == null ? NEVER : test.pollAt(now);
    for (let i = 0; i < this.visitors.length; i++) at = earlier(at, this.visitors[i].deadline);
    return at;
  }

  /** Ends the test, and closes the port. */
  close(): void {
    const test = this.test;
    if (test != null) test.terminate();
    for (let i = 0; i < this.visitors.length; i++) this.visitors[i].control.stream.release();
    this.visitors.length = 0;
    this.test = null;
    this.listener.close();
  }

  private accept(now: i64): bool {
    let any = false;
    for (;;) {
      const stream = this.listener.accept();
      if (stream == null) break;
      any = true;
      if (this.test == null) {
        const report = new Report(this.sink);
        this.test = new ServerTest(stream, peerOf(stream), this.interval, report, now);
        continue;
      }
      const visitors = this.visitors;
      // A client opens its streams one after the other, so the oldest is not one of them.
      if (visitors.length == IPERF3_WAITING) visitors.shift().control.stream.release();
      visitors.push(new Visitor(stream, now));
    }
    return any;
  }

  /**
   * Reads a visitor's cookie. If it is the test's, the connection joins the test; if not, or if the
   * test needs no more connections, it is denied. Returns true once the visitor can be forgotten.
   */
  private attend(visitor: Visitor, now: i64): bool {
    const control = visitor.control;
    const stream = control.stream;
    const test = this.test;
    if (visitor.denied) {
      discard(stream);
      if (stream.status() == StreamStatus.Open && now < visitor.deadline) return false;
      stream.release();
      return true;
    }
    const cookie = control.readCookie();
    if (cookie != "" && test != null && test.wantsStreams && cookie == test.cookie) {
      test.join(stream, now);
      return true;
    }
    if (cookie != "" || test == null || !test.wantsStreams) {
      control.writeState(ControlState.AccessDenied);
      stream.close();
      visitor.denied = true;
      return false;
    }
    if (stream.status() == StreamStatus.Open && now < visitor.deadline) return false;
    stream.release();
    return true;
  }
}

function peerOf(stream: Stream): string {
  if (!(stream instanceof TcpStream)) return "";
  const ends = (stream as TcpStream).connection.endpoints;
  return `${formatIpv4(ends.remoteIpv4)}, port ${ends.remotePort}`;
}
