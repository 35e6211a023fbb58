/** What can go wrong with a socket that its user must be told (RFC 1122 section 4.2.3.9). */

export const enum SocketError {
  None = 0,
  /** The peer's host answered that nobody listens. */
  Refused,
  /** The peer ended the connection abruptly. */
  Reset,
  TimedOut,
  /** No route, or a router answered that the destination cannot be reached. */
  Unreachable,
  /** The own address that the socket used is gone. */
  AddressGone,
  /** A table or the memory is full. */
  NoResources,
}

/** In the order of `SocketError`, in the words of Linux's strerror(3) where it has them. */
export const SOCKET_ERROR_WORDS: StaticArray<string> = [
  "Success",
  "Connection refused",
  "Connection reset by peer",
  "Connection timed out",
  "No route to host",
  "Cannot assign requested address",
  "No buffer space available",
];
