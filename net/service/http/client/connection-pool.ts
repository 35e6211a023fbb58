/** Idle connections, kept for the next request to the same server. */
import { HTTP_IDLE_CONNECTIONS } from "../../../../core/limits";
import { earlier, NEVER, SECOND } from "../../../../core/time";
import { Stream, StreamStatus } from "../../stream/stream";
import { Url } from "../url";

/**
 * How long a connection may be idle. Servers have limits too (nginx 75 s, Node 5 s); a request on a
 * connection that the server has closed is retried on a new one.
 */
const IDLE_TIME: i64 = 30 * SECOND;

class IdleConnection {
  constructor(
    readonly host: string,
    readonly port: u32,
    readonly secure: bool,
    readonly stream: Stream,
    readonly closesAt: i64,
  ) {}

  /** Reports whether the connection is open and has no unread data. */
  usable(): bool {
    return this.stream.status() == StreamStatus.Open && this.stream.readable() == 0;
  }
}

/** Up to HTTP_IDLE_CONNECTIONS connections. */
export class ConnectionPool {
  /** Oldest first. */
  private idle: Array<IdleConnection> = [];

  count(): u32 {
    return this.idle.length;
  }

  /** Adds a stream whose last response is complete; closes the oldest if the pool is full. */
  put(url: Url, stream: Stream, now: i64): void {
    if (this.idle.length == HTTP_IDLE_CONNECTIONS) this.idle.shift().stream.release();
    const closesAt = now + IDLE_TIME;
    this.idle.push(new IdleConnection(url.host, url.port, url.secure, stream, closesAt));
  }

  /** Returns the most recently used stream to that server, or null. */
  take(url: Url): Stream | null {
    for (let i = this.idle.length - 1; i >= 0; i--) {
      const entry = this.idle[i];
      if (entry.host != url.host || entry.port != url.port || entry.secure != url.secure) continue;
      this.idle.splice(i, 1);
      if (entry.usable()) return entry.stream;
      entry.stream.release();
    }
    return null;
  }

  /** Drops connections that are closed, have unrequested data, or have been idle too long. */
  poll(now: i64): void {
    for (let i = this.idle.length - 1; i >= 0; i--) {
      const entry = this.idle[i];
      entry.stream.poll(now);
      if (entry.usable() && now < entry.closesAt) continue;
      this.idle.splice(i, 1);
      entry.stream.release();
    }
  }

  /** Returns when the next connection expires, in microseconds since boot. */
  pollAt(): i64 {
    let at = NEVER;
    for (let i = 0; i < this.idle.length; i++) at = earlier(at, this.idle[i].closesAt);
    return at;
  }

  /** Closes all connections. */
  clear(): void {
    while (this.idle.length > 0) this.idle.pop().stream.release();
  }
}
