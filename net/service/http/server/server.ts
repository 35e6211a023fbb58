/** The HTTP/1.1 server (RFC 9110, RFC 9112): accepts connections and polls each of them. */
import { HTTP_SERVER_CONNECTIONS } from "../../../../core/limits";
import { earlier, NEVER } from "../../../../core/time";
import { Server } from "../../server";
import { StreamListener } from "../../stream/stream";
import { Framing } from "../message/framing";
import { ConnectionState, ServerConnection } from "./connection";
import { HttpHandler } from "./handler";
import { ResponseWriter } from "./response-writer";

/** Serves up to HTTP_SERVER_CONNECTIONS connections at once. */
export class HttpServer implements Server {
  /** Connections accepted and requests answered so far. */
  accepted: u64 = 0;
  requests: u64 = 0;
  private readonly writer: ResponseWriter;
  private readonly framing: Framing = new Framing();
  private connections: Array<ServerConnection> = [];

  /** `name` is the value of the Server field: `anonymos/0.1.0`. */
  constructor(
    private readonly listener: StreamListener,
    private readonly handler: HttpHandler,
    name: string,
  ) {
    this.writer = new ResponseWriter(name);
  }

  /** Accepts and polls connections. Returns true if one took a step: TCP may have work to do. */
  poll(now: i64): bool {
    let moved = this.accept(now);
    const connections = this.connections;
    for (let i = connections.length - 1; i >= 0; i--) {
      const connection = connections[i];
      const before = connection.requests;
      if (connection.poll(now)) moved = true;
      this.requests += connection.requests - before;
      if (connection.state == ConnectionState.Gone) this.remove(i);
    }
    return moved;
  }

  /** Returns when to call `poll` next, in microseconds since boot. */
  pollAt(_now: i64): i64 {
    let at = NEVER;
    for (let i = 0; i < this.connections.length; i++)
      at = earlier(at, this.connections[i].deadline);
    return at;
  }

  connectionCount(): u32 {
    return this.connections.length;
  }

  /** Closes the port and every connection. */
  close(): void {
    this.listener.close();
    for (let i = 0; i < this.connections.length; i++) this.connections[i].abort();
    this.connections = [];
  }

  private accept(now: i64): bool {
    let any = false;
    for (;;) {
      // If all connections are busy, new ones stay in the listener's backlog.
      const full = (this.connections.length as u32) >= HTTP_SERVER_CONNECTIONS;
      const idle = full ? this.longestIdle() : -1;
      if (full && idle < 0) break;
      const stream = this.listener.accept();
      if (stream == null) break;
      if (full) {
        this.connections[idle].abort();
        this.remove(idle);
      }
      this.connections.push(
        new ServerConnection(stream, this.handler, this.writer, this.framing, now),
      );
      this.accepted++;
      any = true;
    }
    return any;
  }

  /** Returns the index of the connection that has been idle longest, or -1. */
  private longestIdle(): i32 {
    let oldest = -1;
    for (let i = 0; i < this.connections.length; i++) {
      const connection = this.connections[i];
      if (!connection.idle()) continue;
      if (oldest < 0 || connection.deadline < this.connections[oldest].deadline) oldest = i;
    }
    return oldest;
  }

  /** Removes a connection by moving the last one into its place; order does not matter. */
  private remove(index: i32): void {
    const last = this.connections.pop();
    if (index < this.connections.length) this.connections[index] = last;
  }
}
