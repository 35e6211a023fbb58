/**
 * What TLS needs of its engine, which knows the protocol and has no wires: bytes in, bytes out,
 * a state (RFC 8446, RFC 5246). The kernel's is mbedTLS; tests have one that follows a script.
 * What the numbers mean is in core/tls-codes.ts.
 */
import { TlsBytes, TlsNumber } from "../../../core/tls-codes";

/** What `openClient` and `openServer` answer when no connection can be made. */
export const NO_HANDLE: u32 = 0;

export interface TlsEngine {
  /** Why there can be no TLS ("not enough entropy: ..."), or "". */
  obstacle(): string;
  /** Called once a turn while there are connections: the engine's clock is set. */
  tick(): void;
  /** A new connection to `host`, a name or an address; NO_HANDLE: there is no memory left. */
  openClient(host: string, options: u32): u32;
  /** A new connection to a client; NO_HANDLE: no memory, or no certificate to show. */
  openServer(options: u32): u32;
  /** Offers a session that `session` gave before. False: it does not fit any more. */
  resume(handle: u32, session: usize, length: u32): bool;
  /**
   * Goes on by one bounded step, and answers how many of the bytes that came it took: none while
   * there is plaintext to be read.
   */
  step(handle: u32, input: usize, length: u32): u32;
  /** A `TlsState`, and the bits TLS_OUTPUT, TLS_AGAIN and TLS_NEW_SESSION. */
  state(handle: u32): u32;
  /** Moves up to `capacity` bytes that are for the peer to `destination`; answers how many. */
  transmit(handle: u32, destination: usize, capacity: u32): u32;
  /** Moves up to `capacity` bytes of plaintext to `destination`; answers how many. */
  read(handle: u32, destination: usize, capacity: u32): u32;
  /** Takes plaintext; answers how much: none until `transmit` gave all it had. */
  write(handle: u32, source: usize, length: u32): u32;
  /** Ends the own direction: close_notify stands behind what was written. */
  close(handle: u32): void;
  /** Forgets the connection. */
  free(handle: u32): void;
  number(handle: u32, what: TlsNumber): i32;
  /** Copies a text or a certificate if all of it fits; answers its length. */
  bytes(handle: u32, what: TlsBytes, index: u32, destination: usize, capacity: u32): u32;
  /** A session to be resumed later: its length, 0 for none. */
  session(handle: u32, destination: usize, capacity: u32): u32;
  /** The time of day in words, and where it is from. */
  clock(): string;
}
