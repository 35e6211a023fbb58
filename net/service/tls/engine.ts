/**
 * The engine of TLS (RFC 8446, RFC 5246) as a port: bytes in, bytes out, and a state. The kernel's
 * is mbedTLS; tests have one that follows a script. core/tls-codes.ts defines the numbers.
 */
import { TlsBytes, TlsNumber } from "../../../core/tls-codes";

/** What `openClient` and `openServer` return if there is no connection. */
export const NO_HANDLE: u32 = 0;

export interface TlsEngine {
  /** Says why TLS is unavailable ("not enough entropy: ..."), or "". */
  obstacle(): string;
  /** Sets the engine's clock. Called once a turn while there are connections. */
  tick(): void;
  /** Opens a connection to `host`, a name or an address. Returns NO_HANDLE if memory is short. */
  openClient(host: string, options: u32): u32;
  /** Opens a connection to a client. NO_HANDLE: memory is short, or there is no certificate. */
  openServer(options: u32): u32;
  /** Offers a session that `session` returned. Returns false if it is no longer usable. */
  resume(handle: u32, session: usize, length: u32): bool;
  /** Takes one bounded step. Returns the bytes of input consumed: 0 while plaintext is unread. */
  step(handle: u32, input: usize, length: u32): u32;
  /** Returns a `TlsState` and the bits TLS_OUTPUT, TLS_AGAIN and TLS_NEW_SESSION. */
  state(handle: u32): u32;
  /** Moves up to `capacity` bytes of ciphertext to `destination`. Returns how many. */
  transmit(handle: u32, destination: usize, capacity: u32): u32;
  /** Moves up to `capacity` bytes of plaintext to `destination`. Returns how many. */
  read(handle: u32, destination: usize, capacity: u32): u32;
  /** Encrypts plaintext. Returns how much: 0 until `transmit` has taken all ciphertext. */
  write(handle: u32, source: usize, length: u32): u32;
  /** Closes the sending direction: close_notify follows what was written. */
  close(handle: u32): void;
  /** Frees the connection. */
  free(handle: u32): void;
  number(handle: u32, what: TlsNumber): i32;
  /** Copies a text or a certificate if it fits. Returns its length. */
  bytes(handle: u32, what: TlsBytes, index: u32, destination: usize, capacity: u32): u32;
  /** Copies a session to resume later. Returns its length; 0 if there is none. */
  session(handle: u32, destination: usize, capacity: u32): u32;
  /** Returns the time of day and its source, as text. */
  clock(): string;
}
