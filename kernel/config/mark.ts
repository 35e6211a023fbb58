/** Packet marks, by which routing rules can select a table (SO_MARK in Linux). */
import { hexValue, parseDecimalText } from "../../core/text";
import { Rule } from "../../net/iface/ip/rules";

/** Parses a 32-bit number, decimal or with the prefix 0x. Returns -1 if it is invalid. */
export function parseMark(text: string): i64 {
  if (!text.startsWith("0x")) {
    const number = parseDecimalText(text);
    return number <= 0xffff_ffff ? number : -1;
  }
  if (text.length < 3 || text.length > 10) return -1;
  let mark: i64 = 0;
  for (let i = 2; i < text.length; i++) {
    const digit = hexValue(text.charCodeAt(i));
    if (digit < 0) return -1;
    mark = (mark << 4) | digit;
  }
  return mark;
}

/** Sets the mark of a rule from `MARK` or `MARK/MASK`. Returns false if it is invalid. */
export function setMark(rule: Rule, text: string): bool {
  const slash = text.indexOf("/");
  const mark = parseMark(slash < 0 ? text : text.substring(0, slash));
  const mask = slash < 0 ? 0xffff_ffff : parseMark(text.substring(slash + 1));
  if (mark < 0 || mask < 0) return false;
  rule.mark = mark as u32;
  rule.markMask = mask as u32;
  return true;
}
