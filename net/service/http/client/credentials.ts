/** Basic authentication with the user and password of a URL (RFC 7617, RFC 4648 section 4). */
import { hexValue } from "../../../../core/text";
import { TextBuilder } from "../../../../core/text-builder";

const DIGITS: string = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING: u32 = 0x3d;

/** Returns the Authorization field's value for a URL's `user:password`, which it decodes. */
export function basicCredential(userinfo: string): string {
  const pair = userinfo.includes(":") ? userinfo : userinfo + ":";
  const bytes: Array<u32> = [];
  // A URL is ASCII.
  for (let i = 0; i < pair.length; i++) {
    let c: u32 = pair.charCodeAt(i);
    if (c == 0x25) {
      c = (hexValue(pair.charCodeAt(i + 1)) << 4) | hexValue(pair.charCodeAt(i + 2));
      i += 2;
    }
    bytes.push(c);
  }
  return "Basic " + base64(bytes);
}

/** Returns the Authorization field's value for `user:password` as typed. */
export function plainCredential(text: string): string {
  const utf8 = Uint8Array.wrap(String.UTF8.encode(text));
  const bytes: Array<u32> = [];
  for (let i = 0; i < utf8.length; i++) bytes.push(utf8[i]);
  return "Basic " + base64(bytes);
}

function base64(bytes: Array<u32>): string {
  const text = new TextBuilder(((bytes.length + 2) / 3) * 4);
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const second: u32 = left > 1 ? bytes[i + 1] : 0;
    const third: u32 = left > 2 ? bytes[i + 2] : 0;
    const group = (bytes[i] << 16) | (second << 8) | third;
    text.addUnit(DIGITS.charCodeAt(group >>> 18));
    text.addUnit(DIGITS.charCodeAt((group >>> 12) & 63));
    text.addUnit(left > 1 ? DIGITS.charCodeAt((group >>> 6) & 63) : PADDING);
    text.addUnit(left > 2 ? DIGITS.charCodeAt(group & 63) : PADDING);
  }
  return text.toString();
}
