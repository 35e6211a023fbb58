/**
 * A stream of bytes in both directions: TCP now, TLS over it later, and HTTP cannot tell which.
 * Nothing here blocks: what is not there yet is 0 bytes.
 */

export const enum StreamStatus {
  /** Not yet usable; wait. */
  Connecting = 0,
  /** Both directions work. */
  Open = 1,
  /** The peer ended its direction cleanly and everything it sent was read. */
  Finished = 2,
  /** Broken or never made: `failure()` says why. What arrived before can still be read. */
  Failed = 3,
}

/** Why a stream failed, as far as its user must tell one kind from another. */
export const enum StreamFailure {
  None = 0,
  Refused = 1,
  TimedOut = 2,
  Unreachable = 3,
  Reset = 4,
  /** A table or the memory is full. */
  NoResources = 5,
  /** The peer's certificate was refused. */
  Certificate = 6,
  /** Another error of the protocol on top (TLS). */
  Protocol = 7,
  /** The same, but an old session was offered: another attempt goes without and may succeed. */
  Session = 8,
}

export interface Stream {
  /** Lets the layers between this and TCP go on (TLS); TCP itself needs nothing. */
  poll(now: i64): void;
  status(): StreamStatus;
  failureKind(): StreamFailure;
  /** In words, for the error line: "connection refused". */
  failure(): string;
  /** Bytes that can be read now. */
  readable(): u32;
  /** Where the oldest readable bytes lie, and how many lie there in one piece: no copy. */
  peekPointer(): usize;
  peekLength(): u32;
  /** Gives back the first `length` bytes, at most `peekLength()`. */
  consume(length: u32): void;
  /** Moves up to `capacity` bytes to `destination`; answers how many. */
  read(destination: usize, capacity: u32): u32;
  /** Bytes that `write` would take now. */
  writable(): u32;
  /** Takes up to `length` bytes; answers how many. */
  write(source: usize, length: u32): u32;
  /** Probes a peer that is silent for `idle` microseconds (RFC 9293 section 3.8.4); 0: never. */
  setKeepAlive(idle: i64): void;
  /** No more will be written; what was written still goes out. Reading stays possible. */
  close(): void;
  /**
   * The user lets go of it: it ends cleanly, or abruptly where unread data is in it. Like
   * `abort`, the last call: the object may serve another connection afterwards.
   */
  release(): void;
  /** Drops the connection at once. */
  abort(): void;
}

/** Where streams come from that others open. */
export interface StreamListener {
  /** The stream that has been ready for longest, or null. */
  accept(): Stream | null;
  close(): void;
}
