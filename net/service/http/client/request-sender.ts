/** Sends the head and body of a request as its stream accepts them. */
import { writeAscii } from "../../../../core/text";
import { Stream } from "../../stream/stream";
import { BodySource } from "../message/body";

/** Sends one request at a time. */
export class RequestSender {
  private head: StaticArray<u8> = new StaticArray<u8>(0);
  private headSent: u32 = 0;
  private body: BodySource | null = null;
  /** The number of body bytes sent. */
  bodySent: u64 = 0;
  private stopped: bool = false;

  /** Begins a request with this head (ASCII) and body. */
  start(head: string, body: BodySource | null): void {
    this.head = new StaticArray<u8>(head.length);
    writeAscii(changetype<usize>(this.head), head);
    this.headSent = 0;
    this.body = body;
    this.bodySent = 0;
    this.stopped = false;
  }

  /** Abandons the rest of the request. */
  stop(): void {
    if (!this.complete()) this.stopped = true;
  }

  /** Reports whether the stream has accepted the whole request. */
  complete(): bool {
    const body = this.body;
    if (this.headSent < (this.head.length as u32) || this.stopped) return false;
    return body == null || body.peekLength() == 0;
  }

  /** Reports whether `send` has more to send. */
  sending(): bool {
    return !this.stopped && !this.complete();
  }

  /** Sends as much as `stream` accepts. Returns true if bytes were sent. */
  send(stream: Stream): bool {
    if (this.stopped) return false;
    let sent: u32 = 0;
    const left = (this.head.length as u32) - this.headSent;
    if (left > 0) {
      sent = stream.write(changetype<usize>(this.head) + this.headSent, left);
      this.headSent += sent;
      if (sent < left) return sent > 0;
    }
    const body = this.body;
    if (body == null) return sent > 0;
    const more = body.writeTo(stream);
    this.bodySent += more;
    return sent + more > 0;
  }
}
