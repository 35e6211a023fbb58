/**
 * Parses the head of an HTTP/1 message, which may arrive in pieces of any size (RFC 9112 sections 2
 * to 5).
 *
 * Lines end in CR LF or LF. Other CRs, NULs and control characters are errors, as are blanks before
 * a colon and lines without one. Folded lines are accepted in responses only. Nothing may precede a
 * status line; up to HTTP_BLANK_LINES empty lines may precede a request line (section 2.2).
 */
import { HTTP_BLANK_LINES } from "../../../../core/limits";
import { CR, isDigit, LF, SPACE } from "../../../../core/text";
import { isBlank, isFieldCharacter, isTokenCharacter } from "./grammar";
import { HttpHead } from "./head";

/** "HTTP/1.", the case-sensitive start of every supported version. */
const PREFIX: string = "HTTP/1.";
/** curl's messages for malformed status lines. */
const NOT_HTTP: string = "Received HTTP/0.9 when not allowed";
const OTHER_VERSION: string = "Unsupported HTTP version in response";
const BAD_STATUS: string = "Unsupported response code in HTTP response";

export const enum HeadState {
  StartLine = 0,
  Fields = 1,
  Done = 2,
  Failed = 3,
}

export const enum HeadFailure {
  None = 0,
  /** A response without a valid HTTP/1 status line. */
  NotHttp = 1,
  Malformed = 2,
  /** A request of another major version. */
  Version = 3,
  /** The head exceeds its limits. */
  TooLarge = 4,
}

/** Parses into `head`. Call `reset` before each message but the first. */
export class HeadParser {
  state: HeadState = HeadState.StartLine;
  failure: HeadFailure = HeadFailure.None;
  /** Why parsing failed. */
  message: string = "";
  /** The offset of the current line in the head's bytes. */
  private lineStart: u32 = 0;
  private blankLines: u32 = 0;

  constructor(
    readonly head: HttpHead,
    private isRequest: bool,
  ) {}

  /** Prepares for the next message. */
  reset(): void {
    this.head.clear();
    this.state = HeadState.StartLine;
    this.failure = HeadFailure.None;
    this.message = "";
    this.lineStart = 0;
    this.blankLines = 0;
  }

  /** Parses more bytes, up to the head's end or a fault. Returns how many it consumed. */
  feed(pointer: usize, length: u32): u32 {
    let at: u32 = 0;
    while (at < length && this.state < HeadState.Done) {
      let end = at;
      while (end < length && load<u8>(pointer + end) != LF) end++;
      const whole = end < length;
      if (whole) end++;
      if (!this.startsLikeHttp(pointer + at, end - at)) return at;
      if (!this.head.append(pointer + at, end - at)) {
        this.fail(HeadFailure.TooLarge, "Too large response headers");
        return at;
      }
      at = end;
      if (whole) this.line();
    }
    return at;
  }

  /** Fails and returns false as soon as a start line cannot be HTTP/1. */
  private startsLikeHttp(pointer: usize, length: u32): bool {
    if (this.state != HeadState.StartLine) return true;
    if (this.isRequest) return this.startsLikeRequest(load<u8>(pointer));
    let at = this.head.length - this.lineStart;
    for (let i: u32 = 0; i < length && at < (PREFIX.length as u32); i++, at++) {
      if ((load<u8>(pointer + i) as i32) == PREFIX.charCodeAt(at)) continue;
      const isHttp = at > (PREFIX.indexOf("/") as u32);
      return this.fail(HeadFailure.NotHttp, isHttp ? OTHER_VERSION : NOT_HTTP);
    }
    return true;
  }

  /** Rejects binary protocols such as TLS at once, because their first line may never end. */
  private startsLikeRequest(c: u32): bool {
    const first = this.head.length == this.lineStart;
    return !first || isTokenCharacter(c) || c == CR || c == LF || this.badRequestLine();
  }

  private fail(failure: HeadFailure, message: string): bool {
    this.state = HeadState.Failed;
    this.failure = failure;
    this.message = message;
    return false;
  }

  /** Parses the line that has just been completed. */
  private line(): void {
    const start = this.lineStart;
    let end = this.head.length - 1;
    if (end > start && load<u8>(this.head.pointer(end - 1)) == CR) end--;
    this.lineStart = this.head.length;
    if (this.state == HeadState.StartLine) {
      if (!this.isRequest) this.statusLine(start, end);
      else if (end == start) this.blankLine();
      else this.requestLine(start, end);
    } else if (end == start) {
      this.state = HeadState.Done;
    } else if (isBlank(load<u8>(this.head.pointer(start)))) {
      this.foldedLine(start, end);
    } else {
      this.fieldLine(start, end);
    }
  }

  private blankLine(): void {
    this.blankLines++;
    this.head.clear();
    this.lineStart = 0;
    if (this.blankLines > HTTP_BLANK_LINES) {
      this.fail(HeadFailure.Malformed, "empty lines before the request");
    }
  }

  private byte(offset: u32): u32 {
    return load<u8>(this.head.pointer(offset));
  }

  /** Parses HTTP/1.y SP 3DIGIT [ SP reason ] (section 4); the prefix has been checked. */
  private statusLine(start: u32, end: u32): bool {
    const code = start + (PREFIX.length as u32) + 2;
    let valid: bool =
      end >= code + 3 && isDigit(this.byte(code - 2)) && this.byte(code - 1) == SPACE;
    for (let i = code; valid && i < code + 3; i++) valid = isDigit(this.byte(i));
    if (valid && end > code + 3) valid = this.byte(code + 3) == SPACE;
    for (let i = code + 3; valid && i < end; i++) valid = isFieldCharacter(this.byte(i));
    if (!valid) return this.badStatusLine(start, end);
    const head = this.head;
    head.minorVersion = this.byte(code - 2) - 0x30;
    head.status = this.byte(code) * 100 + this.byte(code + 1) * 10 + this.byte(code + 2) - 5328;
    if (head.status < 100) return this.fail(HeadFailure.NotHttp, BAD_STATUS);
    head.reasonStart = end > code + 3 ? code + 4 : end;
    head.reasonLength = end - head.reasonStart;
    this.state = HeadState.Fields;
    return true;
  }

  private badStatusLine(start: u32, end: u32): bool {
    for (let i = start; i < end; i++) {
      if (!isFieldCharacter(this.byte(i))) {
        return this.fail(HeadFailure.Malformed, "control character in the status line");
      }
    }
    const code = start + (PREFIX.length as u32) + 2;
    const number = end > code && isDigit(this.byte(code - 2)) && isDigit(this.byte(code));
    return this.fail(HeadFailure.NotHttp, number ? BAD_STATUS : OTHER_VERSION);
  }

  /** Parses method SP target SP HTTP/1.y (section 3). */
  private requestLine(start: u32, end: u32): bool {
    let at = start;
    while (at < end && isTokenCharacter(this.byte(at))) at++;
    const methodEnd = at;
    if (at == start || at >= end || this.byte(at) != SPACE) return this.badRequestLine();
    const target = ++at;
    while (at < end && this.byte(at) > SPACE && this.byte(at) < 0x7f) at++;
    const targetEnd = at;
    if (at == target || at >= end || this.byte(at) != SPACE) return this.badRequestLine();
    at++;
    if (end - at != (PREFIX.length as u32) + 1) return this.badRequestLine();
    for (let i: u32 = 0; i < (PREFIX.length as u32); i++) {
      // Index 5 is the major version.
      const otherVersion = i == 5 && isDigit(this.byte(at + i));
      if (this.byte(at + i) == (PREFIX.charCodeAt(i) as u32)) continue;
      if (!otherVersion) return this.badRequestLine();
      return this.fail(HeadFailure.Version, "HTTP version not supported");
    }
    if (!isDigit(this.byte(end - 1))) return this.badRequestLine();
    const head = this.head;
    head.minorVersion = this.byte(end - 1) - 0x30;
    head.methodLength = methodEnd - start;
    head.targetStart = target;
    head.targetLength = targetEnd - target;
    this.state = HeadState.Fields;
    return true;
  }

  private badRequestLine(): bool {
    return this.fail(HeadFailure.Malformed, "malformed request line");
  }

  /** Parses name ":" OWS value OWS (section 5). */
  private fieldLine(start: u32, end: u32): bool {
    let at = start;
    while (at < end && isTokenCharacter(this.byte(at))) at++;
    if (at == start || at == end || this.byte(at) != 0x3a) {
      return this.fail(HeadFailure.Malformed, "malformed header field");
    }
    const nameLength = at - start;
    at++;
    while (at < end && isBlank(this.byte(at))) at++;
    const valueEnd = this.valueEnd(at, end);
    if (valueEnd < at) return false;
    if (this.head.addField(start, nameLength, at, valueEnd - at)) return true;
    return this.fail(HeadFailure.TooLarge, "Too many response headers");
  }

  /** Returns the end of the value at `start`, without trailing blanks. If invalid, returns 0. */
  private valueEnd(start: u32, end: u32): u32 {
    const first = this.head.pointer(0);
    for (let i = start; i < end; i++) {
      if (!isFieldCharacter(load<u8>(first + i))) {
        this.fail(HeadFailure.Malformed, "control character in a header field");
        return 0;
      }
    }
    let last = end;
    while (last > start && isBlank(load<u8>(first + last - 1))) last--;
    return last;
  }

  /** Parses obs-fold (section 5.2): extends the previous value; blanks replace the line end. */
  private foldedLine(start: u32, end: u32): bool {
    const head = this.head;
    if (head.fieldCount == 0) return this.fail(HeadFailure.Malformed, "blank before a field");
    if (this.isRequest) return this.fail(HeadFailure.Malformed, "folded header line");
    let at = start;
    while (at < end && isBlank(this.byte(at))) at++;
    const valueEnd = this.valueEnd(at, end);
    if (valueEnd < at) return false;
    if (valueEnd == at) return true;
    const field = head.fieldCount - 1;
    const before = head.valueStart(field) + head.valueLength(field);
    memory.fill(head.pointer(before), SPACE as u8, at - before);
    const valueStart = head.valueLength(field) == 0 ? at : head.valueStart(field);
    head.setLastValue(valueStart, valueEnd - valueStart);
    return true;
  }
}
