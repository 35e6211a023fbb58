/** Sends the head and body of a request as its stream accepts them. */
import { writeAscii } from "../../../../core/text";
import { Stream } from "../../stream/stream";
import { BodySource } from "../message/body";

export class RequestSender {
  private head: StaticArray<u8> = new StaticArray<u8>(0);
  private headSent: u32 = 0;
  private body: BodySource | null = null;
  /** Bytes of the body sent. */
  bodySent: u64 = 0;
  private stopped: bool = false;

  start(head: string, body: BodySource | null): void {
    this.head = new StaticArray<u8>(head.length);
    writeAscii(changetype<usize>(this.head), head);
    this.headSent = 0;
    this.body = body;
    this.bodySent = 0;
    this.stopped = false;
  }

  /** Stops: the rest is not sent. */
  stop(): void {
    if (!this.complete()) this.stopped = true;
  }

  /** The stream has accepted the whole request. */
  complete(): bool {
    const body = this.body;
    if (this.headSent < (this.head.length as u32) || this.stopped) return false;
    return body == null || body.peekLength() == 0;
  }

  /** Part of the request has not been sent. */
  sending(): bool {
    return !this.stopped && !this.complete();
  }

  /** Returns true if bytes were sent. */
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
