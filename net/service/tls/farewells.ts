/**
 * Lingering closes after fatal alerts (RFC 8446 section 6.2). If input arrived after the close, TCP
 * would reset the connection (RFC 1122 section 4.2.2.13), and the peer could lose the alert before
 * it has read it. So input is discarded until the peer closes, too, within limits.
 */
import { TLS_FAREWELL_BYTES, TLS_FAREWELLS } from "../../../core/limits";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { discard } from "../stream/discard";
import { Stream, StreamStatus } from "../stream/stream";

const TIME: i64 = 2 * SECOND;

class Farewell {
  /** When it ends at the latest; set by the first poll. */
  deadline: i64 = NEVER;
  /** Bytes that may still be discarded. */
  private left: u32 = TLS_FAREWELL_BYTES;

  constructor(readonly stream: Stream) {}

  /** Discards input. Returns false once the peer has closed, or has sent too much. */
  discard(): bool {
    const stream = this.stream;
    this.left -= discard(stream, this.left);
    if (this.left == 0) return false;
    const status = stream.status();
    return status != StreamStatus.Finished && status != StreamStatus.Failed;
  }
}

/** Releases a stream without its unread input, because of which TCP would reset the connection. */
export function releaseCleanly(stream: Stream): void {
  discard(stream);
  stream.release();
}

/** The streams that linger. */
export class Farewells {
  private readonly list: Array<Farewell> = [];

  get count(): u32 {
    return this.list.length;
  }

  /** Closes a stream on which an alert was sent. If there are too many, releases it at once. */
  add(stream: Stream): void {
    const farewell = new Farewell(stream);
    stream.subscribe(null);
    if (!farewell.discard() || this.count >= TLS_FAREWELLS) {
      stream.release();
      return;
    }
    stream.close();
    this.list.push(farewell);
  }

  poll(now: i64): void {
    for (let i = this.list.length - 1; i >= 0; i--) {
      const farewell = this.list[i];
      if (farewell.deadline == NEVER) farewell.deadline = now + TIME;
      if (farewell.discard() && now < farewell.deadline) continue;
      farewell.stream.release();
      this.list.splice(i, 1);
    }
  }

  pollAt(): i64 {
    let at = NEVER;
    for (let i = 0; i < this.list.length; i++) at = earlier(at, this.list[i].deadline);
    return at;
  }
}
