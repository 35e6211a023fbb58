/**
 * Receives one response: interim heads, the final head, then the body, which goes straight from
 * the stream's receive buffer to the sink.
 */
import { Stream } from "../../stream/stream";
import { BodySink, CountingSink } from "../message/body";
import { BodyDecoder } from "../message/body-decoder";
import { ContentCoding, ContentDecoder, contentCoding } from "../message/content-decoder";
import { BodyKind, Framing } from "../message/framing";
import { HttpHead } from "../message/head";
import { HttpFailure } from "./failure";
import { HeadReader, SWITCHING_PROTOCOLS } from "./head-reader";

/** curl's messages. */
const UNKNOWN_CODING: string =
  "Unrecognized content encoding type. curl understands deflate, gzip content encodings.";
const BAD_CODING: string = "Error while processing content unencoding: ";

export const enum ReceiverState {
  Head = 0,
  Body = 1,
  Complete = 2,
  Failed = 3,
}

/** Receives one response at a time. */
export class ResponseReceiver {
  state: ReceiverState = ReceiverState.Head;
  failure: HttpFailure = HttpFailure.None;
  message: string = "";
  readonly framing: Framing = new Framing();
  /** Bytes consumed from the stream since `start`. */
  taken: u64 = 0;
  /** Bytes of content passed to the sink. */
  bodyBytes: u64 = 0;
  private readonly reader: HeadReader = new HeadReader();
  private readonly decoder: BodyDecoder = new BodyDecoder();
  private sink: BodySink = new CountingSink();
  private maximum: u64 = 0;
  private toHead: bool = false;
  private content: ContentDecoder | null = null;
  /** See `allow`. */
  private work: u32 = 0;

  /** The head of the response. */
  get head(): HttpHead {
    return this.reader.head;
  }

  /** Sets the work that decoding may do in this turn; see INFLATE_TURN_WORK. */
  allow(work: u32): void {
    this.work = work;
    const content = this.content;
    if (content != null) content.budget = work;
  }

  /** Whether decoding stopped because the work allowed in this turn is used up. */
  get budgetSpent(): bool {
    const content = this.content;
    return this.state == ReceiverState.Body && content != null && content.budget == 0;
  }

  /** Prepares for a response. With `toHead`, it ends with its head, like the response to HEAD. */
  start(toHead: bool): void {
    this.reader.start();
    this.toHead = toHead;
    this.state = ReceiverState.Head;
    this.taken = 0;
    this.bodyBytes = 0;
  }

  private fail(failure: HttpFailure, message: string): bool {
    this.state = ReceiverState.Failed;
    this.failure = failure;
    this.message = message;
    return false;
  }

  private take(stream: Stream, length: u32): void {
    stream.consume(length);
    this.taken += length;
  }

  /** Reads head bytes. Returns true once the final response's head is complete and valid. */
  readHead(stream: Stream): bool {
    const reader = this.reader;
    const complete = reader.read(stream);
    this.taken = reader.taken;
    if (reader.failure != HttpFailure.None) return this.fail(reader.failure, reader.message);
    if (!complete) return false;
    if (this.head.status == SWITCHING_PROTOCOLS) {
      return this.fail(HttpFailure.Malformed, "unexpected 101 response");
    }
    return this.framing.readResponse(this.head, this.toHead) || this.badFraming();
  }

  private badFraming(): bool {
    let kind = HttpFailure.Malformed;
    if (this.framing.unknownCoding) kind = HttpFailure.Coding;
    if (this.framing.lengthOverflow) kind = HttpFailure.TooLarge;
    return this.fail(kind, this.framing.error);
  }

  /** Reports whether a status line has arrived since the last complete interim response. */
  hasStatus(): bool {
    return this.state == ReceiverState.Body || this.reader.begun;
  }

  /**
   * Begins the body; with `decodes`, decodes its content coding. Fails if the body or its decoded
   * content is longer than `maximum` bytes (0: no limit).
   */
  startBody(sink: BodySink, maximum: u64, decodes: bool): void {
    this.sink = sink;
    this.maximum = maximum;
    const coding = decodes ? contentCoding(this.head) : ContentCoding.Identity;
    this.content = coding == ContentCoding.Identity ? null : new ContentDecoder(coding, sink);
    this.allow(this.work);
    this.decoder.start(this.framing.kind, this.framing.length);
    this.state = this.decoder.finished ? ReceiverState.Complete : ReceiverState.Body;
    if (maximum > 0 && this.framing.length > maximum) this.tooLarge();
    if (coding == ContentCoding.Unknown && this.state == ReceiverState.Body) {
      this.fail(HttpFailure.Coding, UNKNOWN_CODING);
    }
  }

  /** Reports whether the body exceeds `limit` or lasts until the close: reconnecting is cheaper. */
  mayExceed(limit: u32): bool {
    if (this.state != ReceiverState.Body) return false;
    const endless = this.framing.kind == BodyKind.UntilClose;
    return endless || this.framing.length > limit || this.bodyBytes > limit;
  }

  private tooLarge(): void {
    this.fail(HttpFailure.TooLarge, `the response is longer than ${this.maximum} bytes`);
  }

  /** Reads the body. Returns true if it stops at a full sink, or at what one turn may decode. */
  readBody(stream: Stream): bool {
    const decoder = this.decoder;
    const content = this.content;
    if (content != null && content.full) {
      this.decode(content, 0, 0);
      if (content.full || this.state != ReceiverState.Body) return content.full;
      if (decoder.finished) this.complete();
      if (this.state != ReceiverState.Body) return false;
    }
    for (let length = stream.peekLength(); length > 0; length = stream.peekLength()) {
      if (decoder.payload == 0) {
        this.take(stream, decoder.frame(stream.peekPointer(), length));
        if (decoder.error != "") {
          this.fail(HttpFailure.Receive, decoder.error);
          return false;
        }
      } else {
        const room = content == null ? min(this.sink.room(), length) : length;
        if (room == 0) return true;
        const part = min<u64>(room, decoder.payload) as u32;
        const passed = content == null ? this.pass(stream, part) : this.passCoded(stream, part);
        if (!passed) return this.state == ReceiverState.Body;
      }
      if (decoder.finished) {
        this.complete();
        return false;
      }
    }
    return false;
  }

  /** Passes `length` bytes of content to the sink. */
  private pass(stream: Stream, length: u32): bool {
    this.bodyBytes += length;
    if (this.maximum > 0 && this.bodyBytes > this.maximum) {
      this.tooLarge();
      return false;
    }
    if (!this.sink.data(stream.peekPointer(), length)) {
      return this.fail(HttpFailure.Sink, "Failed writing body");
    }
    this.take(stream, length);
    this.decoder.took(length);
    return true;
  }

  /** Passes up to `length` bytes to the content decoder. Returns false to continue next turn. */
  private passCoded(stream: Stream, length: u32): bool {
    const content = this.content!;
    const taken = this.decode(content, stream.peekPointer(), length);
    this.bodyBytes += taken;
    this.take(stream, taken);
    this.decoder.took(taken);
    return this.state == ReceiverState.Body && taken == length && !content.full;
  }

  private decode(content: ContentDecoder, pointer: usize, length: u32): u32 {
    const taken = content.decode(pointer, length);
    if (content.error != "") {
      this.fail(HttpFailure.Coding, BAD_CODING + content.error);
    } else if (content.refused) this.fail(HttpFailure.Sink, "Failed writing body");
    else if (this.maximum > 0 && content.produced > this.maximum) this.tooLarge();
    return taken;
  }

  /** Called after the last byte of the body: the content must be complete as well. */
  private complete(): void {
    const content = this.content;
    if (content != null && !content.ended()) {
      this.fail(HttpFailure.Coding, BAD_CODING + "unexpected end of data");
    } else this.state = ReceiverState.Complete;
  }

  /** Called when the stream has ended. Returns true if that completes the response. */
  end(cleanly: bool): bool {
    if (this.state != ReceiverState.Body || !cleanly || !this.decoder.end()) return false;
    this.complete();
    return true;
  }
}
