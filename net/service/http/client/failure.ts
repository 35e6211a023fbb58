/** Why an HTTP exchange failed; the values are curl's exit codes. */
import { StreamFailure } from "../../stream/stream";

export const enum HttpFailure {
  None = 0,
  /** A scheme other than http and https, or a response without a valid HTTP/1 status line. */
  Unsupported = 1,
  Url = 3,
  /** The proxy's name could not be resolved, or the proxy is invalid. */
  ResolveProxy = 5,
  /** The host's name could not be resolved. */
  Resolve = 6,
  Connect = 7,
  /** The head of the response is malformed ("Weird server reply"). */
  Malformed = 8,
  /** The connection ended within the head or the body of the response. */
  Incomplete = 18,
  /** The sink refused the body. */
  Sink = 23,
  TimedOut = 28,
  /** The TLS handshake failed. */
  Handshake = 35,
  Cancelled = 42,
  /** The request is invalid (a bad method or field), or there are too many at once. */
  Request = 43,
  TooManyRedirects = 47,
  /** The server closed the connection without a response. */
  Empty = 52,
  Receive = 56,
  Certificate = 60,
  /** An unsupported transfer or content coding, or content that cannot be decoded. */
  Coding = 61,
  /** The body exceeds its limit, or its length does not fit into 63 bits. */
  TooLarge = 63,
  /** The stapled OCSP response was rejected. */
  CertificateStatus = 91,
  /** The head of the response exceeds its limits. */
  HeadTooLarge = 100,
}

/** curl's message for a server that has fallen silent. */
export const TOO_SLOW: string =
  "Operation too slow. Less than 1 bytes/sec transferred the last 120 seconds";

/** curl's message for a server that accepts a connection but never completes the handshake. */
export const TLS_TIMEOUT: string = "SSL connection timeout";

/** Returns the message for a connection that ended within the body or the head. */
export function truncationMessage(inBody: bool): string {
  if (inBody) return "transfer closed with outstanding read data remaining";
  return "connection closed within the response header";
}

/** Returns the failure of an exchange whose stream could not be opened. */
export function connectFailure(kind: StreamFailure): HttpFailure {
  if (kind == StreamFailure.TimedOut) return HttpFailure.TimedOut;
  if (kind == StreamFailure.Certificate) return HttpFailure.Certificate;
  if (kind == StreamFailure.CertificateStatus) return HttpFailure.CertificateStatus;
  const secure = kind == StreamFailure.Protocol || kind == StreamFailure.Session;
  return secure ? HttpFailure.Handshake : HttpFailure.Connect;
}

/** Returns the failure of an exchange whose open stream failed. */
export function transferFailure(kind: StreamFailure): HttpFailure {
  return kind == StreamFailure.TimedOut ? HttpFailure.TimedOut : HttpFailure.Receive;
}
