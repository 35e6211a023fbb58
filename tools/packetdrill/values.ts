/** The values of scripts as system calls take them: numbers, names, flags and structs. */
import type { Value } from "./script.ts";

/** Values of errno (asm-generic/errno.h), and the kernel's words for them. */
export const errors: Record<string, [number: number, words: string]> = {
  EAGAIN: [11, "Resource temporarily unavailable"],
  EINVAL: [22, "Invalid argument"],
  EFAULT: [14, "Bad address"],
  ENOENT: [2, "No such file or directory"],
  EPIPE: [32, "Broken pipe"],
  EBADF: [9, "Bad file descriptor"],
  EOPNOTSUPP: [95, "Operation not supported"],
  EADDRINUSE: [98, "Address already in use"],
  EADDRNOTAVAIL: [99, "Cannot assign requested address"],
  ENETUNREACH: [101, "Network is unreachable"],
  ECONNRESET: [104, "Connection reset by peer"],
  ENOBUFS: [105, "No buffer space available"],
  EISCONN: [106, "Transport endpoint is already connected"],
  ENOTCONN: [107, "Transport endpoint is not connected"],
  ETIMEDOUT: [110, "Connection timed out"],
  ECONNREFUSED: [111, "Connection refused"],
  EHOSTUNREACH: [113, "No route to host"],
  EALREADY: [114, "Operation already in progress"],
  EINPROGRESS: [115, "Operation now in progress"],
};

/** The options of sockets in the order of `SocketOption` (net/service/socket-option.ts). */
export const socketOptions = [
  ...["IP_TOS", "IP_TTL", "", "SO_KEEPALIVE", "", "SO_MARK"],
  ...["SO_MAX_PACING_RATE", "SO_RCVBUF", "SO_REUSEADDR", "SO_SNDBUF"],
  ...["TCP_CONGESTION", "TCP_DEFER_ACCEPT", "TCP_FASTOPEN", "TCP_FASTOPEN_CONNECT"],
  ...["TCP_KEEPCNT", "TCP_KEEPIDLE", "TCP_KEEPINTVL"],
  ...["TCP_LINGER2", "TCP_MAXSEG", "TCP_NODELAY", "TCP_NOTSENT_LOWAT", "TCP_QUICKACK"],
  ...["TCP_SYNCNT", "TCP_USER_TIMEOUT"],
];
/** In the order of `CongestionAlgorithm`. */
export const congestionNames = ["cubic", "reno"];

export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 16;
export const POLLRDHUP = 0x2000;
const pollBits: Record<string, number> = { POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDHUP };

/** Returns the names of flags; none if `value` is something else. */
export function names(value: Value | undefined): string[] {
  return value?.kind === "names" ? value.names : [];
}

/** Returns the first name, or a number in decimal; "..." for anything else. */
export function nameOf(value: Value | undefined): string {
  return names(value)[0] ?? (value?.kind === "number" ? String(value.number) : "...");
}

/** Returns a number, or the number of an error given by name; 0 for anything else. */
export function numberOf(value: Value | undefined): number {
  if (value?.kind === "number") return value.number;
  const named = value?.kind === "names" ? errors[value.names[0]] : undefined;
  return named?.[0] ?? 0;
}

/** Returns the first number of a list. */
export function firstOf(value: Value | undefined): number {
  return numberOf(value?.kind === "list" ? value.items[0] : value);
}

/** Returns the bytes of all buffers of an iovec. */
export function total(value: Value): number {
  const items = value.kind === "list" ? value.items : [];
  return items.reduce((sum, item) => {
    const fields = item.kind === "struct" ? Object.values(item.fields) : [];
    return sum + numberOf(fields.at(-1));
  }, 0);
}

/** Returns the fields of a struct; none if it is something else. */
export function structOf(value: Value | undefined): Record<string, Value> {
  return value?.kind === "struct" ? value.fields : {};
}

/** Reports whether a `struct linger` is on with a time of 0. */
export function resetsOnClose(value: Value): boolean {
  const found = value.kind === "list" ? value.items[0] : value;
  if (found?.kind !== "struct") return false;
  const { onoff, l_onoff, linger, l_linger } = found.fields;
  return numberOf(onoff ?? l_onoff) !== 0 && numberOf(linger ?? l_linger) === 0;
}

/** Returns the bits of poll(2) that `value` names. */
export function bitsOf(value: Value): number {
  return names(value).reduce((bits, name) => bits | (pollBits[name] ?? 0), 0);
}

/** Returns the names of bits of poll(2), joined by "|"; "0" for none. */
export function pollText(bits: number): string {
  const found = Object.keys(pollBits).filter((name) => (bits & pollBits[name]) !== 0);
  return found.join("|") || "0";
}
