/** Forward proxies (RFC 9110 section 7.6, RFC 9112 section 3.2.2), in the notation of curl. */
import { NOT_AN_ADDRESS } from "../../../wire/address";
import { parsePrefix } from "../../settings";
import { parseUrl, Url } from "../url";
import { basicCredential, plainCredential } from "./credentials";
import { HttpFailure } from "./failure";

/** curl's default port of a proxy. */
const DEFAULT_PORT: u32 = 1080;

/** An HTTP proxy that is reached without TLS. */
export class HttpProxy {
  /** Why the proxy cannot be used; None if it can. */
  failure: HttpFailure = HttpFailure.None;
  message: string = "";
  host: string = "";
  port: u32 = DEFAULT_PORT;
  /** The host as an IPv4 address; NOT_AN_ADDRESS if it is a name. */
  address: i64 = NOT_AN_ADDRESS;
  /** The value of Proxy-Authorization, or "". */
  credential: string = "";

  /** Parses `[http://][USER:PASSWORD@]HOST[:PORT]`; a path is ignored. */
  constructor(private readonly text: string) {
    const url = parseUrl(text, "http");
    if (url.unsupported || url.secure) {
      this.failure = HttpFailure.Connect;
      this.message = `Unsupported proxy scheme for '${text}'`;
    } else if (url.error != "") {
      this.failure = HttpFailure.ResolveProxy;
      this.message = `Unsupported proxy syntax in '${text}': ${url.error}`;
    }
    this.host = url.host;
    this.address = url.address;
    if (url.hasPort) this.port = url.port;
    const userinfo = url.userinfo;
    if (userinfo != null && userinfo != "") this.credential = basicCredential(userinfo);
  }

  /** Returns a copy of the proxy with a credential, given as `USER:PASSWORD`. */
  with(userAndPassword: string): HttpProxy {
    const proxy = new HttpProxy(this.text);
    proxy.credential = plainCredential(userAndPassword);
    return proxy;
  }
}

/** Which proxy to use for a URL, if any. */
export class HttpProxies {
  /** For http and for https; null for none. */
  http: HttpProxy | null = null;
  https: HttpProxy | null = null;
  /** Hosts that are reached directly: domains, addresses and networks, or `*` for all. */
  private readonly exceptions: Array<string> = [];

  /** Replaces the exceptions with a list separated by commas or blanks (`no_proxy=`). */
  except(list: string): void {
    this.exceptions.length = 0;
    const words = list.split(",").join(" ").split(" ");
    for (let i = 0; i < words.length; i++) {
      if (words[i] != "") this.exceptions.push(words[i].toLowerCase());
    }
  }

  /** Returns the exceptions in the form that `except` takes. */
  exceptionList(): string {
    return this.exceptions.join(",");
  }

  /** Sets the credential of all proxies, given as `USER:PASSWORD`. */
  authorize(userAndPassword: string): void {
    const http = this.http;
    const https = this.https;
    if (http != null) this.http = http.with(userAndPassword);
    if (https != null) this.https = https.with(userAndPassword);
  }

  /** Returns the proxy for a URL, or null. */
  proxyFor(url: Url): HttpProxy | null {
    const proxy = url.secure ? this.https : this.http;
    if (proxy == null) return null;
    for (let i = 0; i < this.exceptions.length; i++) {
      if (matches(this.exceptions[i], url)) return null;
    }
    return proxy;
  }
}

/** As with curl, `a.test` and `.a.test` match a.test and all names below it. */
function matches(exception: string, url: Url): bool {
  if (exception == "*") return true;
  if (url.address != NOT_AN_ADDRESS) {
    const whole = exception.includes("/") ? exception : exception + "/32";
    const network = parsePrefix(whole);
    return network != null && network.contains(url.address as u32);
  }
  const domain = trimDots(exception);
  const host = trimDots(url.host);
  return domain != "" && (host == domain || host.endsWith("." + domain));
}

/** Removes one dot at each end. */
function trimDots(name: string): string {
  const start = name.startsWith(".") ? 1 : 0;
  return name.substring(start, name.endsWith(".") ? name.length - 1 : name.length);
}
