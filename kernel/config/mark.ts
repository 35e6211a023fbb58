/** Packet marks, by which routing rules can select a table (SO_MARK in Linux). */
import { parseNumberText } from "../../core/text";
import { Rule } from "../../net/iface/ip/rules";

/** Parses a 32-bit number, decimal or with the prefix 0x. Returns -1 if it is invalid. */
export function parseMark(text: string): i64 {
  return parseNumberText(text, 0xffff_ffff);
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
