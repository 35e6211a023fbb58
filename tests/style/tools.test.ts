/** The type checker, the linter and the formatters report nothing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { files, root } from "./sources.ts";

function silent(program: string, ...words: string[]): void {
  const run = spawnSync(program, words, { cwd: root, encoding: "utf8" });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(`${program} ${words[0]}:\n${run.stdout}${run.stderr}`);
}

test("tsc --strict accepts the kernel", () => {
  silent("node_modules/.bin/tsc", "-p", "tsconfig.json");
});

test("tsc --strict accepts the tests and the build scripts", () => {
  silent("node_modules/.bin/tsc", "-p", "tests/tsconfig.json");
});

test("Biome accepts everything: lint, format, order of imports", () => {
  silent("node_modules/.bin/biome", "ci", "--colors=off", "--max-diagnostics=50", ".");
});

test("clang-format accepts the C", { skip: !existsSync(`${root}.clang-format`) }, () => {
  const tests = ["tests/tls", "tests/fuzz", "tools/tape"];
  const folders = ["machine/native", "machine/loader", "net/service/tls/glue", ...tests];
  const sources = folders.flatMap((folder) => files(folder, ".c", ".h"));
  if (sources.length > 0) silent("clang-format", "--dry-run", "--Werror", ...sources);
});
