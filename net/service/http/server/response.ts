/** Responses (RFC 9110 section 15): made by a handler, written by the server. */
import { HTTP_RESPONSE_HEAD_BYTES } from "../../../../core/limits";
import { writeAscii, writeDecimal } from "../../../../core/text";
import { BodySource, BytesSource } from "../message/body";
import { isFieldValue, isToken } from "../message/grammar";

/** Bytes reserved for the status line and the fields that the server writes itself. */
const OWN_FIELDS: u32 = 512;

/** One response; the server adds the fields that frame it. */
export class HttpResponse {
  /** The body; null if empty. */
  body: BodySource | null = null;
  contentType: string = "text/plain; charset=utf-8";
  /** Whether the connection is closed after this response. */
  closes: bool = false;
  /** Whether the body is announced but not sent, as in a response to HEAD. */
  headOnly: bool = false;
  /** The fields added by `addField`, each with its line end. */
  private fields: string = "";

  constructor(readonly status: u32) {}

  /** Returns a response with a body of UTF-8 text. */
  static ofText(status: u32, text: string): HttpResponse {
    const response = new HttpResponse(status);
    response.body = BytesSource.ofText(text);
    return response;
  }

  /** Returns a response whose body is the status and its reason phrase. */
  static ofStatus(status: u32): HttpResponse {
    return HttpResponse.ofText(status, `${status} ${reasonOf(status)}\n`);
  }

  /** Adds a field. Returns false if it is invalid or does not fit. */
  addField(name: string, value: string): bool {
    const length: u32 = this.fields.length + name.length + value.length + 4;
    if (!isToken(name) || !isFieldValue(value)) return false;
    if (length > HTTP_RESPONSE_HEAD_BYTES - OWN_FIELDS) return false;
    this.fields += `${name}: ${value}\r\n`;
    return true;
  }

  /** Whether the status allows no content (RFC 9110 sections 15.2, 15.3.5 and 15.4.5). */
  private get bare(): bool {
    return this.status < 200 || this.status == 204 || this.status == 304;
  }

  /** Returns what is sent after the head. */
  content(): BodySource | null {
    return this.headOnly || this.bare ? (null as BodySource | null) : this.body;
  }

  /** Returns the length of the body in bytes. */
  length(): u64 {
    const body = this.body;
    return body == null ? 0 : body.length();
  }

  /** Writes the head, at most HTTP_RESPONSE_HEAD_BYTES. Returns its length. */
  writeHead(destination: usize, server: string, minorVersion: u32): u32 {
    let at = destination;
    at += writeAscii(at, "HTTP/1.1 ");
    at += writeDecimal(at, this.status);
    at += writeAscii(at, " ");
    at += writeAscii(at, reasonOf(this.status));
    at += writeAscii(at, "\r\nServer: ");
    at += writeAscii(at, server);
    if (!this.bare) {
      at += writeAscii(at, "\r\nContent-Type: ");
      at += writeAscii(at, this.contentType);
      at += writeAscii(at, "\r\nContent-Length: ");
      at += writeDecimal(at, this.length());
    }
    if (this.closes) at += writeAscii(at, "\r\nConnection: close");
    else if (minorVersion == 0) at += writeAscii(at, "\r\nConnection: keep-alive");
    at += writeAscii(at, "\r\n");
    at += writeAscii(at, this.fields);
    at += writeAscii(at, "\r\n");
    return (at - destination) as u32;
  }
}

/** Returns the reason phrase of a status that the server uses; else "". */
export function reasonOf(status: u32): string {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}
