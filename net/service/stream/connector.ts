/** How services open connections: plain TCP, or TLS over it. */
import { Ipv4Address } from "../../wire/address";
import { Stream } from "./stream";

export interface Connector {
  /** Starts to open a TCP connection. If that fails, returns null, and `refusal` says why. */
  connect(address: Ipv4Address, port: u32, now: i64): Stream | null;
  /** Like `connect`, for TLS with the server `host`: the name or address in its certificate. */
  connectSecure(host: string, address: Ipv4Address, port: u32, now: i64): Stream | null;
  /**
   * Starts TLS with `host`, at `port`, over an open stream, such as a proxy's tunnel. If that
   * fails, returns null, and `refusal` says why; the stream is left alone.
   */
  secure(stream: Stream, host: string, port: u32, now: i64): Stream | null;
  /** Reports whether the packets of an open connection still have a route to its peer. */
  reaches(stream: Stream): bool;
  /** Returns why the last attempt returned null, such as "too many connections". */
  refusal(): string;
}
