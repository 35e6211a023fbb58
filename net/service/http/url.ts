/**
 * URLs of http and https (RFC 3986, RFC 9110 section 4.2). Parsing is strict: ambiguous URLs are
 * rejected, and the error says what was expected.
 *
 *     http://user:password@www.example.com:8080/a/b?x=1#part
 *     scheme  userinfo          host       port path query fragment
 */
import { HOST_NAME_LENGTH, URL_LENGTH } from "../../../core/limits";
import {
  CR,
  DELETE,
  HTAB,
  hexValue,
  isDigit,
  isLetter,
  LF,
  parseDecimalText,
  SPACE,
} from "../../../core/text";
import { TextBuilder } from "../../../core/text-builder";
import { NOT_AN_ADDRESS, parseIpv4 } from "../../wire/address";
import { DNS_LABEL_BYTES } from "../../wire/dns-name";

/** A parsed URL, made by `parseUrl`. If `error` is not "", only `unsupported` is valid as well. */
export class Url {
  /** Why the text is not a URL ("expected a host"), or "". */
  error: string = "";
  /** Whether the scheme is neither http nor https. */
  unsupported: bool = false;
  secure: bool = false;
  /** The host in lower case. */
  host: string = "";
  /** The host as an IPv4 address; NOT_AN_ADDRESS if it is a name. */
  address: i64 = NOT_AN_ADDRESS;
  port: u32 = 0;
  /** Whether the URL names the port. */
  hasPort: bool = false;
  /** `user` or `user:password`, percent-encoded as written; null without "@". */
  userinfo: string | null = null;
  /** Path and query for the request line, percent-encoded as written or as browsers do it. */
  target: string = "/";

  scheme(): string {
    return this.secure ? "https" : "http";
  }

  /** Returns the value of the Host field: the host, and the port unless it is the default. */
  authority(): string {
    const defaultPort: u32 = this.secure ? 443 : 80;
    return this.port == defaultPort ? this.host : this.host + ":" + this.port.toString();
  }

  /** Returns the URL without userinfo or fragment. */
  text(): string {
    return this.scheme() + "://" + this.authority() + this.target;
  }

  /** Reports whether scheme, host and port are equal (RFC 9110 section 4.3.1). */
  sameOrigin(other: Url): bool {
    return this.secure == other.secure && this.host == other.host && this.port == other.port;
  }

  /**
   * Resolves a Location field, given as Latin-1, against this URL (RFC 3986 section 5.2). Corrects
   * the errors that browsers correct (url.spec.whatwg.org): blanks, backslashes, 8-bit bytes, and a
   * wrong number of slashes after the scheme.
   */
  resolve(reference: string): Url {
    return this.resolveText(encodeReference(reference));
  }

  private resolveText(text: string): Url {
    const scheme = text.substring(0, schemeLength(text)).toLowerCase();
    if (scheme != "http" && scheme != "https") {
      return scheme == "" ? this.resolveRelative(text) : parseUrl(text);
    }
    const rest = text.substring(scheme.length + 1);
    const path = withoutLeadingSlashes(rest);
    // "http:path" is relative to a URL of the same scheme. A second scheme is part of the path.
    if (scheme == this.scheme() && rest.length - path.length < 2) return this.resolveRelative(rest);
    return parseUrl(`${scheme}://${path}`);
  }

  private resolveRelative(text: string): Url {
    if (text.startsWith("//")) return parseUrl(this.scheme() + ":" + text);
    const prefix = this.scheme() + "://" + this.authority();
    if (text.startsWith("/")) return parseUrl(prefix + text);
    if (text.length == 0) return parseUrl(prefix + this.target);
    const query = this.target.indexOf("?");
    const path = query < 0 ? this.target : this.target.substring(0, query);
    if (text.startsWith("?")) return parseUrl(prefix + path + text);
    return parseUrl(prefix + path.substring(0, path.lastIndexOf("/") + 1) + text);
  }
}

/**
 * Corrects a reference as browsers do: drops blanks at its ends, line ends, tabs and the fragment,
 * percent-encodes blanks and 8-bit bytes, and turns backslashes of the path into slashes.
 */
function encodeReference(reference: string): string {
  let start = 0;
  let end = reference.length;
  while (start < end && <u32>reference.charCodeAt(start) <= SPACE) start++;
  while (end > start && <u32>reference.charCodeAt(end - 1) <= SPACE) end--;
  const encoded = new TextBuilder();
  let inQuery = false;
  for (let i = start; i < end; i++) {
    const c: u32 = reference.charCodeAt(i);
    if (c == 0x23) break;
    if (c == HTAB || c == CR || c == LF) continue;
    if (c == 0x3f) inQuery = true;
    if (c == 0x5c && !inQuery) encoded.addUnit(0x2f);
    else if ((c <= SPACE || c >= DELETE) && c <= 0xff) encoded.add(percentEncoded(c));
    else encoded.addUnit(c);
  }
  return encoded.toString();
}

function percentEncoded(c: u32): string {
  return "%" + c.toString(16).toUpperCase().padStart(2, "0");
}

function withoutLeadingSlashes(text: string): string {
  let start = 0;
  while (start < text.length && text.charCodeAt(start) == 0x2f) start++;
  return text.substring(start);
}

/** Parses a URL; sets its `error` if invalid. Assumes `defaultScheme` if there is no "://". */
export function parseUrl(text: string, defaultScheme: string = ""): Url {
  const url = new Url();
  if (<u32>text.length > URL_LENGTH) return failed(url, `at most ${URL_LENGTH} characters`);
  for (let i = 0; i < text.length; i++) {
    const c: u32 = text.charCodeAt(i);
    if (c <= 0x20 || c >= 0x7f) {
      return failed(url, "no space, control or non-ASCII character (percent-encode it)");
    }
  }
  const complete = text.substring(schemeLength(text)).startsWith("://");
  const whole = complete || defaultScheme == "" ? text : `${defaultScheme}://${text}`;
  const length = schemeLength(whole);
  if (length == 0) return failed(url, "http:// or https://");
  const scheme = whole.substring(0, length).toLowerCase();
  url.secure = scheme == "https";
  if (scheme != "http" && scheme != "https") {
    url.unsupported = true;
    url.error = `Protocol "${scheme}" not supported`;
    return url;
  }
  if (!whole.substring(length).startsWith("://")) return failed(url, "// after the scheme");
  const start = length + 3;
  let end = start;
  while (end < whole.length && !isAuthorityEnd(whole.charCodeAt(end))) end++;
  if (!parseAuthority(url, whole.substring(start, end))) return url;
  let rest = whole.substring(end);
  const fragment = rest.indexOf("#");
  if (fragment >= 0) rest = rest.substring(0, fragment);
  return parseTarget(url, rest);
}

/** Reports whether a character ends the authority: "/", "?" or "#". */
function isAuthorityEnd(c: u32): bool {
  return c == 0x2f || c == 0x3f || c == 0x23;
}

function failed(url: Url, expected: string): Url {
  url.error = "expected " + expected;
  return url;
}

function refuse(url: Url, expected: string): bool {
  url.error = "expected " + expected;
  return false;
}

/** Returns the length of the scheme before the first ":", or 0 (section 3.1). */
function schemeLength(text: string): i32 {
  for (let i = 0; i < text.length; i++) {
    const c: u32 = text.charCodeAt(i);
    if (c == 0x3a) return i;
    const inner = isDigit(c) || c == 0x2b || c == 0x2d || c == 0x2e;
    if (!isLetter(c) && (i == 0 || !inner)) return 0;
  }
  return 0;
}

/** Parses [ userinfo "@" ] host [ ":" port ] (section 3.2). */
function parseAuthority(url: Url, authority: string): bool {
  const at = authority.lastIndexOf("@");
  if (at >= 0) {
    const userinfo = authority.substring(0, at);
    if (userinfo.includes("@")) return refuse(url, "at most one @ before the host");
    if (!isPercentEncoded(userinfo, '[]"<>\\^`{|}')) return refuse(url, "user:password before @");
    url.userinfo = userinfo;
  }
  const server = authority.substring(at + 1);
  if (server.startsWith("[")) return refuse(url, "a name or IPv4 address (IPv6 is not supported)");
  const colon = server.indexOf(":");
  url.host = (colon < 0 ? server : server.substring(0, colon)).toLowerCase();
  url.port = url.secure ? 443 : 80;
  // The port may be empty (section 3.2.3).
  if (colon >= 0 && colon + 1 < server.length) {
    const port = server.length - colon > 6 ? -1 : parseDecimalText(server.substring(colon + 1));
    if (port < 1 || port > 65535) return refuse(url, "a port from 1 to 65535 after the colon");
    url.port = port as u32;
    url.hasPort = true;
  }
  return checkHost(url);
}

/** Accepts labels of letters, digits, "-" and "_"; a numeric last one only in an IPv4 address. */
function checkHost(url: Url): bool {
  const host = url.host;
  if (host.length == 0) return refuse(url, "a host");
  if (<u32>host.length > HOST_NAME_LENGTH) return refuse(url, "a host of at most 253 characters");
  const labels = host.split(".");
  const last = labels.length - 1;
  // A trailing dot marks a fully qualified name.
  const count = last > 0 && labels[last].length == 0 ? last : last + 1;
  for (let i = 0; i < count; i++) {
    if (!isLabel(labels[i])) {
      return refuse(url, "a host of letters, digits, hyphens and dots");
    }
  }
  if (!isAllDigits(labels[count - 1])) return true;
  url.address = parseIpv4(host);
  return url.address != NOT_AN_ADDRESS || refuse(url, "an IPv4 address: four numbers up to 255");
}

function isAllDigits(text: string): bool {
  for (let i = 0; i < text.length; i++) if (!isDigit(text.charCodeAt(i))) return false;
  return text.length > 0;
}

function isLabel(label: string): bool {
  if (label.length == 0 || label.length > (DNS_LABEL_BYTES as i32)) return false;
  for (let i = 0; i < label.length; i++) {
    const c: u32 = label.charCodeAt(i);
    const hyphen = c == 0x2d && i > 0 && i < label.length - 1;
    if (!isLetter(c) && !isDigit(c) && c != 0x5f && !hyphen) return false;
  }
  return true;
}

/** Reports whether every "%" has two hexadecimal digits and none of `forbidden` occurs. */
function isPercentEncoded(text: string, forbidden: string): bool {
  for (let i = 0; i < text.length; i++) {
    if (forbidden.includes(text.charAt(i))) return false;
    if (text.charCodeAt(i) != 0x25) continue;
    if (i + 2 >= text.length) return false;
    if (hexValue(text.charCodeAt(i + 1)) < 0 || hexValue(text.charCodeAt(i + 2)) < 0) return false;
  }
  return true;
}

/**
 * Parses path and query (sections 3.3 and 3.4). As browsers do, percent-encodes most characters
 * that are not allowed there, but keeps some, such as "|" and "%" without two digits.
 */
function parseTarget(url: Url, text: string): Url {
  const query = text.indexOf("?");
  const path = query < 0 ? text : text.substring(0, query);
  url.target = removeDots(encodeAll(path.split("\\").join("/"), '"<>^`{}'));
  if (query >= 0) url.target += encodeAll(text.substring(query), "\"<>'");
  if (<u32>url.target.length > URL_LENGTH) return failed(url, `at most ${URL_LENGTH} characters`);
  return url;
}

/** Percent-encodes every occurrence of the characters of `set`. */
function encodeAll(text: string, set: string): string {
  let encoded = text;
  for (let i = 0; i < set.length; i++) {
    const c = set.charAt(i);
    if (encoded.includes(c)) encoded = encoded.split(c).join(percentEncoded(c.charCodeAt(0)));
  }
  return encoded;
}

/** Removes "." and ".." from a path that begins with "/" (section 5.2.4). */
function removeDots(path: string): string {
  const segments = path.split("/");
  const kept: Array<string> = [];
  for (let i = 1; i < segments.length; i++) {
    const segment = segments[i];
    const last = i == segments.length - 1;
    if (segment == "..") {
      if (kept.length > 0) kept.pop();
    } else if (segment != ".") {
      kept.push(segment);
      continue;
    }
    if (last) kept.push("");
  }
  return "/" + kept.join("/");
}
