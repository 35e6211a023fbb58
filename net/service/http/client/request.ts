/** A request of the HTTP client (RFC 9110 sections 6 to 10), validated as it is built. */
import { HTTP_REDIRECTS } from "../../../../core/limits";
import { BodySink, BodySource, CountingSink } from "../message/body";
import { ACCEPTED_CODINGS } from "../message/content-decoder";
import { isFieldValue, isToken } from "../message/grammar";
import { parseUrl, Url } from "../url";
import { CookieJar } from "./cookies";
import { basicCredential } from "./credentials";
import { HttpProxy } from "./proxy";
import { HttpRoute, RouteSettings } from "./route";
import { HttpWatcher } from "./watcher";

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
  /** The value of a Content-Length field that was added, or "". */
  private declaredLength: string = "";
  /** Lower-case names of default fields that are not sent. */
  private readonly omitted: Array<string> = [];
  body: BodySource | null = null;
  /** Receives the response's body. The default sink counts and discards it. */
  sink: BodySink = new CountingSink();
  /** Whether to accept the content codings gzip and deflate, and to decode them. */
  compressed: bool = false;
  /** Whether the response ends with its head, whatever the method (`curl -I -X GET`). */
  headOnly: bool = false;
  /**
   * Whether to open a new connection. If a reused one ends without a response, the request is sent
   * once more, even though the server may have received it.
   */
  fresh: bool = false;
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
  /** Keeps the cookies that servers set, and provides those to send; null for neither. */
  cookies: CookieJar | null = null;
  /** Cookies for the first origin, as `NAME=VALUE; NAME=VALUE`. */
  private ownCookies: string = "";
  /** The octet with the DS field of what is sent (RFC 2474). */
  trafficClass: u32 = 0;
  /** Whether a new connection sends its first data in the SYN (RFC 7413). */
  fastOpen: bool = false;
  /** How to reach the servers. */
  readonly route: RouteSettings = new RouteSettings();
  /** Observes the exchange, for `curl -v`. */
  watcher: HttpWatcher | null = null;
  /** Why the request is invalid; if not "", the client refuses it. */
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

  /** Adds a field. Returns false, and sets `error`, if it is invalid or Transfer-Encoding. */
  addField(name: string, value: string): bool {
    if (!isToken(name)) return this.refuse("expected a header name of letters, digits and hyphens");
    if (!isFieldValue(value)) {
      return this.refuse(`expected a value of printable ASCII for header ${name}`);
    }
    const lowerCaseName = name.toLowerCase();
    // Servers reject a request with two Host fields (RFC 9112 section 3.2); as with curl, the first
    // one counts.
    if (lowerCaseName == "host" && this.has("host")) return true;
    // With another length than declared, the server would misread the next request.
    if (lowerCaseName == "transfer-encoding") {
      return this.refuse(`header ${name} is set by the client: the body has a Content-Length`);
    }
    if (lowerCaseName == "content-length") this.declaredLength = value;
    else this.fields.push(new HttpField(name, value));
    return true;
  }

  /** Sends cookies to the first origin. Returns false, and sets `error`, if they are invalid. */
  setCookies(cookies: string): bool {
    this.ownCookies = cookies;
    return isFieldValue(cookies) || this.refuse(`cookies ${cookies}: invalid character`);
  }

  /** Returns the field Cookie of a request for `url`, with its line end, or "". */
  cookieLine(url: Url, sameOrigin: bool): string {
    const jar = this.cookies;
    let text = jar == null ? "" : jar.fieldFor(url);
    // As in curl, a Cookie field that was added replaces `ownCookies`, but not those of the jar.
    if (this.ownCookies != "" && sameOrigin && !this.has("cookie")) {
      text += (text == "" ? "" : "; ") + this.ownCookies;
    }
    return text == "" ? "" : `Cookie: ${text}\r\n`;
  }

  /** Suppresses a default field. Returns false, and sets `error`, for Content-Length. */
  omitField(name: string): bool {
    const lowerCaseName = name.toLowerCase();
    if (lowerCaseName == "content-length") return this.refuse(`header ${name} cannot be omitted`);
    this.omitted.push(lowerCaseName);
    return true;
  }

  /** Reports whether the request asks the server to close the connection. */
  closes(): bool {
    return this.valueOf("connection").toLowerCase().includes("close");
  }

  /** Returns the value of a field that was added, or "". */
  valueOf(lowerCaseName: string): string {
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i].name.toLowerCase() == lowerCaseName) return this.fields[i].value;
    }
    return "";
  }

  /** Sets `error` if an added Content-Length differs from the length of the body. */
  checkLength(): void {
    const body = this.body;
    const length = body == null ? 0 : body.length();
    const declared = this.declaredLength;
    if (declared == "" || declared == length.toString()) return;
    this.refuse(`header Content-Length: ${declared}: the body has ${length} bytes`);
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

  /**
   * Returns the head, empty line included. For a `proxy` without a tunnel, the target is the
   * absolute URL (RFC 9112 section 3.2.2).
   */
  text(method: string, url: Url, proxy: HttpProxy | null): string {
    const request = this.request;
    let text = `${method} ${proxy == null ? url.target : url.text()} HTTP/1.1\r\n`;
    if (!this.overrides("host")) text += `Host: ${url.authority()}\r\n`;
    if (proxy != null) text += this.proxyFields(proxy);
    if (!this.overrides("user-agent")) text += `User-Agent: ${this.userAgent}\r\n`;
    if (!this.overrides("accept")) text += "Accept: */*\r\n";
    if (request.compressed && !this.overrides("accept-encoding")) {
      text += `Accept-Encoding: ${ACCEPTED_CODINGS}\r\n`;
    }
    const userinfo = url.userinfo;
    if (userinfo != null && userinfo != "" && !this.overrides("authorization")) {
      text += `Authorization: ${basicCredential(userinfo)}\r\n`;
    }
    text += request.cookieLine(url, this.sameOrigin);
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

  /** Returns the head of the CONNECT request for a route; "" if it has no tunnel. */
  connectText(route: HttpRoute): string {
    const proxy = route.proxy;
    if (proxy == null || route.tunnel == "") return "";
    let text = `CONNECT ${route.tunnel} HTTP/1.1\r\nHost: ${route.tunnel}\r\n`;
    text += `User-Agent: ${this.userAgent}\r\n`;
    return text + this.proxyFields(proxy) + "\r\n";
  }

  private proxyFields(proxy: HttpProxy): string {
    const credential = proxy.credential;
    const field = credential == "" ? "" : `Proxy-Authorization: ${credential}\r\n`;
    // Old proxies keep the connection open only if asked to; curl sends this, too.
    return field + "Proxy-Connection: Keep-Alive\r\n";
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
