/**
 * Determines where the body of a message ends, and whether its connection can be reused (RFC 9112
 * sections 6.3 and 9.3). Rejects framing that two parsers could interpret differently, or at least
 * does not reuse the connection.
 */
import { escapeBytes } from "../../../../core/escape";
import { equalsIgnoringCase, isDigit, NOT_A_NUMBER, parseDecimal } from "../../../../core/text";
import { HttpHead, ListItems } from "./head";

/** Bytes that an error message shows of an unknown transfer coding. */
const CODING_SHOWN: u32 = 64;

export const enum BodyKind {
  /** No body. */
  None = 0,
  /** `length` bytes. */
  Length = 1,
  Chunked = 2,
  /** Everything until the peer closes (responses only). */
  UntilClose = 3,
}

/** The framing of one message, set by `readResponse` or `readRequest`. */
export class Framing {
  kind: BodyKind = BodyKind.None;
  length: u64 = 0;
  /** Whether the connection can be used for another message. */
  persistent: bool = false;
  /** Why the framing is rejected, or "". */
  error: string = "";
  /** Whether the reason is an unsupported transfer coding. */
  unknownCoding: bool = false;
  /** Whether the reason is a length that does not fit into 63 bits. */
  lengthOverflow: bool = false;

  /** Reads a response's framing. `toHead` means that it answers HEAD. Returns false if rejected. */
  readResponse(head: HttpHead, toHead: bool): bool {
    if (!this.readFields(head)) return false;
    const status = head.status;
    if (toHead || status < 200 || status == 204 || status == 304) {
      // The server may send a body anyway, which must not be parsed as the next response.
      if (this.kind == BodyKind.Chunked || this.length > 0) this.persistent = false;
      this.setKind(BodyKind.None);
    } else if (this.kind == BodyKind.None) {
      this.setKind(BodyKind.UntilClose);
      this.persistent = false;
    }
    return true;
  }

  /** Reads a request's framing; by default, there is no body. Returns false if rejected. */
  readRequest(head: HttpHead): bool {
    if (!this.readFields(head)) return false;
    if (this.kind == BodyKind.Chunked && head.find("content-length") >= 0) {
      return this.refuse("both Transfer-Encoding and Content-Length");
    }
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

  /** Reads Connection, and Transfer-Encoding or Content-Length (`kind` is None without either). */
  private readFields(head: HttpHead): bool {
    this.setKind(BodyKind.None);
    this.error = "";
    this.unknownCoding = false;
    this.lengthOverflow = false;
    this.persistent =
      !head.hasToken("connection", "close") &&
      (head.minorVersion > 0 || head.hasToken("connection", "keep-alive"));
    if (head.find("transfer-encoding") >= 0) {
      if (head.minorVersion == 0) return this.refuse("Transfer-Encoding in HTTP/1.0");
      this.unknownCoding = !isChunkedAlone(head);
      if (this.unknownCoding) {
        const field = head.find("transfer-encoding");
        const length = min(head.valueLength(field), CODING_SHOWN);
        const coding = escapeBytes(head.valuePointer(field), length);
        return this.refuse(`Unsupported transfer encoding type '${coding}'`);
      }
      this.kind = BodyKind.Chunked;
      // Chunked overrides Content-Length, but then the connection is not used again.
      if (head.find("content-length") >= 0) this.persistent = false;
      return true;
    }
    return this.readLength(head);
  }

  /** Reads Content-Length; all values of all such fields must be equal (RFC 9110 section 8.6). */
  private readLength(head: HttpHead): bool {
    const name = "content-length";
    let length: i64 = NOT_A_NUMBER;
    for (let field = head.find(name); field >= 0; field = head.find(name, field + 1)) {
      const items = new ListItems(head.valuePointer(field), head.valueLength(field));
      while (items.next()) {
        const number = parseDecimal(items.pointer, items.length);
        if (number == NOT_A_NUMBER) return this.badLength(items.pointer, items.length);
        if (length != NOT_A_NUMBER && number != length) {
          return this.refuse("conflicting Content-Length values");
        }
        length = number;
      }
    }
    if (length == NOT_A_NUMBER) return true;
    this.kind = BodyKind.Length;
    this.length = length as u64;
    return true;
  }

  /** Rejects a length, with a separate error for a number that is only too large. */
  private badLength(pointer: usize, length: u32): bool {
    let digits: u32 = 0;
    while (digits < length && isDigit(load<u8>(pointer + digits))) digits++;
    this.lengthOverflow = digits == length && length > 0;
    return this.refuse(
      this.lengthOverflow ? "Maximum file size exceeded" : "Invalid Content-Length: value",
    );
  }
}

/** Reports whether the only transfer coding is `chunked`, without parameters. */
function isChunkedAlone(head: HttpHead): bool {
  const field = head.find("transfer-encoding");
  if (head.find("transfer-encoding", field + 1) >= 0) return false;
  return equalsIgnoringCase(head.valuePointer(field), head.valueLength(field), "chunked");
}
