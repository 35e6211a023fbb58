/**
 * One connection of an HTTP server (RFC 9112). Requests, even pipelined ones, are handled one at a
 * time: the next one is read after the response is sent.
 *
 *     Head -> Body -> Respond -> Head ...        Respond -> Linger -> Gone
 *
 * Every state has a deadline. A body may take 30 s plus a second for each KiB.
 */
import { HTTP_TURN_REQUESTS } from "../../../../core/limits";
import { earlier, MICROSECOND, MILLISECOND, NEVER, SECOND } from "../../../../core/time";
import { Wakeable } from "../../../../core/wakeable";
import { discard } from "../../stream/discard";
import { Stream, StreamStatus } from "../../stream/stream";
import { BodySink } from "../message/body";
import { BodyDecoder } from "../message/body-decoder";
import { BodyKind, Framing } from "../message/framing";
import { HttpHead } from "../message/head";
import { HeadFailure, HeadParser, HeadState } from "../message/head-parser";
import { isAuthority } from "./authority";
import { AwakeQueue, Queued } from "./connection-queue";
import { HttpHandler, IncomingRequest } from "./handler";
import { RequestReader, SpareReaders } from "./request-reader";
import { HttpResponse } from "./response";
import { ResponseWriter } from "./response-writer";

/** The time limit for the first request to begin, and for each head from its first byte. */
const HEAD_TIME: i64 = 10 * SECOND;
/** The time limit for the next request to begin. */
const KEEP_ALIVE_TIME: i64 = 60 * SECOND;
/** The time limit for a body in either direction, plus MICROSECONDS_PER_BYTE for each byte. */
const BODY_TIME: i64 = 30 * SECOND;
const MICROSECONDS_PER_BYTE: i64 = 977 * MICROSECOND;
/** How long input is read and dropped after the last response (section 9.6). */
const LINGER_TIME: i64 = 2 * SECOND;
/** The wait before a response that made no progress is retried: freed memory does not wake it. */
const RETRY_TIME: i64 = 10 * MILLISECOND;

const CONTINUE: string = "HTTP/1.1 100 Continue\r\n\r\n";

export const enum ConnectionState {
  Head = 0,
  Body = 1,
  Respond = 2,
  Linger = 3,
  Gone = 4,
}

/** What all connections of a server share. */
export class ServerShared {
  readonly framing: Framing = new Framing();
  readonly readers: SpareReaders = new SpareReaders();
  /** The connections to be polled. */
  readonly awake: AwakeQueue = new AwakeQueue();

  constructor(
    readonly handler: HttpHandler,
    readonly writer: ResponseWriter,
  ) {}
}

/** Polled by HttpServer, whenever it is awake, until its state is Gone. */
export class ServerConnection extends Queued implements Wakeable {
  state: ConnectionState = ConnectionState.Head;
  /** Requests answered. */
  requests: u32 = 0;
  /** When the current state times out, in microseconds since boot. */
  private timeoutAt: i64;
  /** When to go on with a response of which the stream accepted nothing; NEVER if there is none. */
  private retryAt: i64 = NEVER;
  /** Not null from the first byte of a request to the end of its response. */
  private reader: RequestReader | null = null;
  /** Made for the first request that has a body. */
  private decoder: BodyDecoder | null = null;
  /** Whether the connection can be used for another request after this one. */
  private persistent: bool = false;
  private sink: BodySink | null = null;
  private response: HttpResponse | null = null;
  private headWritten: bool = false;
  private bodySent: u64 = 0;
  private bodySince: i64 = 0;

  constructor(
    private readonly stream: Stream,
    private readonly shared: ServerShared,
    now: i64,
  ) {
    super();
    this.timeoutAt = now + HEAD_TIME;
  }

  /** Has the connection polled, now and whenever something happens to its stream. */
  start(): void {
    this.stream.subscribe(this);
    this.wake();
  }

  /** Has the connection polled in the next turn. */
  wake(): void {
    this.shared.awake.push(this);
  }

  /** Returns when to poll even if nothing happens, in microseconds since boot. */
  deadline(): i64 {
    return earlier(this.timeoutAt, this.retryAt);
  }

  private get head(): HttpHead {
    return this.reader!.head;
  }
  private get parser(): HeadParser {
    return this.reader!.parser;
  }
  private get request(): IncomingRequest {
    return this.reader!.request;
  }

  /** Reports whether it is between requests, so that the server may close it to make room. */
  idle(): bool {
    if (this.state != ConnectionState.Head || this.requests == 0) return false;
    return this.reader == null && this.stream.readable() == 0;
  }

  /** Proceeds as far as possible without blocking. Returns true if it took a step. */
  poll(now: i64): bool {
    this.stream.poll(now);
    const before = this.requests;
    let moved = false;
    while (this.state < ConnectionState.Linger && this.requests - before < HTTP_TURN_REQUESTS) {
      if (!this.step(now)) break;
      moved = true;
    }
    if (this.state == ConnectionState.Linger) this.linger();
    if (now >= this.timeoutAt && this.state != ConnectionState.Gone) this.late(now);
    const stuck = this.state == ConnectionState.Respond && !moved;
    this.retryAt = stuck ? now + RETRY_TIME : NEVER;
    if (this.state == ConnectionState.Head) this.giveReader();
    return moved;
  }

  /** Gives the reader back if no byte of a request has arrived. */
  private giveReader(): void {
    const reader = this.reader;
    if (reader == null || reader.head.length > 0) return;
    this.shared.readers.give(reader);
    this.reader = null;
  }

  private step(now: i64): bool {
    if (this.state == ConnectionState.Head) return this.readHead(now);
    if (this.state == ConnectionState.Body) return this.readBody(now);
    return this.respond(now);
  }

  /** Aborts the connection. */
  abort(): void {
    this.stream.subscribe(null);
    this.stream.abort();
    this.state = ConnectionState.Gone;
  }

  private release(): bool {
    this.stream.subscribe(null);
    this.stream.release();
    this.state = ConnectionState.Gone;
    return false;
  }

  private readHead(now: i64): bool {
    const stream = this.stream;
    const length = stream.peekLength();
    if (length == 0) {
      const status = stream.status();
      if (status == StreamStatus.Failed || status == StreamStatus.Finished) this.release();
      return false;
    }
    if (this.reader == null) this.reader = this.shared.readers.take();
    if (this.head.length == 0) this.timeoutAt = now + HEAD_TIME;
    stream.consume(this.parser.feed(stream.peekPointer(), length));
    if (this.parser.state == HeadState.Failed) return this.refuse(this.headStatus(), now);
    if (this.parser.state == HeadState.Done) this.headRead(now);
    return true;
  }

  private headStatus(): u32 {
    if (this.parser.failure == HeadFailure.TooLarge) return 431;
    return this.parser.failure == HeadFailure.Version ? 505 : 400;
  }

  private headRead(now: i64): void {
    const head = this.head;
    const valid = this.request.readTarget() && this.hostIsValid();
    const framing = this.shared.framing;
    if (!framing.readRequest(head)) {
      this.refuse(framing.unknownCoding ? 501 : 400, now);
      return;
    }
    this.persistent = framing.persistent;
    if (!valid) {
      this.refuse(400, now);
      return;
    }
    this.bodySince = now;
    if (!this.expectBody(framing)) {
      this.answer(this.shared.handler.handle(this.request), now);
      return;
    }
    if (head.minorVersion > 0 && head.find("expect") >= 0 && !this.meetExpectation()) {
      this.refuse(417, now);
      return;
    }
    this.sink = this.shared.handler.body(this.request);
    this.timeoutAt = now + BODY_TIME;
    this.state = ConnectionState.Body;
  }

  /** Prepares to read a body. Returns false if there is none. */
  private expectBody(framing: Framing): bool {
    if (framing.kind == BodyKind.None) return false;
    let decoder = this.decoder;
    if (decoder == null) {
      decoder = new BodyDecoder();
      this.decoder = decoder;
    }
    decoder.start(framing.kind, framing.length, true);
    return !decoder.finished;
  }

  /** HTTP/1.1 requires exactly one Host field; HTTP/1.0 permits one (section 3.2). */
  private hostIsValid(): bool {
    const field = this.head.find("host");
    if (field < 0) return this.head.minorVersion == 0;
    if (this.head.find("host", field + 1) >= 0) return false;
    // The field is empty if the target has no authority.
    const length = this.head.valueLength(field);
    return length == 0 || isAuthority(this.head.valuePointer(field), length);
  }

  /** Answers "Expect: 100-continue" unless the body has begun. Returns false for other values. */
  private meetExpectation(): bool {
    if (!this.head.hasToken("expect", "100-continue")) return false;
    if (this.stream.readable() == 0) this.shared.writer.writeText(this.stream, CONTINUE);
    return true;
  }

  private readBody(now: i64): bool {
    const stream = this.stream;
    const decoder = this.decoder!;
    const length = stream.peekLength();
    if (length == 0) {
      const status = stream.status();
      if (status == StreamStatus.Failed || status == StreamStatus.Finished) this.release();
      return false;
    }
    if (decoder.payload == 0) {
      stream.consume(decoder.frame(stream.peekPointer(), length));
      if (decoder.error != "") return this.refuse(400, now);
    } else {
      const part = min<u64>(length, decoder.payload) as u32;
      const sink = this.sink;
      if (sink != null && !sink.data(stream.peekPointer(), part)) return this.refuse(413, now);
      stream.consume(part);
      decoder.took(part);
      this.request.bodyBytes += part;
      this.extendDeadline(this.request.bodyBytes);
    }
    if (decoder.finished) this.answer(this.shared.handler.handle(this.request), now);
    return true;
  }

  /** Extends the deadline according to the bytes of the body moved so far. */
  private extendDeadline(bytes: u64): void {
    const earned = min<u64>(bytes, 1 << 40) as i64;
    this.timeoutAt = this.bodySince + BODY_TIME + earned * MICROSECONDS_PER_BYTE;
  }

  /** Responds with an error and closes the connection. */
  private refuse(status: u32, now: i64): bool {
    const response = HttpResponse.ofStatus(status);
    response.closes = true;
    this.answer(response, now);
    return true;
  }

  private answer(response: HttpResponse, now: i64): void {
    this.sink = null;
    this.response = response;
    this.headWritten = false;
    if (!this.persistent) response.closes = true;
    response.headOnly = this.request.isMethod("HEAD");
    this.requests++;
    this.bodySince = now;
    this.timeoutAt = now + BODY_TIME;
    this.state = ConnectionState.Respond;
  }

  private respond(now: i64): bool {
    const stream = this.stream;
    const response = this.response!;
    if (stream.status() == StreamStatus.Failed) {
      this.abort();
      return false;
    }
    if (!this.headWritten) {
      if (!this.shared.writer.writeHead(stream, response, this.head.minorVersion)) return false;
      this.headWritten = true;
    }
    const body = response.content();
    if (body != null && body.peekLength() > 0) {
      const sent = body.writeTo(stream);
      this.bodySent += sent;
      this.extendDeadline(this.bodySent);
      if (body.peekLength() > 0) return sent > 0;
    }
    return this.responded(response, now);
  }

  /** Called when the response is sent: waits for the next request, or closes. */
  private responded(response: HttpResponse, now: i64): bool {
    this.response = null;
    this.bodySent = 0;
    if (response.closes) {
      this.stream.close();
      this.state = ConnectionState.Linger;
      this.timeoutAt = now + LINGER_TIME;
    } else {
      this.parser.reset();
      this.state = ConnectionState.Head;
      this.timeoutAt = now + KEEP_ALIVE_TIME;
    }
    return true;
  }

  /** Discards input: closing with unread data sends a RST, after which the response can be lost. */
  private linger(): void {
    const stream = this.stream;
    discard(stream);
    const status = stream.status();
    if (status == StreamStatus.Finished || status == StreamStatus.Failed) this.release();
  }

  /** Called when the state has timed out. */
  private late(now: i64): void {
    const began =
      this.state == ConnectionState.Body || (this.reader != null && this.head.length > 0);
    if (this.state == ConnectionState.Respond) this.abort();
    else if (this.state == ConnectionState.Linger || !began) this.release();
    else if (this.refuse(408, now)) this.respond(now);
  }
}
