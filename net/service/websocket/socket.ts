/**
 * A WebSocket connection (RFC 6455): messages in both directions, pings, and the closing handshake.
 *
 *     Connecting -> Open -> Closing -> Closed
 *
 * One received message waits for the owner: until it is taken, nothing more is read, and TCP slows
 * the server down.
 */
import { WEBSOCKET_SEND_BYTES, WEBSOCKET_TURN_FRAMES } from "../../../core/limits";
import { Random } from "../../../core/random";
import { utf8Fault } from "../../../core/text";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { HttpFailure, transferFailure } from "../http/client/failure";
import { HttpHead } from "../http/message/head";
import { discard } from "../stream/discard";
import { Stream, StreamStatus } from "../stream/stream";
import {
  makeFrame,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
} from "./frame";
import { CloseCode, Event, MessageReader, WebSocketMessage } from "./message-reader";
import { WebSocketOpening } from "./opening";

/** How long the peer may take to close. */
const CLOSE_TIME: i64 = 2 * SECOND;
/** The silence after which a ping is sent, and how long the peer may then stay silent. */
const IDLE_TIME: i64 = 30 * SECOND;
const PONG_TIME: i64 = 20 * SECOND;

export const enum SocketState {
  Connecting = 0,
  Open = 1,
  /** A close frame was sent or received. */
  Closing = 2,
  /** Over: `message` says why, unless this end closed the connection. */
  Closed = 3,
}

/** Made by `WebSocketClient.connect`, which polls it. */
export class WebSocket {
  state: SocketState = SocketState.Connecting;
  /** The kind of failure, as curl's exit code; None after an HTTP error or if this end closed. */
  failure: HttpFailure = HttpFailure.None;
  /** Why the connection failed or the server closed it; "" if this end closed it. */
  message: string = "";
  /** The head of a response that refused the handshake. */
  refusal: HttpHead | null = null;
  private opening: WebSocketOpening | null;
  private stream: Stream | null = null;
  private readonly reader: MessageReader;
  private received: WebSocketMessage | null = null;
  /** Frames to send, and how much of the first was sent. */
  private readonly outgoing: Array<StaticArray<u8>> = [];
  private sent: u32 = 0;
  private queued: u32 = 0;
  /** The payload of the last ping not answered yet. */
  private ping: StaticArray<u8> | null = null;
  private closeSent: bool = false;
  /** Whether the peer's close frame has arrived, or its data can no longer be parsed. */
  private doneReading: bool = false;
  /** When the last byte arrived, a message last waited for the owner, or a ping was sent. */
  private quietSince: i64 = 0;
  /** Whether a ping was sent in this silence. */
  private probed: bool = false;
  /** Whether to poll again even if nothing arrives. */
  private pollsAgain: bool = true;
  /** When the closing handshake is given up. */
  private deadline: i64 = NEVER;
  private now: i64 = 0;

  constructor(
    opening: WebSocketOpening,
    private readonly random: Random,
    /** The maximum length of a received message, in bytes. */
    maximum: u32,
  ) {
    this.opening = opening;
    this.reader = new MessageReader(maximum);
  }

  /**
   * Queues a message. Returns false if the connection is not open, or more than
   * WEBSOCKET_SEND_BYTES would wait.
   */
  send(pointer: usize, length: u32, isText: bool): bool {
    if (this.state != SocketState.Open) return false;
    if (length > WEBSOCKET_SEND_BYTES || this.queued > WEBSOCKET_SEND_BYTES - length) return false;
    this.queue(isText ? OPCODE_TEXT : OPCODE_BINARY, pointer, length);
    return true;
  }

  /** Returns the next message, or null. */
  take(): WebSocketMessage | null {
    const message = this.received;
    this.received = null;
    if (message != null) this.pollsAgain = true;
    return message;
  }

  /** Reports whether `take` has a message. */
  hasMessage(): bool {
    return this.received != null;
  }

  /** Starts the closing handshake; ends a connection that is not open yet at once. */
  close(): void {
    if (this.state == SocketState.Connecting) this.end();
    else if (this.state == SocketState.Open) this.sendClose(CloseCode.Normal);
    this.received = null;
  }

  /** Continues without waiting. Returns true if bytes moved. */
  poll(now: i64): bool {
    this.now = now;
    this.pollsAgain = false;
    if (this.isOver()) return false;
    const stream = this.stream;
    if (stream == null) return this.open(now);
    stream.poll(now);
    const wrote = this.flush(stream);
    const read = this.read(stream);
    if (!this.isOver()) this.checkEnd(stream, now);
    return wrote || read;
  }

  /** Returns when to call `poll` next if nothing arrives first, in microseconds since boot. */
  pollAt(): i64 {
    if (this.isOver()) return NEVER;
    if (this.pollsAgain) return 0;
    const opening = this.opening;
    if (opening != null) return opening.pollAt();
    if (this.received != null) return this.deadline;
    return earlier(this.deadline, this.quietSince + (this.probed ? PONG_TIME : IDLE_TIME));
  }

  /** Whether the connection is closed and released. */
  isOver(): bool {
    return this.state == SocketState.Closed;
  }

  private open(now: i64): bool {
    const opening = this.opening!;
    const stream = opening.poll(now);
    if (stream != null) {
      this.stream = stream;
      this.opening = null;
      this.quietSince = now;
      this.state = SocketState.Open;
      return true;
    }
    if (!opening.failed) return false;
    this.refusal = opening.refusal;
    this.fail(opening.failure, opening.message);
    return false;
  }

  private queue(opcode: u32, pointer: usize, length: u32): void {
    const frame = makeFrame(opcode, pointer, length, this.random.next32());
    this.outgoing.push(frame);
    this.queued += frame.length;
    this.pollsAgain = true;
  }

  /** Queues a close frame, after which nothing else is sent (section 5.5.1). */
  private sendClose(code: u32): void {
    this.state = SocketState.Closing;
    this.deadline = this.now + CLOSE_TIME;
    this.closeSent = true;
    this.ping = null;
    const payload = bswap<u16>(code as u16);
    const bytes = new StaticArray<u8>(2);
    store<u16>(changetype<usize>(bytes), payload);
    this.queue(OPCODE_CLOSE, changetype<usize>(bytes), code == CloseCode.None ? 0 : 2);
  }

  /** Writes as much as the stream accepts. */
  private flush(stream: Stream): bool {
    const ping = this.ping;
    // Only the last ping has to be answered (section 5.5.3), so a flood of them queues nothing.
    if (ping != null && this.outgoing.length == 0) {
      this.queue(OPCODE_PONG, changetype<usize>(ping), ping.length);
      this.ping = null;
    }
    let moved = false;
    while (this.outgoing.length > 0) {
      const frame = this.outgoing[0];
      const left = (frame.length as u32) - this.sent;
      const taken = stream.write(changetype<usize>(frame) + this.sent, left);
      if (taken > 0) moved = true;
      this.sent += taken;
      this.queued -= taken;
      if (taken < left) return moved;
      this.outgoing.shift();
      this.sent = 0;
    }
    return moved;
  }

  /** Reads until a message waits for the owner, or nothing more has arrived. */
  private read(stream: Stream): bool {
    if (this.received != null) {
      this.quietSince = this.now;
      this.probed = false;
      return false;
    }
    const before = stream.readable();
    this.reader.framesLeft = WEBSOCKET_TURN_FRAMES;
    while (this.received == null && !this.doneReading) {
      const event = this.reader.next(stream);
      if (event == Event.None) break;
      if (event == Event.Control) this.takeControl();
      else if (event == Event.Fault) this.refuse(this.reader.code, this.reader.reason);
      else {
        const message = this.reader.take();
        // What arrives after this end's close frame is discarded.
        if (this.state == SocketState.Open) this.received = message;
      }
    }
    if (this.reader.framesLeft == 0) this.pollsAgain = true;
    if (stream.readable() == before) return false;
    this.quietSince = this.now;
    this.probed = false;
    return true;
  }

  private takeControl(): void {
    const reader = this.reader;
    if (reader.opcode == OPCODE_CLOSE) this.takeClose();
    if (reader.opcode != OPCODE_PING || this.closeSent) return;
    const payload = new StaticArray<u8>(reader.controlLength);
    memory.copy(changetype<usize>(payload), changetype<usize>(reader.control), payload.length);
    this.ping = payload;
  }

  /** Answers the peer's close frame (section 5.5.1). */
  private takeClose(): void {
    const pointer = changetype<usize>(this.reader.control);
    const length = this.reader.controlLength;
    let code: u32 = CloseCode.None;
    if (length >= 2) code = bswap<u16>(load<u16>(pointer));
    if (length == 1 || (length >= 2 && !isValidCode(code))) {
      this.refuse(CloseCode.ProtocolError, "malformed close frame");
    } else if (length > 2 && utf8Fault(pointer + 2, length - 2) >= 0) {
      this.refuse(CloseCode.InvalidText, "text that is not UTF-8");
    } else {
      this.doneReading = true;
      if (this.closeSent) return;
      const reason = length > 2 ? String.UTF8.decodeUnsafe(pointer + 2, length - 2) : "";
      const number = code == CloseCode.None ? "" : ` (${code})`;
      this.message = `closed by the server${number}${reason == "" ? "" : ": "}${reason}`;
      this.failure = HttpFailure.Receive;
      this.sendClose(code);
    }
  }

  /** Fails the connection because the peer breaks the protocol (section 7.1.7). */
  private refuse(code: u32, reason: string): void {
    if (this.message == "") this.message = reason;
    this.failure = code == CloseCode.TooBig ? HttpFailure.TooLarge : HttpFailure.Malformed;
    if (!this.closeSent) this.sendClose(code);
    // The rest of its data cannot be parsed.
    this.doneReading = true;
  }

  /** Ends the connection when the peer has closed it, is silent, or takes too long. */
  private checkEnd(stream: Stream, now: i64): void {
    const status = stream.status();
    const over = status == StreamStatus.Failed || status == StreamStatus.Finished;
    if (this.doneReading) {
      // The server closes the stream first (section 7.1.1); data before that is discarded.
      discard(stream);
      if (!over && now < this.deadline) return;
      this.end();
    } else if (over && stream.readable() == 0) {
      if (status == StreamStatus.Failed) {
        this.fail(transferFailure(stream.failureKind()), stream.failure());
      } else
        this.fail(HttpFailure.Receive, "the server ended the connection without a close frame");
    } else if (now >= this.deadline) {
      this.end();
    } else if (this.received == null && this.state == SocketState.Open) this.probe(now);
  }

  /** Sends a ping to a silent peer; fails the connection if it is not answered. */
  private probe(now: i64): void {
    if (now < this.quietSince + (this.probed ? PONG_TIME : IDLE_TIME)) return;
    if (this.probed) {
      this.fail(HttpFailure.TimedOut, "the server does not answer pings");
      return;
    }
    this.queue(OPCODE_PING, 0, 0);
    this.probed = true;
    this.quietSince = now;
    this.flush(this.stream!);
  }

  private fail(failure: HttpFailure, message: string): void {
    if (this.message == "" && !this.closeSent) {
      this.failure = failure;
      this.message = message;
    }
    this.end();
  }

  /** Releases everything. */
  private end(): void {
    if (this.isOver()) return;
    const opening = this.opening;
    if (opening != null) opening.cancel();
    const stream = this.stream;
    if (stream != null) {
      const clean = this.closeSent && this.doneReading && this.outgoing.length == 0;
      if (clean) stream.release();
      else stream.abort();
    }
    this.opening = null;
    this.stream = null;
    this.state = SocketState.Closed;
  }
}

/** Reports whether a close frame may carry the code (sections 7.4.1, 7.4.2; IANA's registry). */
function isValidCode(code: u32): bool {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}
