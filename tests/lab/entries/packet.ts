/** tcpdump's filters, and the line it prints for a packet, for frames that Node builds. */
import { formatTimeOfDay } from "../../../kernel/shell/time-text";
import { PacketExpression } from "../../../net/filter/expression";
import { formatFrame } from "../../../net/filter/text";
import { textAt } from "./text";

export { allocateBytes } from "./text";

let filter: PacketExpression = new PacketExpression([]);

/** Compiles a filter; returns what is wrong with it. */
export function compile(pointer: usize, length: u32): string {
  filter = new PacketExpression(textAt(pointer, length).split(" "));
  return filter.error;
}
export function matches(pointer: usize, length: u32): bool {
  return filter.matches(pointer, length);
}
export function line(pointer: usize, kept: u32, length: u32): string {
  return formatFrame(pointer, kept, length);
}
export function time(micros: i64): string {
  return formatTimeOfDay(micros);
}
