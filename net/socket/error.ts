/** The errors of a socket that are reported to its user (RFC 1122 section 4.2.3.9). */

export const enum SocketError {
  None = 0,
  /** The peer's host answered that no socket listens on the port. */
  Refused,
  /** The peer ended the connection abruptly. */
  Reset,
  TimedOut,
  /** The next hop does not answer, a router could not deliver a packet, or the route says so. */
  Unreachable,
  /** The local address that the socket used was removed. */
  AddressGone,
  /** A table is full, or there is not enough memory. */
  NoResources,
  /** There is no route, the address cannot be a host's, or the port is invalid. */
  NetworkUnreachable,
  /** The route to the destination is a black hole. */
  InvalidArgument,
  /** The route to the destination is prohibited. */
  Denied,
}

/** Messages in the order of `SocketError`, in the words of Linux's strerror(3). */
export const SOCKET_ERROR_WORDS: StaticArray<string> = [
  "Success",
  "Connection refused",
  "Connection reset by peer",
  "Connection timed out",
  "No route to host",
  "Cannot assign requested address",
  "No buffer space available",
  "Network is unreachable",
  "Invalid argument",
  "Permission denied",
];
