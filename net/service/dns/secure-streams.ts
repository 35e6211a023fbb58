/** Idle TLS connections to name servers, each kept for the next query (RFC 7858 section 3.4). */
import { DNS_SERVERS } from "../../../core/limits";
import { Pollable } from "../../../core/pollable";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { NameServer } from "../settings";
import { Stream, StreamStatus } from "../stream/stream";

/**
 * How long an idle connection is kept. If the server closes it as the next query is sent, that
 * query is repeated over a new one.
 */
const IDLE_TIME: i64 = 20 * SECOND;

class IdleStream {
  constructor(
    readonly server: NameServer,
    readonly stream: Stream,
    readonly closesAt: i64,
  ) {}

  /** Reports whether the connection is open and nothing unexpected has arrived. */
  usable(): bool {
    return this.stream.status() == StreamStatus.Open && this.stream.readable() == 0;
  }
}

/** The idle connections to name servers, at most DNS_SERVERS, the oldest first. */
export class SecureStreams {
  private readonly idle: Array<IdleStream> = [];

  constructor(private readonly owner: Pollable) {}

  get empty(): bool {
    return this.idle.length == 0;
  }

  /** Returns the connection kept to a server, or null. */
  take(server: NameServer): Stream | null {
    for (let i = this.idle.length - 1; i >= 0; i--) {
      const entry = this.idle[i];
      if (!entry.server.equals(server)) continue;
      this.idle.splice(i, 1);
      if (entry.usable()) return entry.stream;
      entry.stream.release();
    }
    return null;
  }

  /** Keeps a connection whose last query was answered. */
  put(server: NameServer, stream: Stream, now: i64): void {
    if (this.idle.length == (DNS_SERVERS as i32)) this.idle.shift().stream.release();
    this.idle.push(new IdleStream(server, stream, now + IDLE_TIME));
    this.owner.dormant = false;
  }

  /** Drops connections that the server closed, or that have been idle too long. */
  poll(now: i64): void {
    for (let i = this.idle.length - 1; i >= 0; i--) {
      const entry = this.idle[i];
      entry.stream.poll(now);
      if (entry.usable() && now < entry.closesAt) continue;
      this.idle.splice(i, 1);
      entry.stream.release();
    }
  }

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
