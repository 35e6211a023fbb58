/** A kernel that is broken in one place, so that tests that run it (by KERNEL_WASM) must fail. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./process.ts";

/** What it does wrong, and the edit that makes it. */
export type Mutant = [what: string, file: string, from: string, to: string];

const PATIENCE = { milliseconds: 600_000 };

/**
 * Copies the sources to build/scratch/NAME, breaks and compiles them; returns the module's path.
 */
export async function compileMutant(mutant: Mutant, name: string): Promise<string> {
  const [, file, from, to] = mutant;
  const folder = join(root, "build/scratch", name);
  mkdirSync(folder, { recursive: true });
  for (const part of ["core", "machine", "drivers", "net", "kernel", "compiler-config"]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  const out = join(folder, "kernel.wasm");
  const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
  const config = join(folder, "compiler-config/asconfig.json");
  const words = ["node", asc, "kernel/main.ts", "--config", config, "--outFile", out];
  const { code, output } = await run(["sh", "-c", `cd ${folder} && ${words.join(" ")}`], PATIENCE);
  if (code !== 0) throw new Error(output);
  return out;
}
