/**
 * One end of iperf3's control connection: cookies, one-byte states, and JSON messages after their
 * length in four bytes in network order.
 */
import { IPERF3_MESSAGE_BYTES } from "../../../core/limits";
import { latin1 } from "../../../core/text";
import { parseJson } from "../json/parser";
import { JsonValue } from "../json/value";
import { Stream, StreamStatus } from "../stream/stream";
import { COOKIE, ControlState } from "./states";

/** Bytes of a number, such as a message's length. */
const NUMBER: u32 = 4;
/** Returned by `readState` and `readError` if not all of it has arrived. */
export const NOTHING: i32 = -1;

export class ControlChannel {
  /** Why the channel cannot be used any more, or "". */
  failure: string = "";
  /** The length of the message that is arriving; 0 if its prefix has not arrived. */
  private expected: u32 = 0;
  /** The item that is arriving, and how many of its bytes have arrived. */
  private arriving: StaticArray<u8> | null = null;
  private arrived: u32 = 0;

  constructor(readonly stream: Stream) {}

  /** Returns the 36 characters of a cookie, or "" if it has not arrived. */
  readCookie(): string {
    const bytes = this.gather(COOKIE);
    return bytes == null ? "" : latin1(changetype<usize>(bytes), COOKIE - 1);
  }

  /** Returns a state, as a byte, or NOTHING. */
  readState(): i32 {
    const bytes = this.gather(1);
    return bytes == null ? NOTHING : bytes[0];
  }

  /** Returns the first of the two codes of ServerError, without its sign bit, or NOTHING. */
  readError(): i32 {
    const bytes = this.gather(2 * NUMBER);
    if (bytes == null) return NOTHING;
    return (bswap(load<u32>(changetype<usize>(bytes))) & 0x7fff_ffff) as i32;
  }

  /**
   * Returns a JSON object, or null if it has not arrived. Sets `failure` if its length is beyond
   * IPERF3_MESSAGE_BYTES or it is not a JSON object.
   */
  readMessage(): JsonValue | null {
    if (this.expected == 0) {
      const prefix = this.gather(NUMBER);
      if (prefix == null) return null;
      const length = bswap(load<u32>(changetype<usize>(prefix)));
      if (length - 1 >= IPERF3_MESSAGE_BYTES) {
        this.fail(`received a message of invalid length: ${length} bytes`);
        return null;
      }
      this.expected = length;
    }
    const bytes = this.gather(this.expected);
    if (bytes == null) return null;
    const result = parseJson(changetype<usize>(bytes), this.expected);
    const value = result.value;
    this.expected = 0;
    if (value != null && value.isObject()) return value;
    const reason = value == null ? result.error : "expected an object";
    this.fail(`received invalid JSON: ${reason}`);
    return null;
  }

  writeCookie(cookie: string): void {
    const bytes = String.UTF8.encode(cookie, true);
    this.write(changetype<usize>(bytes), bytes.byteLength);
  }

  writeState(state: ControlState): void {
    const byte = new StaticArray<u8>(1);
    byte[0] = state as u8;
    this.write(changetype<usize>(byte), 1);
  }

  writeNumber(value: u32): void {
    const bytes = new StaticArray<u8>(NUMBER as i32);
    store<u32>(changetype<usize>(bytes), bswap(value));
    this.write(changetype<usize>(bytes), NUMBER);
  }

  /** Writes a message; `text` is ASCII. */
  writeMessage(text: string): void {
    const bytes = String.UTF8.encode(text);
    this.writeNumber(bytes.byteLength);
    this.write(changetype<usize>(bytes), bytes.byteLength);
  }

  /** Sets `failure` if the connection has ended. Called when nothing more can be read. */
  checkOpen(): void {
    const status = this.stream.status();
    if (status == StreamStatus.Finished) this.fail("control socket has closed unexpectedly");
    else if (status == StreamStatus.Failed) {
      this.fail(`unable to receive control message: ${this.stream.failure()}`);
    }
  }

  fail(reason: string): void {
    if (this.failure == "") this.failure = reason;
  }

  /** Returns the next `length` bytes, or null if they have not arrived. */
  private gather(length: u32): StaticArray<u8> | null {
    const stream = this.stream;
    let bytes = this.arriving;
    if (bytes == null) {
      if (stream.readable() == 0) return null;
      bytes = new StaticArray<u8>(length as i32);
      this.arriving = bytes;
      this.arrived = 0;
    }
    while (this.arrived < length && stream.readable() > 0) {
      const to = changetype<usize>(bytes) + this.arrived;
      this.arrived += stream.read(to, length - this.arrived);
    }
    if (this.arrived < length) return null;
    this.arriving = null;
    return bytes;
  }

  private write(pointer: usize, length: u32): void {
    if (this.stream.write(pointer, length) == length) return;
    const failed = this.stream.status() == StreamStatus.Failed;
    const reason = failed ? `: ${this.stream.failure()}` : "";
    this.fail(`unable to write to the control socket${reason}`);
  }
}
