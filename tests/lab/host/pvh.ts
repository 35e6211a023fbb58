/** Kernels that QEMU starts by PVH, which it does only if it finds no Multiboot header. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { root } from "./process.ts";

const MULTIBOOT_MAGIC = 0x1badb002;
/** A loader searches this much of the file (Multiboot Specification 0.6.96, section 3.1). */
const SEARCHED = 8192;

/** Copies a kernel without its Multiboot header; returns the copy's path. */
export function withoutMultiboot(kernel: string, name: string): string {
  const bytes = readFileSync(kernel);
  let found = 0;
  for (let at = 0; at < SEARCHED; at += 4) {
    if (bytes.readUInt32LE(at) !== MULTIBOOT_MAGIC) continue;
    bytes.writeUInt32LE(0, at);
    found++;
  }
  if (found !== 1) throw new Error(`${kernel} has ${found} Multiboot headers`);
  mkdirSync(`${root}build/tests`, { recursive: true });
  const path = `${root}build/tests/pvh-${name}.elf`;
  writeFileSync(path, bytes);
  return path;
}
