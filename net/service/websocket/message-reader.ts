/**
 * Reads messages and control frames from a stream: joins fragments, which control frames may
 * interrupt (RFC 6455 section 5.4), checks that text is UTF-8 (section 8.1), and limits the length.
 */
import { utf8Fault } from "../../../core/text";
import { CollectingSink } from "../http/message/body";
import { Stream } from "../stream/stream";
import {
  CONTROL_BYTES,
  FRAME_HEADER_BYTES,
  FrameHeader,
  headerBytes,
  isControl,
  OPCODE_CONTINUATION,
  OPCODE_TEXT,
} from "./frame";

/** What `next` has read. */
export const enum Event {
  /** Nothing is complete yet. */
  None = 0,
  /** A message: `take` returns it. */
  Message = 1,
  /** A control frame; `opcode`, `control` and `controlLength` describe it. */
  Control = 2,
  /** The peer breaks the protocol: `code` and `reason` say how. */
  Fault = 3,
}

/** Codes of the closing handshake (section 7.4.1). */
export const enum CloseCode {
  Normal = 1000,
  ProtocolError = 1002,
  /** In place of a code: none was sent. */
  None = 1005,
  InvalidText = 1007,
  TooBig = 1009,
}

/** A message. */
export class WebSocketMessage {
  constructor(
    /** Whether it is text, in valid UTF-8, rather than binary. */
    readonly isText: bool,
    /** The first `length` bytes are the message. */
    readonly bytes: StaticArray<u8>,
    readonly length: u32,
  ) {}
}

/** Reads from one connection. */
export class MessageReader {
  /** Frames that may still be read in this turn: a flood of empty ones must not stall the rest. */
  framesLeft: u32 = 0;
  code: u32 = 0;
  reason: string = "";
  readonly control: StaticArray<u8> = new StaticArray<u8>(CONTROL_BYTES);
  controlLength: u32 = 0;
  private readonly header: FrameHeader = new FrameHeader();
  private readonly headerStart: StaticArray<u8> = new StaticArray<u8>(FRAME_HEADER_BYTES);
  /** Bytes of the header read so far. */
  private have: u32 = 0;
  private inPayload: bool = false;
  /** Bytes of the payload still missing. */
  private missing: u64 = 0;
  /** The message in progress, or null between two messages. */
  private body: CollectingSink | null = null;
  private isText: bool = false;
  /** Bytes of the message checked so far. */
  private checkedBytes: u32 = 0;

  /** `maximum` is the maximum length of a message, in bytes. */
  constructor(public maximum: u32) {}

  /** The opcode of the current frame; after Event.Control, of the control frame. */
  get opcode(): u32 {
    return this.header.opcode;
  }

  /** Reads until an event, or as far as bytes have arrived and `framesLeft` allows. */
  next(stream: Stream): Event {
    for (;;) {
      if (!this.inPayload) {
        if (this.framesLeft == 0 || !this.readHeader(stream)) return Event.None;
        this.framesLeft--;
        if (!this.begin()) return Event.Fault;
      }
      if (!this.readPayload(stream)) return this.reason == "" ? Event.None : Event.Fault;
      this.inPayload = false;
      this.have = 0;
      if (isControl(this.opcode)) return Event.Control;
      if (!this.header.final) continue;
      const whole = !this.isText || this.checkText(true);
      return whole ? Event.Message : Event.Fault;
    }
  }

  /** Returns the message that `next` has completed. */
  take(): WebSocketMessage {
    const body = this.body!;
    this.body = null;
    return new WebSocketMessage(this.isText, body.block(), body.length);
  }

  private fault(code: CloseCode, reason: string): bool {
    this.code = code;
    this.reason = reason;
    return false;
  }

  private readHeader(stream: Stream): bool {
    const start = changetype<usize>(this.headerStart);
    let wanted: u32 = this.have < 2 ? 2 : headerBytes(load<u8>(start, 1));
    while (this.have < wanted) {
      const count = stream.read(start + this.have, wanted - this.have);
      if (count == 0) return false;
      this.have += count;
      if (this.have == 2) wanted = headerBytes(load<u8>(start, 1));
    }
    return true;
  }

  /** Checks the header. */
  private begin(): bool {
    const header = this.header;
    const fault = header.parse(changetype<usize>(this.headerStart));
    if (fault != "") return this.fault(CloseCode.ProtocolError, fault);
    this.missing = header.length;
    this.inPayload = true;
    if (isControl(header.opcode)) {
      this.controlLength = 0;
      return true;
    }
    const started = this.body != null;
    if (header.opcode == OPCODE_CONTINUATION) {
      if (!started) return this.fault(CloseCode.ProtocolError, "nothing to continue");
    } else {
      if (started) return this.fault(CloseCode.ProtocolError, "a message within a message");
      this.body = new CollectingSink(this.maximum);
      this.isText = header.opcode == OPCODE_TEXT;
      this.checkedBytes = 0;
    }
    if (header.length <= this.maximum - this.body!.length) return true;
    return this.fault(CloseCode.TooBig, `a message is longer than ${this.maximum} bytes`);
  }

  /** Returns true once the payload is complete. */
  private readPayload(stream: Stream): bool {
    while (this.missing > 0) {
      const length = min<u64>(stream.peekLength(), this.missing) as u32;
      if (length == 0) return false;
      const pointer = stream.peekPointer();
      if (isControl(this.opcode)) {
        memory.copy(changetype<usize>(this.control) + this.controlLength, pointer, length);
        this.controlLength += length;
      } else {
        this.body!.data(pointer, length);
        if (this.isText && !this.checkText(false)) return false;
      }
      stream.consume(length);
      this.missing -= length;
    }
    return true;
  }

  /** Checks the text that has arrived; unless `whole`, it may end within a character. */
  private checkText(whole: bool): bool {
    const body = this.body!;
    const fault = utf8Fault(body.pointer() + this.checkedBytes, body.length - this.checkedBytes);
    if (fault < 0) {
      this.checkedBytes = body.length;
      return true;
    }
    this.checkedBytes += fault;
    if (!whole && body.length - this.checkedBytes < 4) return true;
    return this.fault(CloseCode.InvalidText, "text that is not UTF-8");
  }
}
