/** The words of iproute2 and systemd.network for tables, types and scopes of routes. */
import { parseDecimalText } from "../../core/text";
import { RouteScope, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from "../../net/iface/ip/route";

/** iproute2's names of the types, in the order of `RouteType`. */
export const TYPE_NAMES: StaticArray<string> = [
  "unicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
];

export const BAD_TABLE: string = "invalid table, expected main, default or 1 to 4294967295";

/** Parses the name or the number of a table, from 1. Returns 0 if it is invalid. */
export function parseTable(text: string): u32 {
  if (text == "main") return TABLE_MAIN;
  if (text == "default") return TABLE_DEFAULT;
  if (text == "local") return TABLE_LOCAL;
  const number = parseDecimalText(text);
  return number > 0 && number <= 0xffff_ffff ? (number as u32) : 0;
}

/** Parses the name of a type. Returns -1 if it is invalid. */
export function parseType(text: string): i32 {
  for (let i = 0; i < TYPE_NAMES.length; i++) if (TYPE_NAMES[i] == text) return i;
  return -1;
}

/** Parses the name or the number of a scope. Returns -1 if it is invalid. */
export function parseScope(text: string): i32 {
  if (text == "global" || text == "universe") return RouteScope.Global;
  if (text == "link") return RouteScope.Link;
  if (text == "host") return RouteScope.Host;
  const number = parseDecimalText(text);
  return number >= 0 && number <= 255 ? (number as i32) : -1;
}
