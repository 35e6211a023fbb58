/** The interface between the HTTP server and its request handlers. */
import { equalsIgnoringCase, equalsText, latin1 } from "../../../../core/text";
import { BodySink } from "../message/body";
import { HttpHead } from "../message/head";
import { isAuthority } from "./authority";
import { HttpResponse } from "./response";

/** A request with a valid head. Must not be used after the handler has returned. */
export class IncomingRequest {
  /** Bytes of body received; final once `handle` is called. */
  bodyBytes: u64 = 0;
  private pathStart: u32 = 0;
  private pathLength: u32 = 0;

  constructor(readonly head: HttpHead) {}

  /**
   * Finds the path in the target, which is in origin form, in absolute form, or "*" for OPTIONS
   * (RFC 9112 section 3.2). Returns false for any other form.
   */
  readTarget(): bool {
    this.bodyBytes = 0;
    const head = this.head;
    const target = head.pointer(head.targetStart);
    const length = head.targetLength;
    let start: u32 = 0;
    const scheme = absoluteScheme(target, length);
    if (scheme > 0) {
      start = scheme;
      while (start < length && !endsAuthority(load<u8>(target + start))) start++;
      if (!isAuthority(target + scheme, start - scheme)) return false;
    } else if (equalsText(target, length, "*")) {
      if (!this.isMethod("OPTIONS")) return false;
    } else if (load<u8>(target) != 0x2f) {
      return false;
    }
    let end = start;
    while (end < length && load<u8>(target + end) != 0x3f) end++;
    this.pathStart = head.targetStart + start;
    this.pathLength = end - start;
    return true;
  }

  /** Reports whether the method is `method`; case matters. */
  isMethod(method: string): bool {
    return equalsText(this.head.pointer(0), this.head.methodLength, method);
  }
  /** Reports whether the path as sent, without the query, is `path`; an empty one is "/". */
  pathIs(path: string): bool {
    if (this.pathLength == 0) return path == "/";
    return equalsText(this.head.pointer(this.pathStart), this.pathLength, path);
  }
  /** Returns the path as sent, without the query. */
  path(): string {
    if (this.pathLength == 0) return "/";
    return latin1(this.head.pointer(this.pathStart), this.pathLength);
  }
}

/** Returns the length of `http://` or `https://`, which are case-insensitive, or 0. */
function absoluteScheme(target: usize, length: u32): u32 {
  if (length > 7 && equalsIgnoringCase(target, 7, "http://")) return 7;
  return length > 8 && equalsIgnoringCase(target, 8, "https://") ? 8 : 0;
}

/** Reports whether a character ends the authority; "#" does not, as a target has no fragment. */
function endsAuthority(c: u32): bool {
  return c == 0x2f || c == 0x3f;
}

/** Handles the requests of a server. */
export interface HttpHandler {
  /** Returns the sink for the request's body, or null to discard the body. */
  body(request: IncomingRequest): BodySink | null;
  /** Returns the response to a complete request. Must not block. */
  handle(request: IncomingRequest): HttpResponse;
}
