/**
 * The TLS engine (RFC 8446, RFC 5246) as an interface: bytes in, bytes out, and a state. The
 * kernel's engine is mbedTLS; tests have a scripted one. core/tls-codes.ts defines the codes.
 */
import { TlsBytesField, TlsNumberField } from "../../../core/tls-codes";

/** Returned by `openClient` and `openServer` on failure. */
export const NO_HANDLE: u32 = 0;

/** A handle identifies a connection. Every method returns at once. */
export interface TlsEngine {
  /** Returns a message if TLS is unavailable, or "". */
  obstacle(): string;
  /** Sets the engine's clock. Called once a turn while there are connections. */
  tick(): void;
  /**
   * Opens a connection to `host`, a name or an address; `options` are bits of `TlsOption`. Returns
   * NO_HANDLE on failure, such as a lack of memory.
   */
  openClient(host: string, options: u32): u32;
  /** Opens a server's connection. Returns NO_HANDLE on failure, such as no certificate. */
  openServer(options: u32): u32;
  /** Offers a session that `session` returned. Returns false if it is no longer usable. */
  resume(handle: u32, session: usize, length: u32): bool;
  /** Takes one bounded step. Returns how much input it consumed: 0 while plaintext is unread. */
  step(handle: u32, input: usize, length: u32): u32;
  /** Returns a `TlsState` and the bits TLS_OUTPUT, TLS_AGAIN and TLS_NEW_SESSION. */
  state(handle: u32): u32;
  /** Moves up to `capacity` bytes of ciphertext to `destination`. Returns how many. */
  transmit(handle: u32, destination: usize, capacity: u32): u32;
  /** Moves up to `capacity` bytes of plaintext to `destination`. Returns how many. */
  read(handle: u32, destination: usize, capacity: u32): u32;
  /**
   * Encrypts up to one record. Returns how many bytes of plaintext it consumed: 0 until `transmit`
   * has moved all ciphertext.
   */
  write(handle: u32, source: usize, length: u32): u32;
  /** Closes the sending direction: queues close_notify after the data written. */
  close(handle: u32): void;
  /** Frees the connection. */
  free(handle: u32): void;
  /** Returns a number about the connection. */
  number(handle: u32, what: TlsNumberField): i32;
  /** Copies a text or a certificate if it fits. Returns its length in either case. */
  bytes(handle: u32, what: TlsBytesField, index: u32, destination: usize, capacity: u32): u32;
  /** Copies a session to resume later, if it fits. Returns its length; 0 if there is none. */
  session(handle: u32, destination: usize, capacity: u32): u32;
  /** Returns the time of day and its source, as text. */
  clock(): string;
}
