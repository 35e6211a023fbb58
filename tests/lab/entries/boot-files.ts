/** The files that configure a machine (kernel/config/boot-files.ts), and SMBIOS. */
import { logLines } from "../../../core/log";
import { BootFiles } from "../../../kernel/config/boot-files";
import { Smbios } from "../../../machine/smbios";
import { textAt } from "./text";

export { allocateBytes } from "./text";

/** Returns the beginning of a file as text, `LENGTH:TEXT`; "" if there is none. */
export function find(name: usize, length: u32, limit: u32): string {
  const file = new BootFiles().find(textAt(name, length), limit);
  return file == null ? "" : `${file.length}:${file.text()}`;
}
export function machine(): string {
  const smbios = new BootFiles().smbios;
  return `${smbios.manufacturer}/${smbios.product}`;
}
export function log(): string {
  return logLines().join("\n");
}
/** Parses a table, and returns the number of its OEM strings. */
export function parse(pointer: usize, length: u32): i32 {
  const table = new StaticArray<u8>(length);
  memory.copy(changetype<usize>(table), pointer, length);
  return new Smbios(table).oemStrings.length;
}
