/**
 * Where the body of a message ends, and whether its connection can go on afterwards
 * (RFC 9112 sections 6.3 and 9.3). What two readers could understand in two ways is refused.
 */
import { equalsIgnoringCase, NOT_A_NUMBER, parseDecimal } from "../../../../core/text";
import { HttpHead, ListItems } from "./head";

export const enum BodyKind {
  /** There is none. */
  None = 0,
  /** `length` bytes. */
  Length = 1,
  Chunked = 2,
  /** All that comes until the peer closes (responses only). */
  UntilClose = 3,
}

export class Framing {
  kind: BodyKind = BodyKind.None;
  length: u64 = 0;
  /** The connection may carry another message behind this one. */
  persistent: bool = false;
  /** "" or why the framing is refused. */
  error: string = "";
  /** It is refused for a transfer coding that is not known here. */
  unknownCoding: bool = false;

  /** Of a response to a request whose method was HEAD or not. */
  readResponse(head: HttpHead, toHead: bool): bool {
    if (!this.readFields(head)) return false;
    const status = head.status;
    if (toHead || status < 200 || status == 204 || status == 304) {
      // A body that was announced and may come all the same must not meet the next response.
      if (this.kind == BodyKind.Chunked || this.length > 0) this.persistent = false;
      this.setKind(BodyKind.None);
    } else if (this.kind == BodyKind.None) {
      this.setKind(BodyKind.UntilClose);
      this.persistent = false;
    }
    return true;
  }

  /** Of a request: without a length there is no body. */
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

  /** Transfer-Encoding, Content-Length and Connection. Kind None: neither of the first two. */
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
      // Where Content-Length is there too, chunked counts, and this is the last message.
      if (head.find("content-length") >= 0) this.persistent = false;
      return true;
    }
    return this.readLength(head);
  }

  /** All numbers of all Content-Length fields must be the same (RFC 9110 section 8.6). */
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

/** True when the one transfer coding is `chunked`, without parameters. */
function isChunkedAlone(head: HttpHead): bool {
  const field = head.find("transfer-encoding");
  if (head.find("transfer-encoding", field + 1) >= 0) return false;
  return equalsIgnoringCase(head.valuePointer(field), head.valueLength(field), "chunked");
}
