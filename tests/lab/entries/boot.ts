/** The boot loader's information (machine/boot.ts). */
import { logLines } from "../../../core/log";
import { baseName, bootModules, commandLine, loaderName } from "../../../machine/boot";
import { textAt } from "./text";

export { allocateBytes } from "./text";
export { commandLine, loaderName };

export function moduleCount(): i32 {
  return bootModules().length;
}
export function moduleName(index: i32): string {
  return bootModules()[index].name;
}
export function moduleText(index: i32, limit: u32): string {
  const bytes = bootModules()[index].read(limit);
  return String.UTF8.decodeUnsafe(changetype<usize>(bytes), bytes.length);
}
/** Returns what was logged, a line each. */
export function logged(): string {
  return logLines().join("\n");
}
export function base(pointer: usize, length: u32): string {
  return baseName(textAt(pointer, length));
}
