/** The syntax of host names (RFC 1123 section 2.1, RFC 1035 section 2.3.4). */
import { HOST_NAME_LENGTH } from "../../../core/limits";
import { isDigit, isLetter, lowerCase } from "../../../core/text";
import { TextBuilder } from "../../../core/text-builder";
import { DNS_LABEL_BYTES } from "../../wire/dns-name";

const DOT: u32 = 0x2e;
const BACKSLASH: u32 = 0x5c;
const HYPHEN: u32 = 0x2d;
const UNDERSCORE: u32 = 0x5f;
/** The complaint about 10.0.2, 300.1.1.1 and 0x0a000202. */
const MALFORMED_ADDRESS: string = "not an IPv4 address, expected four numbers from 0 to 255";

/**
 * Returns why `name` is not a valid host name, or "" if it is one. Accepts a trailing dot, and
 * underscores, which some hosts use. Rejects a numeric last label, because inet_aton(3) would take
 * such a name for an address.
 */
export function nameComplaint(name: string): string {
  // A port would have one colon; with two, the user means an IPv6 address.
  if (name.indexOf(":") != name.lastIndexOf(":")) return "IPv6 is not supported";
  return faultOf(name);
}

function faultOf(name: string): string {
  const end = name.endsWith(".") ? name.length - 1 : name.length;
  if (end <= 0) return "the name is empty";
  if (end > (HOST_NAME_LENGTH as i32)) return "the name is longer than 253 characters";
  let start = 0;
  for (let i = 0; i <= end; i++) {
    const c: u32 = i < end ? name.charCodeAt(i) : DOT;
    if (c == DOT) {
      if (i == start) return "the name has an empty label";
      if (i - start > (DNS_LABEL_BYTES as i32)) return "a label is longer than 63 characters";
      if (isHyphen(name, start) || isHyphen(name, i - 1)) return "a label begins or ends with '-'";
      if (i == end && isNumeral(name, start, i)) return MALFORMED_ADDRESS;
      start = i + 1;
    } else if (!isLetter(c) && !isDigit(c) && c != HYPHEN && c != UNDERSCORE) {
      return "not a host name, expected letters, digits, '-' and dots";
    }
  }
  return "";
}

/**
 * Returns why `name` cannot be queried, if possible in BIND's words, or "" if it can. Accepts more
 * than `nameComplaint`: any printable ASCII in labels, numbers, and "." for the root.
 */
export function queryNameComplaint(name: string): string {
  const end = name.endsWith(".") ? name.length - 1 : name.length;
  if (end == 0) return name == "." ? "" : "unexpected end of input";
  if (end > (HOST_NAME_LENGTH as i32)) return "ran out of space";
  let start = 0;
  for (let i = 0; i <= end; i++) {
    const c: u32 = i < end ? name.charCodeAt(i) : DOT;
    if (c == DOT) {
      if (i == start) return "empty label";
      if (i - start > (DNS_LABEL_BYTES as i32)) return "label too long";
      start = i + 1;
    } else if (c <= 0x20 || c >= 0x7f || c == BACKSLASH) {
      return "expected printable ASCII without blanks and backslashes";
    }
  }
  return "";
}

/** Returns the form in which names are compared: lower case, without a trailing dot. */
export function canonicalName(name: string): string {
  const end = name.endsWith(".") ? name.length - 1 : name.length;
  const text = new TextBuilder();
  for (let i = 0; i < end; i++) text.addUnit(lowerCase(name.charCodeAt(i)));
  return text.toString();
}

function isHyphen(name: string, index: i32): bool {
  return (name.charCodeAt(index) as u32) == HYPHEN;
}

/** Reports whether inet_aton(3) would take a label for a number: only digits, or a 0x prefix. */
function isNumeral(name: string, start: i32, end: i32): bool {
  if (end - start >= 2 && name.charCodeAt(start) == 0x30) {
    if (lowerCase(name.charCodeAt(start + 1)) == 0x78) return true;
  }
  for (let i = start; i < end; i++) {
    if (!isDigit(name.charCodeAt(i))) return false;
  }
  return true;
}
