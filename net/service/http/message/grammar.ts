/** Character classes of HTTP messages (RFC 9110 sections 5.5 and 5.6). */
import { DELETE, HTAB, SPACE } from "../../../../core/text";

/** Bit c of the first word (c < 64) or bit c - 64 of the second is set for token characters. */
const TOKEN_LOW: u64 = 0x3ff6cfa00000000;
const TOKEN_HIGH: u64 = 0x57ffffffc7fffffe;

/** Reports whether a token may contain a character (RFC 9110 section 5.6.2). */
export function isTokenCharacter(c: u32): bool {
  if (c >= 128) return false;
  return (((c < 64 ? TOKEN_LOW : TOKEN_HIGH) >> (c & 63)) & 1) != 0;
}

/** Reports whether a field value may contain a byte: visible, blank, or from 0x80 (section 5.5). */
export function isFieldCharacter(c: u32): bool {
  return (c >= SPACE && c != DELETE) || c == HTAB;
}

/** Reports whether a byte is a space or a tab (OWS, section 5.6.3). */
export function isBlank(c: u32): bool {
  return c == SPACE || c == HTAB;
}

/** Reports whether text is a token (section 5.6.2). */
export function isToken(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    if (!isTokenCharacter(text.charCodeAt(i))) return false;
  }
  return text.length > 0;
}

/** Reports whether text may be sent as a value: visible ASCII, with blanks only inside. */
export function isFieldValue(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const c: u32 = text.charCodeAt(i);
    if (!isFieldCharacter(c) || c > DELETE) return false;
  }
  const last = text.length - 1;
  return last < 0 || (!isBlank(text.charCodeAt(0)) && !isBlank(text.charCodeAt(last)));
}
