/**
 * The HTTP/1.1 server (RFC 9110, RFC 9112): accepts connections, and polls those for which
 * something may have happened. Connections that only wait cost nothing in a turn.
 */
import { HTTP_SERVER_CONNECTIONS, HTTP_SERVER_EVICTIONS } from "../../../../core/limits";
import { earlier, NEVER, SECOND } from "../../../../core/time";
import { TimerQueue } from "../../../../core/timer-queue";
import { Wakeable } from "../../../../core/wakeable";
import { Server } from "../../server";
import { StreamListener } from "../../stream/stream";
import { ConnectionState, ServerConnection, ServerShared } from "./connection";
import { Queued, WaitingQueue } from "./connection-queue";
import { HttpHandler } from "./handler";
import { ResponseWriter } from "./response-writer";

/** The number of connections for which the timer queue has room at first. */
const CONNECTIONS_FIRST = 64;

/** How long after closing idle connections their memory may still wait for the collector. */
const EVICTION_INTERVAL: i64 = SECOND;

/** Notes that a peer waits or was turned away for lack of memory or slots. */
class Shortage implements Wakeable {
  noted: bool = false;

  wake(): void {
    this.noted = true;
  }
}

/** Serves up to HTTP_SERVER_CONNECTIONS connections at once. */
export class HttpServer implements Server {
  /** Connections accepted and requests answered so far. */
  accepted: u64 = 0;
  requests: u64 = 0;
  private readonly shared: ServerShared;
  private readonly waiting: WaitingQueue = new WaitingQueue();
  private readonly timers: TimerQueue = new TimerQueue(CONNECTIONS_FIRST);
  private readonly shortage: Shortage = new Shortage();
  /** When idle connections may be closed again. */
  private evictionAt: i64 = 0;
  /** When to see whether a peer still waits that could not be helped before; or NEVER. */
  private retryAt: i64 = NEVER;
  private capacity: i32 = CONNECTIONS_FIRST;
  private readonly connections: Array<ServerConnection> = [];

  /** `name` is the value of the Server field: `anonymos/0.1.0`. */
  constructor(
    private readonly listener: StreamListener,
    handler: HttpHandler,
    name: string,
  ) {
    this.shared = new ServerShared(handler, new ResponseWriter(name));
    listener.onShortage(this.shortage);
  }

  /** Accepts and polls connections. Returns true if one took a step: TCP may have work to do. */
  poll(now: i64): bool {
    if (this.retryAt <= now) this.retryAt = NEVER;
    let moved = this.accept(now);
    if (this.shortage.noted && this.evict(now)) moved = true;
    for (let late = this.timers.expired(now); late != null; late = this.timers.expired(now)) {
      this.timers.remove(late);
      changetype<ServerConnection>(late).wake();
    }
    const awake = this.shared.awake;
    for (let left = awake.length; left > 0; left--) {
      const connection = changetype<ServerConnection>(awake.take());
      if (connection.state == ConnectionState.Gone) continue;
      const before = connection.requests;
      if (connection.poll(now)) {
        moved = true;
        connection.wake();
      }
      this.requests += connection.requests - before;
      this.settle(connection);
    }
    return moved;
  }

  /** Returns when to call `poll` next, in microseconds since boot. */
  pollAt(now: i64): i64 {
    if (this.shared.awake.length > 0 || this.shortage.noted) return now;
    return earlier(this.timers.nextAt(), this.retryAt);
  }

  connectionCount(): u32 {
    return this.connections.length;
  }

  /** Closes the port and every connection. */
  close(): void {
    this.listener.close();
    const connections = this.connections;
    while (connections.length > 0) {
      const last = connections[connections.length - 1];
      last.abort();
      this.remove(last);
    }
    const awake = this.shared.awake;
    while (awake.length > 0) awake.take();
  }

  private accept(now: i64): bool {
    let any = false;
    for (;;) {
      // If all connections are busy, new ones stay in the listener's backlog.
      const full = (this.connections.length as u32) >= HTTP_SERVER_CONNECTIONS;
      const oldest = this.waiting.first;
      if (full && oldest == null) break;
      const stream = this.listener.accept();
      if (stream == null) break;
      if (full) this.closeIdle(changetype<ServerConnection>(oldest));
      this.add(new ServerConnection(stream, this.shared, now));
      this.accepted++;
      any = true;
    }
    return any;
  }

  /**
   * Closes the connections that have been idle for longest, so that others can be opened. Returns
   * true if there were any.
   */
  private evict(now: i64): bool {
    this.shortage.noted = false;
    if (now < this.evictionAt) {
      this.retryAt = this.evictionAt;
      return false;
    }
    let oldest = this.waiting.first;
    if (oldest == null) return false;
    this.evictionAt = now + EVICTION_INTERVAL;
    for (let i: u32 = 0; i < HTTP_SERVER_EVICTIONS && oldest != null; i++) {
      this.closeIdle(changetype<ServerConnection>(oldest));
      oldest = this.waiting.first;
    }
    return true;
  }

  private closeIdle(connection: ServerConnection): void {
    connection.abort();
    this.remove(connection);
  }

  private add(connection: ServerConnection): void {
    const connections = this.connections;
    connection.index = connections.length;
    connections.push(connection);
    if (connections.length > this.capacity) {
      this.capacity *= 2;
      this.timers.enlarge(this.capacity);
    }
    connection.start();
  }

  /** Updates the queues after a connection was polled, or removes the connection if it is over. */
  private settle(connection: ServerConnection): void {
    if (connection.state == ConnectionState.Gone) {
      this.remove(connection);
      return;
    }
    const at = connection.deadline();
    if (at < connection.timerKey) this.timers.lower(connection, at);
    this.waiting.set(connection, connection.idle());
  }

  /** Removes a connection by moving the last one into its place; order does not matter. */
  private remove(connection: Queued): void {
    this.timers.remove(connection);
    this.waiting.set(connection, false);
    const last = this.connections.pop();
    const index = connection.index;
    if (last === connection) return;
    last.index = index;
    this.connections[index] = last;
  }
}
