/**
 * A listening port: the connections that are still in the handshake, and those that are ready to be
 * accepted. Both are bounded by the backlog (RFC 4987 section 3).
 */
import { Wakeable, wake } from "../../../../core/wakeable";
import { TcpConnection } from "../connection";
import { ControlBlock, ListenQueue } from "../control-block";
import { PendingFastOpens } from "../fast-open/pending";
import { SocketOptions } from "../socket-options";
import { ConnectionQueue } from "./queue";

/** The table that frees the port when a listener is closed. */
export interface ListenerOwner {
  closeListener(listener: TcpListener): void;
}

export class TcpListener {
  /**
   * Connections in SYN-RECEIVED, oldest first. If the queue is full, SYNs are answered with cookies
   * or, without these, replace the oldest.
   */
  readonly halfOpen: ConnectionQueue = new ConnectionQueue(ListenQueue.HalfOpen);
  /** Connections that are established, or exchange data already, and not accepted yet. */
  readonly ready: ConnectionQueue = new ConnectionQueue(ListenQueue.Ready);
  /** The options of the connections to come. */
  readonly options: SocketOptions = new SocketOptions();
  /** Counts the connections opened by Fast Open whose handshake is not over. */
  readonly fastOpens: PendingFastOpens = new PendingFastOpens();
  /** SYNs and ACKs of cookies that found the ready queue full; half-open connections evicted. */
  dropped: u64 = 0;
  /** Woken when there is no memory or slot for a connection of the host, or null. */
  private relief: Wakeable | null = null;
  /** When a SYN was last answered with a cookie. */
  cookieAt: i64 = i64.MIN_VALUE >> 1;

  constructor(
    private readonly owner: ListenerOwner,
    readonly port: u32,
    readonly backlog: u32,
  ) {}

  /** Returns the connection that has been ready for longest, or null. The caller must close it. */
  accept(): TcpConnection | null {
    const block = this.ready.first;
    if (block == null) return null;
    this.ready.remove(block);
    return new TcpConnection(block);
  }

  /** Frees the port; connections that were not accepted are aborted. */
  close(): void {
    this.owner.closeListener(this);
  }

  /** Whether a connection waits to be accepted. */
  get hasWaiting(): bool {
    return this.ready.first != null;
  }

  /** Whether no more connections may become ready. */
  get full(): bool {
    return this.ready.count >= this.backlog;
  }

  /** Moves a connection from the half-open ones to the ready queue: it may be accepted now. */
  makeReady(block: ControlBlock): void {
    this.halfOpen.remove(block);
    this.ready.push(block);
  }

  /** Removes a connection from the queue that it waits in. */
  leave(block: ControlBlock): void {
    if (block.queue == ListenQueue.Ready) this.ready.remove(block);
    else this.halfOpen.remove(block);
  }

  /** Notes that a SYN was answered with a cookie. */
  noteCookie(now: i64): void {
    this.cookieAt = now;
  }

  /** Has `relief` woken when there is no memory or slot for a connection of the host. */
  onShortage(relief: Wakeable): void {
    this.relief = relief;
  }

  /** Notes that there was no memory or slot for a connection of the host. */
  noteShortage(): void {
    wake(this.relief);
  }

  /** Counts a connection that was dropped; see `dropped`. */
  countDrop(): void {
    this.dropped++;
  }
}
