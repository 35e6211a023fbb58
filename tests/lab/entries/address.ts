/** The address functions under test, with their strings in and out as pointers. */
import { formatHardware, formatIpv4, parseIpv4, prefixOf } from "../../../net/wire/address";
import { textAt } from "./text";

export { block } from "./text";

export function parse(pointer: usize, length: u32): i64 {
  return parseIpv4(textAt(pointer, length));
}
export function format(address: u32): string {
  return formatIpv4(address);
}
export function hardware(address: u64): string {
  return formatHardware(address);
}
export function prefix(mask: u32): i32 {
  return prefixOf(mask);
}
