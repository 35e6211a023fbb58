/** Builds and boots the kernel of tests/lab/entries/native.ts, which tests the native half. */
import type { TestContext } from "node:test";
import { make, root } from "./process.ts";
import { Machine, type MachineOptions } from "./qemu.ts";

const program = "MAIN=tests/lab/entries/native.ts";
const folder = "build/app-tests-lab-entries-native";
export const kernel = `${root}${folder}/kernel.elf`;
export const debugKernel = `${root}${folder}/kernel.debug.elf`;
export const bzImage = `${root}${folder}/anonymos.bzimage`;
/** QEMU's exit codes: the kernel writes 1 to port 0xf4 at its end, and a panic writes 127. */
export const DONE = 3;
export const PANIC = 255;

export async function buildKernel(): Promise<void> {
  await make(program);
}

/** Builds the kernel's ISO under build/tests/, and returns its path. */
export async function buildNativeIso(name: string, ...words: string[]): Promise<string> {
  const iso = `build/tests/native-${name}.iso`;
  await make(program, "iso", `ISO=${iso}`, ...words);
  return root + iso;
}

/** Boots the kernel and waits for its end; returns its output and QEMU's exit code. */
export async function runToEnd(
  t: TestContext,
  options: MachineOptions,
  milliseconds = 60_000,
): Promise<{ text: string; code: number; machine: Machine }> {
  const machine = new Machine({ kernel, nics: [], ...options });
  t.after(() => machine.stop());
  const code = await machine.exit(milliseconds);
  return { text: machine.console, code, machine };
}
