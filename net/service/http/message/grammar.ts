/** The characters of HTTP messages and what methods mean (RFC 9110 sections 5.5, 5.6 and 9). */
import { DELETE, HTAB, SPACE } from "../../../../core/text";

/** Bit c of the first word (c < 64) or bit c - 64 of the second: c may stand in a token. */
const TOKEN_LOW: u64 = 0x3ff6cfa00000000;
const TOKEN_HIGH: u64 = 0x57ffffffc7fffffe;

/** A character of a token: names of fields, methods, codings (RFC 9110 section 5.6.2). */
export function isTokenCharacter(c: u32): bool {
  if (c >= 128) return false;
  return (((c < 64 ? TOKEN_LOW : TOKEN_HIGH) >> (c & 63)) & 1) != 0;
}

/** A character of a field value: visible, a blank, or beyond ASCII (section 5.5). */
export function isFieldCharacter(c: u32): bool {
  return (c >= SPACE && c != DELETE) || c == HTAB;
}

export function isBlank(c: u32): bool {
  return c == SPACE || c == HTAB;
}

export function isToken(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    if (!isTokenCharacter(text.charCodeAt(i))) return false;
  }
  return text.length > 0;
}

/** Visible ASCII and blanks, without a blank at either end: what may be sent as a value. */
export function isFieldValue(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const c: u32 = text.charCodeAt(i);
    if (!isFieldCharacter(c) || c > DELETE) return false;
  }
  const last = text.length - 1;
  return last < 0 || (!isBlank(text.charCodeAt(0)) && !isBlank(text.charCodeAt(last)));
}

/** A request that may be sent again when nobody knows what became of it (section 9.2.2). */
export function isIdempotent(method: string): bool {
  if (method == "GET" || method == "HEAD" || method == "PUT") return true;
  return method == "DELETE" || method == "OPTIONS" || method == "TRACE";
}
