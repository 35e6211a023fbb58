/**
 * A bidirectional stream of bytes: TCP, or TLS over TCP. Its users need not know which it is.
 * Nothing blocks: reading returns 0 bytes if none have arrived.
 */
import { Wakeable } from "../../../core/wakeable";

export const enum StreamStatus {
  /** Not yet usable; wait. */
  Connecting = 0,
  /** Connected, and neither Finished nor Failed. */
  Open = 1,
  /** The peer closed its direction cleanly, and everything it sent was read. */
  Finished = 2,
  /** Broken, or never opened: `failure()` says why. Data received before that can be read. */
  Failed = 3,
}

/** Why a stream failed. */
export const enum StreamFailure {
  None = 0,
  Refused = 1,
  TimedOut = 2,
  Unreachable = 3,
  Reset = 4,
  /** A table is full, or memory is short. */
  NoResources = 5,
  /** The peer's certificate was rejected. */
  Certificate = 6,
  /** Another TLS error. */
  Protocol = 7,
  /** A TLS error while a cached session was used: an attempt without the session may succeed. */
  Session = 8,
  /** The stapled OCSP response was rejected. */
  CertificateStatus = 9,
}

export interface Stream {
  /** Advances TLS; does nothing for TCP, which the stack polls. */
  poll(now: i64): void;
  status(): StreamStatus;
  failureKind(): StreamFailure;
  /** Returns why the stream failed, such as "Connection refused". */
  failure(): string;
  /** Returns the TCP stream under TLS; for TCP, the stream itself. */
  transport(): Stream;
  /** Returns how many bytes can be read now. */
  readable(): u32;
  /** Return the address of the oldest readable bytes, and how many are contiguous there. */
  peekPointer(): usize;
  peekLength(): u32;
  /** Drops the first `length` bytes, at most `peekLength()`. */
  consume(length: u32): void;
  /** Moves up to `capacity` bytes to `destination`. Returns how many. */
  read(destination: usize, capacity: u32): u32;
  /** Returns how many bytes `write` would accept now. */
  writable(): u32;
  /** Queues up to `length` bytes to be sent. Returns how many. */
  write(source: usize, length: u32): u32;
  /**
   * Has `subscriber` woken when there may be more to read, room to write, or an end. Null ends the
   * subscription.
   */
  subscribe(subscriber: Wakeable | null): void;
  /** Probes a peer after `idle` microseconds of silence (RFC 9293 section 3.8.4); 0: never. */
  setKeepAlive(idle: i64): void;
  /** Closes the sending direction once all written data is sent. Reading remains possible. */
  close(): void;
  /**
   * Gives up the stream: closes it cleanly, or resets it if unread data remains. After `release` or
   * `abort`, call nothing else: the object may be reused for another connection.
   */
  release(): void;
  /** Aborts the connection. */
  abort(): void;
}

/** Accepts the streams that peers open. */
export interface StreamListener {
  /** Returns the stream that has been ready longest, or null. */
  accept(): Stream | null;
  /** Reports whether a stream waits to be accepted. */
  hasWaiting(): bool;
  /** Has `relief` woken when a peer waits or is turned away for lack of memory or slots. */
  onShortage(relief: Wakeable): void;
  close(): void;
}
