/** Compares the results of two builds in the order of the build, to find the first difference. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Stage {
  name: string;
  /** Reports whether a path below build/ belongs to this stage. */
  holds(path: string): boolean;
}

const fixed = (name: string, ...paths: string[]): Stage => ({
  name,
  holds: (path) => paths.includes(path),
});

const KERNEL = "kernel.elf";
const BZIMAGE = "anonymos.bzimage";
const ISO = "anonymos.iso";

const stages: Stage[] = [
  fixed("kernel.wasm", "kernel.wasm", "kernel.wasm.map"),
  fixed("kernel.c", "raw/kernel.c", "raw/kernel.h", "kernel.c"),
  fixed("the font", "font.c"),
  { name: "the roots", holds: (path) => /^tls\/(certdata\.txt|roots-\w+\.bin)$/.test(path) },
  {
    name: "objects",
    holds: (path) => /^(host|(native|loader|tls|tls\/library)\/[^/]+)\.o$/.test(path),
  },
  fixed("the table of symbols", "symbols.bin"),
  fixed("kernel.debug.elf", "kernel.debug.elf"),
  fixed(KERNEL, KERNEL),
  fixed(BZIMAGE, BZIMAGE),
];

export function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** Returns the paths of all files below a folder, relative to it. */
function filesBelow(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return all.filter((path) => statSync(join(folder, path)).isFile()).sort();
}

/** Returns those paths whose files differ, or exist in one folder only. */
function differing(first: string, second: string, paths: string[]): string[] {
  return paths.filter((path) => {
    const [left, right] = [join(first, path), join(second, path)];
    return !existsSync(left) || !existsSync(right) || sha256(left) !== sha256(right);
  });
}

const union = (left: string[], right: string[]) => [...new Set([...left, ...right])].sort();

/** Unpacks an ISO, calls `use` with the folder, and removes the folder. */
function unpacked<T>(iso: string, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-unpacked-"));
  try {
    const quiet = ["-report_about", "FAILURE", "-return_with", "FAILURE", "32"];
    const words = [...quiet, "-osirrox", "on", "-indev", iso, "-extract", "/", folder];
    execFileSync("xorriso", words, { stdio: "pipe" }); // if it fails, the error contains its output
    execFileSync("chmod", ["-R", "u+w", folder]);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the files that differ between two ISOs; none if only their structure differs. */
export function differingInIso(first: string, second: string): string[] {
  return unpacked(first, (left) =>
    unpacked(second, (right) => differing(left, right, union(filesBelow(left), filesBelow(right)))),
  );
}

/** Describes the first stage in which two build/ folders differ; undefined if they are equal. */
export function firstDifference(first: string, second: string): string | undefined {
  const paths = union(filesBelow(first), filesBelow(second));
  for (const { name, holds } of stages) {
    const files = paths.filter(holds);
    if (files.length === 0) throw new Error(`${first} and ${second} have no files of ${name}`);
    const found = differing(first, second, files);
    if (found.length > 0) return `${name}: ${found.join(" ")}`;
  }
  const isos: [string, string] = [join(first, ISO), join(second, ISO)];
  if (sha256(isos[0]) === sha256(isos[1])) return undefined;
  const inside = differingInIso(...isos);
  return `the ISO: ${inside.length > 0 ? inside.join(" ") : "its structure, not its files"}`;
}

/** SHA-256 and name of the results of a build, as `sha256sum` prints them. */
export function sums(folder: string): string[] {
  return [KERNEL, BZIMAGE, ISO].map((name) => `${sha256(join(folder, name))}  ${name}`);
}
