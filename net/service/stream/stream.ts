/**
 * A bidirectional stream of bytes: TCP, or TLS over TCP, which its users need not distinguish.
 * Nothing blocks: reading returns 0 bytes if none have arrived.
 */

export const enum StreamStatus {
  /** Not yet usable; wait. */
  Connecting = 0,
  /** Both directions are open. */
  Open = 1,
  /** The peer closed its direction cleanly, and everything it sent was read. */
  Finished = 2,
  /** Broken, or never opened: `failure()` says why. Data that arrived before can be read. */
  Failed = 3,
}

/** Why a stream failed, as far as its user has to distinguish. */
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
  /** Another error of TLS. */
  Protocol = 7,
  /** The same with a cached session: a second attempt, without it, may succeed. */
  Session = 8,
}

export interface Stream {
  /** Moves the layers above TCP on (TLS); does nothing for TCP. */
  poll(now: i64): void;
  status(): StreamStatus;
  failureKind(): StreamFailure;
  /** Says why it failed: "connection refused". */
  failure(): string;
  /** Bytes that can be read now. */
  readable(): u32;
  /** The address of the oldest readable bytes, and how many are contiguous there. */
  peekPointer(): usize;
  peekLength(): u32;
  /** Drops the first `length` bytes, at most `peekLength()`. */
  consume(length: u32): void;
  /** Moves up to `capacity` bytes to `destination`. Returns how many. */
  read(destination: usize, capacity: u32): u32;
  /** Bytes that `write` would take now. */
  writable(): u32;
  /** Queues up to `length` bytes to be sent. Returns how many. */
  write(source: usize, length: u32): u32;
  /** Probes a peer that is silent for `idle` microseconds (RFC 9293 section 3.8.4); 0: never. */
  setKeepAlive(idle: i64): void;
  /** Closes the sending direction after what was written. Reading remains possible. */
  close(): void;
  /**
   * Gives the stream up: closes it cleanly, or resets it if unread data remains. Like `abort`, the
   * last call: the object may serve another connection afterwards.
   */
  release(): void;
  /** Aborts the connection. */
  abort(): void;
}

/** A source of streams that peers open. */
export interface StreamListener {
  /** Returns the stream that has been ready longest, or null. */
  accept(): Stream | null;
  close(): void;
}
