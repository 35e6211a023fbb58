/**
 * A kernel that counts its own instructions, for exact comparisons of cost in Node: the text of
 * build/kernel.wasm with an addition to the exported global `cost` in each basic block. The counts
 * are of WebAssembly's instructions, about one to one with those of the machine.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { root } from "../../tests/lab/host/process.ts";

const source = process.env.KERNEL_WASM ?? `${root}build/kernel.wasm`;
const folder = `${root}build/bench`;

/** The instructions that end a basic block. */
const LEAVES = /^(block|loop|if|else|end|br|br_if|br_table|return|unreachable)\b/;
const textOutput = { encoding: "utf8", maxBuffer: 2 ** 30 } as const;

/** Returns a module in the flat text format with counters. */
export function withCounters(text: string): string {
  const lines: string[] = [];
  let inside = false;
  let count = 0;
  for (const line of text.split("\n")) {
    const depth = line.split("(").length - line.split(")").length;
    if (line.startsWith("  (func ")) {
      inside = depth > 0;
      count = 0;
    } else if (inside && !line.trimStart().startsWith("(")) {
      count++;
      // The last line of a function has its closing parenthesis.
      if (depth < 0 || LEAVES.test(line.trimStart())) {
        lines.push(`global.get $cost i64.const ${count} i64.add global.set $cost`);
        count = 0;
      }
      if (depth < 0) inside = false;
    }
    lines.push(line);
  }
  const global = '  (global $cost (export "cost") (mut i64) (i64.const 0)))';
  const end = lines.findLastIndex((line) => line.trim() !== "");
  lines[end] = `${lines[end].replace(/\)$/, "")}\n${global}`;
  return lines.join("\n");
}

/** Returns the path of a counting kernel; makes it unless there is one of the same source. */
export function countingKernel(): string {
  const digest = createHash("sha256").update(readFileSync(source)).digest("hex");
  const counting = `${folder}/counting-${digest.slice(0, 16)}.wasm`;
  if (existsSync(counting)) return counting;
  mkdirSync(folder, { recursive: true });
  const plain = `${folder}/plain-${process.pid}.wat`;
  const run = (project: string, name: string, ...words: string[]) =>
    execFileSync(
      process.execPath,
      [`${root}node_modules/${project}/bin/${name}`, ...words],
      textOutput,
    );
  run("wabt", "wasm2wat", source, "-o", plain);
  writeFileSync(plain, withCounters(readFileSync(plain, "utf8")));
  run("binaryen", "wasm-as", plain, "-o", counting, "--debuginfo", "--enable-bulk-memory");
  rmSync(plain);
  return counting;
}
