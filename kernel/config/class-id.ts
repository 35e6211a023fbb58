/** The numbers of queueing disciplines and classes, in hexadecimal, as tc(8) writes them. */
import { parseHexText } from "../../core/text";
import { ROOT } from "../../net/iface/qdisc/qdisc";

/** Parses up to four hexadecimal digits. Returns -1 if `text` is something else. */
export function parseHex16(text: string): i64 {
  const digits = text.startsWith("0x") ? text.substring(2) : text;
  return digits.length <= 4 ? parseHexText(digits) : -1;
}

/** Parses `root`, `MAJOR:` or `MAJOR:MINOR`, in hexadecimal. Returns -1 if it is invalid. */
export function parseClassId(text: string): i64 {
  if (text == "root") return ROOT;
  const colon = text.indexOf(":");
  if (colon < 0) return -1;
  const major = parseHex16(text.substring(0, colon));
  const rest = text.substring(colon + 1);
  const minor = rest == "" ? 0 : parseHex16(rest);
  return major < 1 || minor < 0 || major == 0xffff ? -1 : (major << 16) | minor;
}
