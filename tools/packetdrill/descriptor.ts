/** What system calls work on and what they return. */
import type { Completions } from "./zero-copy.ts";

/** What a call returned: a number, and the name of an error if it is -1. */
export interface Outcome {
  value: number;
  error?: string;
}

/** An open socket. */
export interface Descriptor {
  socket: number;
  nonblocking: boolean;
  /** Whether accept(2) has returned it. */
  accepted: boolean;
  /** Whether connect(2) has been called. */
  connecting: boolean;
  /** Whether the error of the connection has been reported to the user. */
  told: boolean;
  /** The bytes that a blocking call has written, until the handshake is over. */
  opening?: number;
  /** Bytes written that did not fit into the kernel's buffer, which Linux would have enlarged. */
  backlog: number;
  /** Bytes that the kernel has taken, and bytes that were read. */
  written: number;
  taken: number;
  /** How often the kernel took less than a call wrote. */
  full: number;
  /** Whether shutdown(2) has ended writing. */
  shut: boolean;
  /** What to do once the backlog is written. */
  afterwards?: "shutdown" | "close";
  /** close(2) resets (SO_LINGER with a time of 0). */
  resets: boolean;
  /** Whether the script has set the size of a buffer. */
  sized: boolean;
  /** TCP_INQ: recvmsg(2) returns how much is left to read. */
  tellsRest: boolean;
  /** The error queue, with SO_ZEROCOPY. */
  completions?: Completions;
}
