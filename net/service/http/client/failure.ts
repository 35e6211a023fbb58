/** Why an HTTP exchange failed; the values are curl's exit codes. */
import { StreamFailure } from "../../stream/stream";

export const enum HttpFailure {
  None = 0,
  /** A scheme other than http and https, or an answer that is not HTTP/1. */
  Unsupported = 1,
  Url = 3,
  /** The host's name could not be resolved. */
  Resolve = 6,
  Connect = 7,
  /** The head of the answer is not what HTTP allows. */
  Malformed = 8,
  /** The connection ended before the body did. */
  Incomplete = 18,
  /** The sink refused the body. */
  Sink = 23,
  TimedOut = 28,
  /** The TLS handshake failed. */
  Handshake = 35,
  Cancelled = 42,
  /** The request itself cannot be sent: a bad method or header. */
  Request = 43,
  TooManyRedirects = 47,
  /** The server closed without an answer. */
  Empty = 52,
  Receive = 56,
  Certificate = 60,
  /** The body is longer than its bound. */
  TooLarge = 63,
}

/** What a stream's failure while it was being opened means. */
export function connectFailure(kind: StreamFailure): HttpFailure {
  if (kind == StreamFailure.TimedOut) return HttpFailure.TimedOut;
  if (kind == StreamFailure.Certificate) return HttpFailure.Certificate;
  const secure = kind == StreamFailure.Protocol || kind == StreamFailure.Session;
  return secure ? HttpFailure.Handshake : HttpFailure.Connect;
}

/** What the failure of an open stream means. */
export function transferFailure(kind: StreamFailure): HttpFailure {
  return kind == StreamFailure.TimedOut ? HttpFailure.TimedOut : HttpFailure.Receive;
}
