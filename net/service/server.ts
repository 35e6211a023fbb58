/** Serves the connections to a port until the port is closed. */
export interface Server {
  /** Accepts and serves connections. Returns true if anything was done: TCP may have work to do. */
  poll(now: i64): bool;
  /** Returns when to poll next if nothing arrives. */
  pollAt(now: i64): i64;
  /** Closes the port and every connection. */
  close(): void;
}
