/**
 * Where the body of a message ends, and whether its connection can be reused (RFC 9112 sections 6.3
 * and 9.3). Framing that two parsers could interpret differently is rejected.
 */
import { equalsIgnoringCase, NOT_A_NUMBER, parseDecimal } from "../../../../core/text";
import { HttpHead, ListItems } from "./head";

export const enum BodyKind {
  /** No body. */
  None = 0,
  /** `length` bytes. */
  Length = 1,
  Chunked = 2,
  /** Everything until the peer closes (responses only). */
  UntilClose = 3,
}

export class Framing {
  kind: BodyKind = BodyKind.None;
  length: u64 = 0;
  /** The connection can be used for another message. */
  persistent: bool = false;
  /** Why the framing is rejected, or "". */
  error: string = "";
  /** It is rejected for an unsupported transfer coding. */
  unknownCoding: bool = false;

  /** Determines the framing of a response to a request that was HEAD or not. */
  readResponse(head: HttpHead, toHead: bool): bool {
    if (!this.readFields(head)) return false;
    const status = head.status;
    if (toHead || status < 200 || status == 204 || status == 304) {
      // The body may be sent all the same: it must not be taken for the next response.
      if (this.kind == BodyKind.Chunked || this.length > 0) this.persistent = false;
      this.setKind(BodyKind.None);
    } else if (this.kind == BodyKind.None) {
      this.setKind(BodyKind.UntilClose);
      this.persistent = false;
    }
    return true;
  }

  /** Determines the framing of a request: without a length there is no body. */
  readRequest(head: HttpHead): bool {
    if (!this.readFields(head)) return false;
    if (this.kind == BodyKind.Chunked && head.find("content-length") >= 0) {
      return this.refuse("both Transfer-Encoding and Content-Length");
    }
    if (this.kind == BodyKind.None) this.setKind(BodyKind.Length);
    return true;
  }

  private setKind(kind: BodyKind): void {
    this.kind = kind;
    this.length = 0;
  }

  private refuse(error: string): bool {
    this.error = error;
    return false;
  }

  /** Reads Transfer-Encoding, Content-Length and Connection. Kind None: none of the first two. */
  private readFields(head: HttpHead): bool {
    this.setKind(BodyKind.None);
    this.error = "";
    this.unknownCoding = false;
    this.persistent =
      !head.hasToken("connection", "close") &&
      (head.minorVersion > 0 || head.hasToken("connection", "keep-alive"));
    if (head.find("transfer-encoding") >= 0) {
      if (head.minorVersion == 0) return this.refuse("Transfer-Encoding in HTTP/1.0");
      this.unknownCoding = !isChunkedAlone(head);
      if (this.unknownCoding) return this.refuse("unknown Transfer-Encoding");
      this.kind = BodyKind.Chunked;
      // With Content-Length as well, chunked prevails and this is the last message.
      if (head.find("content-length") >= 0) this.persistent = false;
      return true;
    }
    return this.readLength(head);
  }

  /** All values of all Content-Length fields must be equal (RFC 9110 section 8.6). */
  private readLength(head: HttpHead): bool {
    const name = "content-length";
    let length: i64 = NOT_A_NUMBER;
    for (let field = head.find(name); field >= 0; field = head.find(name, field + 1)) {
      const items = new ListItems(head.valuePointer(field), head.valueLength(field));
      while (items.next()) {
        const number = parseDecimal(items.pointer, items.length);
        if (number == NOT_A_NUMBER) return this.refuse("Content-Length is not a number");
        if (length != NOT_A_NUMBER && number != length) {
          return this.refuse("Content-Length says two different things");
        }
        length = number;
      }
    }
    if (length == NOT_A_NUMBER) return true;
    this.kind = BodyKind.Length;
    this.length = length as u64;
    return true;
  }
}

/** Reports whether the only transfer coding is `chunked`, without parameters. */
function isChunkedAlone(head: HttpHead): bool {
  const field = head.find("transfer-encoding");
  if (head.find("transfer-encoding", field + 1) >= 0) return false;
  return equalsIgnoringCase(head.valuePointer(field), head.valueLength(field), "chunked");
}
