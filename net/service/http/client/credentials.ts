/** Basic authentication with the user and password of a URL (RFC 7617). */
import { base64 } from "../../../../core/base64";
import { hexValue } from "../../../../core/text";

/** Returns the Authorization field's value for a URL's `user:password`, which it decodes. */
export function basicCredential(userinfo: string): string {
  const pair = userinfo.includes(":") ? userinfo : userinfo + ":";
  const bytes = new Uint8Array(pair.length);
  let length: u32 = 0;
  // A URL is ASCII.
  for (let i = 0; i < pair.length; i++) {
    let c: u32 = pair.charCodeAt(i);
    if (c == 0x25) {
      c = (hexValue(pair.charCodeAt(i + 1)) << 4) | hexValue(pair.charCodeAt(i + 2));
      i += 2;
    }
    bytes[length++] = c as u8;
  }
  return "Basic " + base64(bytes.dataStart, length);
}

/** Returns the Authorization field's value for `user:password` as typed. */
export function plainCredential(text: string): string {
  const utf8 = String.UTF8.encode(text);
  return "Basic " + base64(changetype<usize>(utf8), utf8.byteLength);
}
