/** Asks a proxy for a tunnel to a server (RFC 9110 section 9.3.6). */
import {
  HTTP_HEADER_BYTES,
  HTTP_HEADER_FIELDS,
  HTTP_INTERIM_RESPONSES,
} from "../../../../core/limits";
import { SECOND } from "../../../../core/time";
import { Stream, StreamStatus } from "../../stream/stream";
import { HttpHead } from "../message/head";
import { HeadParser, HeadState } from "../message/head-parser";
import { HttpFailure } from "./failure";
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
  private readonly parser: HeadParser;
  private interim: u32 = 0;

  /** `request` is the head of the CONNECT request. */
  constructor(
    readonly stream: Stream,
    readonly request: string,
    now: i64,
  ) {
    this.parser = new HeadParser(new HttpHead(HTTP_HEADER_BYTES, HTTP_HEADER_FIELDS), false);
    this.deadline = now + RESPONSE_TIME;
    this.sender.start(request, null);
  }

  /** Proceeds without waiting. Returns true if it took a step. */
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
    const stream = this.stream;
    const parser = this.parser;
    for (let length = stream.peekLength(); length > 0; length = stream.peekLength()) {
      stream.consume(parser.feed(stream.peekPointer(), length));
      if (parser.state == HeadState.Failed) return this.fail(HttpFailure.Receive, parser.message);
      if (parser.state != HeadState.Done) continue;
      if (parser.head.status >= 200) return this.settle(parser.head);
      if (++this.interim > HTTP_INTERIM_RESPONSES) {
        return this.fail(HttpFailure.Malformed, "too many interim responses");
      }
      parser.reset();
    }
    return false;
  }

  private settle(head: HttpHead): bool {
    this.head = head;
    this.open = head.status < 300;
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
