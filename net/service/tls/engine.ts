/**
 * What TLS needs of its engine, which knows the protocol and has no wires: bytes in, bytes out,
 * a state (RFC 8446, RFC 5246). The kernel's is mbedTLS; tests have one that follows a script.
 */

/** What a step of the engine left behind. */
export const enum TlsState {
  /** In the handshake, and nothing to do until more bytes arrive or those sent are taken. */
  Waiting = 0,
  /** In the handshake, and there is more to do at once. */
  Working = 1,
  /** The handshake is over, the peer is who it should be. */
  Open = 2,
  /** The peer has ended its direction with close_notify. */
  Finished = 3,
  /** `error` and `flags` say why. */
  Failed = 4,
}

/** What `info` tells of a connection. */
export const enum TlsInfo {
  /** "TLSv1.3". */
  Version = 0,
  /** "TLS_CHACHA20_POLY1305_SHA256", as IANA lists it. */
  Suite = 1,
  /** "x25519". */
  Group = 2,
  /** The protocol agreed on, or nothing. */
  Protocol = 3,
  /** One byte: 1 for a session that was resumed. */
  Resumed = 4,
  /** Certificate `index` of the peer's chain as DER, its own first. */
  Certificate = 5,
  /** The trusted root that the chain ended in, as DER. */
  Root = 6,
}

/** The whole of what one connection is to be. */
export class TlsOptions {
  /** The other end is the client. */
  server: bool = false;
  /** Whom to talk to: a name, or an address in text. Empty for a server. */
  host: string = "";
  /** `curl -k`: whoever answers is taken. Nothing else sets it. */
  insecure: bool = false;
  /** Offer what HTTP/1.1 is called in ALPN (RFC 7301). */
  offerHttp: bool = false;
}

/** What `open` answers when no connection can be made. */
export const NO_HANDLE: i32 = -1;

export interface TlsEngine {
  /** Why there can be no TLS ("not enough entropy: ..."), or "". */
  obstacle(): string;
  /** A new connection's handle, or NO_HANDLE: there is no memory left. */
  open(options: TlsOptions): i32;
  /** Offers a session that `session` gave before. False: it is none, or too old. */
  resume(handle: i32, session: usize, length: u32): bool;
  /** Goes on by one bounded step. */
  step(handle: i32): TlsState;
  /** Takes up to `length` bytes that the peer sent; answers how many. */
  receive(handle: i32, source: usize, length: u32): u32;
  /** Moves up to `capacity` bytes that are for the peer to `destination`; answers how many. */
  transmit(handle: i32, destination: usize, capacity: u32): u32;
  /** Moves up to `capacity` bytes of plaintext to `destination`; answers how many. */
  read(handle: i32, destination: usize, capacity: u32): u32;
  /** Takes up to `length` bytes of plaintext; answers how many: a record's worth or nothing. */
  write(handle: i32, source: usize, length: u32): u32;
  /** Ends the own direction: close_notify stands behind what was written. */
  close(handle: i32): void;
  /** Forgets the connection. */
  free(handle: i32): void;
  /** mbedTLS's number of what went wrong, 0 when nothing did. */
  error(handle: i32): i32;
  /** The alert that the peer sent, or -1. */
  alert(handle: i32): i32;
  /** What is wrong with the peer's certificate, a bit each (net/service/tls/verification.ts). */
  flags(handle: i32): u32;
  /** Copies up to `capacity` bytes; answers how many there are, 0 for none. */
  info(handle: i32, what: TlsInfo, index: u32, destination: usize, capacity: u32): u32;
  /** A session to resume that came since the last call: its length, or 0. */
  session(handle: i32, destination: usize, capacity: u32): u32;
  /** The time of day in words, and where it is from. */
  clock(): string;
}
