/** Idle connections, kept for the next request or query to the same server. */
import { Pollable } from "../../../core/pollable";
import { earlier, NEVER } from "../../../core/time";
import { Stream, StreamStatus } from "./stream";

class IdleStream {
  constructor(
    readonly key: string,
    readonly stream: Stream,
    readonly closesAt: i64,
  ) {}

  /** Reports whether the connection is open and nothing unexpected has arrived. */
  usable(): bool {
    return this.stream.status() == StreamStatus.Open && this.stream.readable() == 0;
  }
}

/**
 * Connections by key. A key contains all that matters about a connection, such as the scheme, host
 * and port: two requests with equal keys may share one.
 */
export class IdleStreams {
  /**
   * The number of calls of `clear`. A connection that was opened before the last of them, for
   * instance under roots that are no longer trusted, is not kept: see `put`.
   */
  generation: u32 = 0;
  /** Oldest first. */
  private readonly idle: Array<IdleStream> = [];

  constructor(
    /** Polls the connections; woken when there is one. */
    private readonly owner: Pollable,
    /** The number of connections kept, and the microseconds for which each is kept. */
    private readonly maximum: i32,
    private readonly idleTime: i64,
  ) {}

  get count(): u32 {
    return this.idle.length;
  }

  /** Returns the most recently used connection with that key, or null. */
  take(key: string): Stream | null {
    for (let i = this.idle.length - 1; i >= 0; i--) {
      const entry = this.idle[i];
      if (entry.key != key) continue;
      this.idle.splice(i, 1);
      if (entry.usable()) return entry.stream;
      entry.stream.release();
    }
    return null;
  }

  /**
   * Keeps a connection whose last response is complete; closes the oldest if there are too many.
   * `generation` is the generation in which it was opened or taken.
   */
  put(key: string, stream: Stream, generation: u32, now: i64): void {
    if (generation != this.generation) {
      stream.release();
      return;
    }
    if (this.idle.length == this.maximum) this.idle.shift().stream.release();
    this.idle.push(new IdleStream(key, stream, now + this.idleTime));
    this.owner.dormant = false;
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

  /** Closes all connections, and starts a new generation. */
  clear(): void {
    this.generation++;
    while (this.idle.length > 0) this.idle.pop().stream.release();
  }
}
