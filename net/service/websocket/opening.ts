/**
 * Opens a WebSocket: connects to the server, over TLS for wss, and completes the handshake (RFC
 * 6455 section 4.1). Redirects are not followed.
 */
import { earlier, SECOND } from "../../../core/time";
import { ConnectionOpening } from "../http/client/connection-opening";
import { HttpFailure, transferFailure, truncationMessage } from "../http/client/failure";
import { HeadReader, SWITCHING_PROTOCOLS } from "../http/client/head-reader";
import { HttpHead } from "../http/message/head";
import { Stream, StreamStatus } from "../stream/stream";
import { responseFault } from "./handshake";

/** How long opening may take. */
const OPEN_TIME: i64 = 30 * SECOND;

/** One attempt to open a WebSocket. */
export class WebSocketOpening {
  /** Why it failed; None if it has not, or if the server refused with an HTTP status. */
  failure: HttpFailure = HttpFailure.None;
  message: string = "";
  /** The head of a response other than 101; null otherwise. */
  refusal: HttpHead | null = null;
  private stream: Stream | null = null;
  private readonly deadline: i64;
  /** The request, and how much of it was sent. */
  private readonly request: ArrayBuffer;
  private sent: u32 = 0;
  private readonly reader: HeadReader = new HeadReader();

  constructor(
    private readonly connection: ConnectionOpening,
    /** The head of the request. */
    head: string,
    private readonly key: string,
    now: i64,
  ) {
    this.request = String.UTF8.encode(head);
    this.deadline = now + OPEN_TIME;
  }

  /** Whether the attempt has failed. */
  get failed(): bool {
    return this.message != "";
  }

  /**
   * Continues without waiting. Returns the stream once the handshake is complete; the first frame
   * may already be in it. Returns null before that, and if the attempt has failed.
   */
  poll(now: i64): Stream | null {
    if (this.failed) return null;
    let stream = this.stream;
    if (stream == null) stream = this.connect(now);
    if (stream != null && this.exchange(stream, now)) {
      this.stream = null;
      return stream;
    }
    if (!this.failed && now >= this.deadline) {
      this.fail(HttpFailure.TimedOut, "Connection timed out");
    }
    return null;
  }

  /** Returns when to call `poll` next if nothing arrives first. */
  pollAt(): i64 {
    if (this.stream != null) return this.deadline;
    return earlier(this.deadline, this.connection.pollAt());
  }

  /** Gives up. */
  cancel(): void {
    const stream = this.stream;
    if (stream != null) stream.abort();
    else this.connection.cancel();
    this.stream = null;
  }

  private fail(failure: HttpFailure, message: string): bool {
    this.failure = failure;
    this.message = message;
    this.cancel();
    return false;
  }

  /** Returns the connection once it is open. */
  private connect(now: i64): Stream | null {
    const connection = this.connection;
    while (connection.poll(now) && connection.stream == null) {}
    this.stream = connection.stream;
    if (connection.failure != HttpFailure.None) this.fail(connection.failure, connection.message);
    return this.stream;
  }

  /** Sends the request and reads the response. Returns true once the WebSocket is open. */
  private exchange(stream: Stream, now: i64): bool {
    stream.poll(now);
    const left = (this.request.byteLength as u32) - this.sent;
    if (left > 0) this.sent += stream.write(changetype<usize>(this.request) + this.sent, left);
    const reader = this.reader;
    if (reader.read(stream)) return this.settle(reader.head);
    if (reader.failure != HttpFailure.None) return this.fail(reader.failure, reader.message);
    if (stream.readable() > 0) return false;
    const status = stream.status();
    if (status == StreamStatus.Finished) {
      if (reader.begun) return this.fail(HttpFailure.Incomplete, truncationMessage(false));
      return this.fail(HttpFailure.Empty, "Empty reply from server");
    }
    if (status != StreamStatus.Failed) return false;
    return this.fail(transferFailure(stream.failureKind()), stream.failure());
  }

  private settle(head: HttpHead): bool {
    if (head.status != SWITCHING_PROTOCOLS) {
      this.refusal = head;
      return this.fail(HttpFailure.None, `HTTP ${head.status} ${head.reason()}`.trimEnd());
    }
    const fault = responseFault(head, this.key);
    return fault == "" || this.fail(HttpFailure.Malformed, fault);
  }
}
