/**
 * A listening port: the connections that it is shaking hands for, and those that are ready to be
 * accepted, both bounded by the backlog (RFC 4987 section 3).
 */
import { TcpConnection } from "../connection";
import { TcpTable } from "../tcp";

export class TcpListener {
  /** In SYN-RECEIVED, oldest first; the oldest goes when a new one finds the queue full. */
  readonly halfOpen: ConnectionQueue = new ConnectionQueue();
  /** Established and not yet accepted. */
  readonly ready: ConnectionQueue = new ConnectionQueue();
  /** SYNs that found the queue of the ready full, and half-open connections pushed out. */
  dropped: u64 = 0;

  constructor(
    private readonly table: TcpTable,
    readonly port: u32,
    readonly backlog: u32,
  ) {}

  /** The connection that has been ready for longest, or null. The caller must close it. */
  accept(): TcpConnection | null {
    const connection = this.ready.first;
    if (connection == null) return null;
    this.ready.remove(connection);
    connection.listener = null;
    return connection;
  }

  /** Frees the port; what was not accepted is aborted. */
  close(): void {
    this.table.closeListener(this);
  }
}

/** A doubly linked list through the connections themselves. */
export class ConnectionQueue {
  first: TcpConnection | null = null;
  count: u32 = 0;
  private last: TcpConnection | null = null;

  push(connection: TcpConnection): void {
    const last = this.last;
    connection.queueBefore = last;
    connection.queueAfter = null;
    if (last == null) this.first = connection;
    else last.queueAfter = connection;
    this.last = connection;
    this.count++;
  }

  /** Takes out a connection, which must be in this queue. */
  remove(connection: TcpConnection): void {
    const previous = connection.queueBefore;
    const following = connection.queueAfter;
    if (previous == null) this.first = following;
    else previous.queueAfter = following;
    if (following == null) this.last = previous;
    else following.queueBefore = previous;
    connection.queueBefore = null;
    connection.queueAfter = null;
    this.count--;
  }
}
