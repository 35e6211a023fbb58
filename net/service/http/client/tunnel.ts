/** Asks a proxy for a tunnel to a server (RFC 9110 section 9.3.6). */
import { SECOND } from "../../../../core/time";
import { Stream, StreamStatus } from "../../stream/stream";
import { HttpHead } from "../message/head";
import { HttpFailure } from "./failure";
import { HeadReader } from "./head-reader";
import { RequestSender } from "./request-sender";

/** How long the proxy may take to respond. */
const RESPONSE_TIME: i64 = 30 * SECOND;
export const TUNNEL_TIMEOUT: string = "Proxy CONNECT aborted due to timeout";

/** One tunnel. Bytes after the head of a successful response are the server's. */
export class ProxyTunnel {
  /** Whether the stream leads to the server. */
  open: bool = false;
  failure: HttpFailure = HttpFailure.None;
  message: string = "";
  /** The head of the proxy's response; null until it is complete. */
  head: HttpHead | null = null;
  readonly deadline: i64;
  private readonly sender: RequestSender = new RequestSender();
  private readonly reader: HeadReader = new HeadReader();

  /** `request` is the head of the CONNECT request. */
  constructor(
    readonly stream: Stream,
    readonly request: string,
    now: i64,
  ) {
    this.deadline = now + RESPONSE_TIME;
    this.sender.start(request, null);
  }

  /** Proceeds without waiting. Returns true if it sent or received; see `failure` and `open`. */
  poll(now: i64): bool {
    const stream = this.stream;
    const sent = this.sender.send(stream);
    if (this.read()) return true;
    const status = stream.status();
    const over = status == StreamStatus.Finished || status == StreamStatus.Failed;
    if (over && stream.readable() == 0) this.fail(HttpFailure.Receive, "Proxy CONNECT aborted");
    else if (now >= this.deadline) this.fail(HttpFailure.TimedOut, TUNNEL_TIMEOUT);
    return sent;
  }

  /** Returns true once the final response has been read, or is malformed. */
  private read(): bool {
    const reader = this.reader;
    if (reader.read(this.stream)) return this.settle(reader.head);
    return reader.message != "" && this.fail(HttpFailure.Receive, reader.message);
  }

  private settle(head: HttpHead): bool {
    this.head = head;
    this.open = head.status >= 200 && head.status < 300;
    if (this.open) return true;
    const message = `CONNECT tunnel failed, response ${head.status}`;
    return this.fail(HttpFailure.Receive, message);
  }

  private fail(failure: HttpFailure, message: string): bool {
    this.failure = failure;
    this.message = message;
    return true;
  }
}
