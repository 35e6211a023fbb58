/** The client's side of WebSocket's opening handshake (RFC 6455 sections 4.1 and 4.2.2). */
import { base64 } from "../../../core/base64";
import { Random } from "../../../core/random";
import { SHA1_DIGEST, sha1 } from "../../../core/sha1";
import { basicCredential } from "../http/client/credentials";
import { HttpField } from "../http/client/request";
import { isFieldValue, isToken } from "../http/message/grammar";
import { HttpHead } from "../http/message/head";
import { parseUrl, Url } from "../http/url";

/** Bytes of the nonce from which the key is made. */
const NONCE: u32 = 16;
/** The server appends this to the key before hashing it (section 1.3). */
const GUID: string = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Fields that only the client may set. */
const RESERVED: StaticArray<string> = [
  "host",
  "connection",
  "upgrade",
  "content-length",
  "transfer-encoding",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-extensions",
  "sec-websocket-protocol",
];

/** Reports whether the text is a ws or wss URL. */
export function isWebSocketUrl(text: string): bool {
  const start = text.substring(0, 6).toLowerCase();
  return start.startsWith("ws://") || start == "wss://";
}

/** Parses a ws or wss URL as the http or https URL with the same parts (section 3). */
export function parseWebSocketUrl(text: string): Url {
  if (!isWebSocketUrl(text)) {
    const url = new Url();
    url.error = "expected ws:// or wss://";
    return url;
  }
  return parseUrl("http" + text.substring(2));
}

/** Returns a new Sec-WebSocket-Key. */
export function makeKey(random: Random): string {
  const nonce = new StaticArray<u8>(NONCE);
  const pointer = changetype<usize>(nonce);
  for (let at: u32 = 0; at < NONCE; at += 4) store<u32>(pointer + at, random.next32());
  return base64(pointer, NONCE);
}

/** Returns the Sec-WebSocket-Accept that the server must send for a key. */
export function acceptFor(key: string): string {
  const text = String.UTF8.encode(key + GUID);
  const digest = sha1(changetype<usize>(text), text.byteLength);
  return base64(changetype<usize>(digest), SHA1_DIGEST);
}

/** Returns why header fields cannot be sent, or "". */
export function fieldFault(fields: Array<HttpField>): string {
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    if (!isToken(field.name)) return "expected a header name of letters, digits and hyphens";
    if (!isFieldValue(field.value)) {
      return `expected a value of printable ASCII for header ${field.name}`;
    }
    if (field.isOneOf(RESERVED)) return `header ${field.name} is set by the client`;
  }
  return "";
}

/** Returns the head of the request, with `fields`; an omitted User-Agent field suppresses it. */
export function requestHead(
  url: Url,
  key: string,
  userAgent: string,
  fields: Array<HttpField>,
): string {
  let text = `GET ${url.target} HTTP/1.1\r\nHost: ${url.authority()}\r\n`;
  text += "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  text += `Sec-WebSocket-Key: ${key}\r\n`;
  const userinfo = url.userinfo;
  let hasAgent = false;
  let hasCredential = false;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    const name = field.name.toLowerCase();
    if (name == "user-agent") hasAgent = true;
    if (name == "authorization") hasCredential = true;
    if (!field.omitted) text += `${field.name}: ${field.value}\r\n`;
  }
  if (!hasAgent) text += `User-Agent: ${userAgent}\r\n`;
  if (userinfo != null && userinfo != "" && !hasCredential) {
    text += `Authorization: ${basicCredential(userinfo)}\r\n`;
  }
  return text + "\r\n";
}

/** Returns why a response of status 101 does not open the connection, or "" (section 4.1). */
export function responseFault(head: HttpHead, key: string): string {
  if (!head.hasToken("upgrade", "websocket") || !head.hasToken("connection", "upgrade")) {
    return "the server does not switch to WebSocket";
  }
  const field = head.find("sec-websocket-accept");
  const accepted = field < 0 ? "" : head.value(field);
  if (accepted != acceptFor(key) || head.find("sec-websocket-accept", field + 1) >= 0) {
    return "Sec-WebSocket-Accept does not match the key";
  }
  if (head.find("sec-websocket-extensions") >= 0) return "an extension that was not requested";
  if (head.find("sec-websocket-protocol") >= 0) return "a subprotocol that was not requested";
  return "";
}
