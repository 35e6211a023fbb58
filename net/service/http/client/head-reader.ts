/** Reads the head of a response, and skips those of interim responses (RFC 9110 section 15.2). */
import {
  HTTP_HEADER_BYTES,
  HTTP_HEADER_FIELDS,
  HTTP_INTERIM_RESPONSES,
} from "../../../../core/limits";
import { Stream } from "../../stream/stream";
import { HttpHead } from "../message/head";
import { HeadFailure, HeadParser, HeadState } from "../message/head-parser";
import { HttpFailure } from "./failure";

export const SWITCHING_PROTOCOLS: u32 = 101;

export class HeadReader {
  /** Why there is no valid head; None while there may be one. */
  failure: HttpFailure = HttpFailure.None;
  message: string = "";
  /** Bytes consumed from the stream since `start`. */
  taken: u64 = 0;
  /** The head, once `read` has returned true. */
  readonly head: HttpHead;
  private readonly parser: HeadParser;
  private interim: u32 = 0;

  constructor() {
    const head = new HttpHead(HTTP_HEADER_BYTES, HTTP_HEADER_FIELDS);
    this.head = head;
    this.parser = new HeadParser(head, false);
  }

  /** Prepares for another response. */
  start(): void {
    this.parser.reset();
    this.taken = 0;
    this.interim = 0;
  }

  /** Whether a status line has arrived since the last complete interim response. */
  get begun(): bool {
    return this.parser.state != HeadState.StartLine;
  }

  /**
   * Reads as much as has arrived. Returns true once the head of a final response is complete, or of
   * a 101 (Switching Protocols). Returns false before that, and if `failure` is set.
   */
  read(stream: Stream): bool {
    const parser = this.parser;
    for (let length = stream.peekLength(); length > 0; length = stream.peekLength()) {
      const used = parser.feed(stream.peekPointer(), length);
      stream.consume(used);
      this.taken += used;
      if (parser.state == HeadState.Failed) return this.fail(failureOf(parser), parser.message);
      if (parser.state != HeadState.Done) continue;
      const status = this.head.status;
      if (status >= 200 || status == SWITCHING_PROTOCOLS) return true;
      this.interim++;
      if (this.interim > HTTP_INTERIM_RESPONSES) {
        return this.fail(HttpFailure.Malformed, "too many interim responses");
      }
      parser.reset();
    }
    return false;
  }

  private fail(failure: HttpFailure, message: string): bool {
    this.failure = failure;
    this.message = message;
    return false;
  }
}

function failureOf(parser: HeadParser): HttpFailure {
  if (parser.failure == HeadFailure.NotHttp) return HttpFailure.Unsupported;
  if (parser.failure == HeadFailure.TooLarge) return HttpFailure.HeadTooLarge;
  return HttpFailure.Malformed;
}
