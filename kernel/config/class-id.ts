/** The numbers of queueing disciplines and classes, in hexadecimal, as tc(8) writes them. */
import { hexValue } from "../../core/text";
import { ROOT } from "../../net/iface/qdisc/qdisc";

/** Parses up to four hexadecimal digits. Returns -1 if `text` is something else. */
export function parseMinor(text: string): i64 {
  const digits = text.startsWith("0x") ? text.substring(2) : text;
  if (digits.length == 0 || digits.length > 4) return -1;
  let value: i64 = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = hexValue(digits.charCodeAt(i));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** Parses `root`, `MAJOR:` or `MAJOR:MINOR`, in hexadecimal. Returns -1 if it is invalid. */
export function parseClassId(text: string): i64 {
  if (text == "root") return ROOT;
  const colon = text.indexOf(":");
  if (colon < 0) return -1;
  const major = parseMinor(text.substring(0, colon));
  const rest = text.substring(colon + 1);
  const minor = rest == "" ? 0 : parseMinor(rest);
  return major < 1 || minor < 0 || major == 0xffff ? -1 : (major << 16) | minor;
}
