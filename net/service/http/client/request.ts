/** A request of the HTTP client (RFC 9110 sections 6 to 10), validated as it is built. */
import { HTTP_REDIRECTS } from "../../../../core/limits";
import { BodySink, BodySource, CountingSink } from "../message/body";
import { isFieldValue, isToken } from "../message/grammar";
import { parseUrl, Url } from "../url";
import { basicCredential } from "./credentials";
import { HttpWatcher } from "./watcher";

/** Fields that frame a message or manage its connection; only the client sets them. */
const RESERVED: StaticArray<string> = [
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "upgrade",
  "expect",
  "proxy-connection",
];
/** Fields that are not sent to another origin. */
const PRIVATE: StaticArray<string> = ["authorization", "cookie", "proxy-authorization", "host"];

/** A header field to send or to omit. */
export class HttpField {
  constructor(
    readonly name: string,
    readonly value: string,
    /** Whether the field is not sent, not even with its default value. */
    readonly omitted: bool = false,
  ) {}

  isOneOf(names: StaticArray<string>): bool {
    return names.includes(this.name.toLowerCase());
  }
}

/** A request as the user describes it; `HttpClient.request` sends it. */
export class HttpRequest {
  method: string = "GET";
  url: Url;
  fields: Array<HttpField> = [];
  /** Lower-case names of default fields that are not sent. */
  private readonly omitted: Array<string> = [];
  body: BodySource | null = null;
  /** Receives the response's body. The default sink counts and discards it. */
  sink: BodySink = new CountingSink();
  followRedirects: bool = false;
  maximumRedirects: u32 = HTTP_REDIRECTS;
  /** The time limit to resolve the name and connect, in microseconds; 0: none. */
  connectTimeout: i64 = 0;
  /** The time limit of the whole exchange in microseconds; 0: none. */
  timeout: i64 = 0;
  /** Silence after which the peer is probed (`Stream.setKeepAlive`), in microseconds; 0: never. */
  keepAlive: i64 = 0;
  /** The maximum length of the response's body, beyond which the exchange fails; 0: no limit. */
  maximumBody: u64 = 0;
  /** Observes the exchange, for `curl -v`. */
  watcher: HttpWatcher | null = null;
  /** Says which setting is invalid; if not "", the client refuses the request. */
  error: string = "";

  constructor(url: string) {
    this.url = parseUrl(url, "http");
  }

  /** Sets the method. Returns false, and sets `error`, if it is invalid or CONNECT. */
  setMethod(method: string): bool {
    this.method = method;
    if (isToken(method) && method.length <= 32 && method != "CONNECT") return true;
    return this.refuse("expected a method such as GET, POST or PUT (not CONNECT)");
  }

  /** Passes a field to `omitField` if it is `omitted`, else to `addField`; returns their result. */
  setField(field: HttpField): bool {
    if (field.omitted) return this.omitField(field.name);
    return this.addField(field.name, field.value);
  }

  /** Adds a field. Returns false, and sets `error`, if it is invalid, reserved or a second Host. */
  addField(name: string, value: string): bool {
    if (!isToken(name)) return this.refuse("expected a header name of letters, digits and hyphens");
    if (!isFieldValue(value)) {
      return this.refuse(`expected a value of printable ASCII for header ${name}`);
    }
    const field = new HttpField(name, value);
    if (field.isOneOf(RESERVED)) return this.refuse(`header ${name} is set by the client`);
    // Servers reject a request with two Host fields (RFC 9112 section 3.2).
    if (name.toLowerCase() == "host" && this.has("host"))
      return this.refuse("more than one Host header");
    this.fields.push(field);
    return true;
  }

  /** Suppresses a default field. Returns false, and sets `error`, for Content-Length. */
  omitField(name: string): bool {
    const lowerCaseName = name.toLowerCase();
    if (lowerCaseName == "content-length") return this.refuse(`header ${name} cannot be omitted`);
    this.omitted.push(lowerCaseName);
    return true;
  }

  private refuse(error: string): bool {
    if (this.error == "") this.error = error;
    return false;
  }

  /** Reports whether a default field is suppressed. */
  omits(lowerCaseName: string): bool {
    return this.omitted.includes(lowerCaseName);
  }

  /** Reports whether a field was added or suppressed. */
  has(lowerCaseName: string): bool {
    if (this.omits(lowerCaseName)) return true;
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i].name.toLowerCase() == lowerCaseName) return true;
    }
    return false;
  }
}

/** Writes a request's head for each hop: a redirect can change method, URL, origin and body. */
export class HopHead {
  /** False after the first redirect to another origin. */
  sameOrigin: bool = true;
  withBody: bool = true;

  constructor(
    private request: HttpRequest,
    private userAgent: string,
  ) {}

  /** Returns the head, empty line included. */
  text(method: string, url: Url): string {
    const request = this.request;
    let text = `${method} ${url.target} HTTP/1.1\r\n`;
    if (!this.overrides("host")) text += `Host: ${url.authority()}\r\n`;
    if (!this.overrides("user-agent")) text += `User-Agent: ${this.userAgent}\r\n`;
    if (!this.overrides("accept")) text += "Accept: */*\r\n";
    const userinfo = url.userinfo;
    if (userinfo != null && userinfo != "" && !this.overrides("authorization")) {
      text += `Authorization: ${basicCredential(userinfo)}\r\n`;
    }
    for (let i = 0; i < request.fields.length; i++) {
      const field = request.fields[i];
      if (!this.isSent(field)) continue;
      text += `${field.name}: ${field.value}\r\n`;
    }
    const body = this.withBody ? request.body : null;
    if (body != null) text += `Content-Length: ${body.length()}\r\n`;
    else if (method == "POST" || method == "PUT") text += "Content-Length: 0\r\n";
    return text + "\r\n";
  }

  private isSent(field: HttpField): bool {
    if (!this.sameOrigin && field.isOneOf(PRIVATE)) return false;
    return this.withBody || !field.name.toLowerCase().startsWith("content-");
  }

  /** Reports whether the request overrides a default field. */
  private overrides(lowerCaseName: string): bool {
    if (this.request.omits(lowerCaseName)) return true;
    for (let i = 0; i < this.request.fields.length; i++) {
      const field = this.request.fields[i];
      if (field.name.toLowerCase() == lowerCaseName) return this.isSent(field);
    }
    return false;
  }
}
