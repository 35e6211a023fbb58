/**
 * A bounded run of the fuzzers (docs/fuzzing.md): for each target the corpus, then some new inputs
 * from a fixed seed. Planted bugs show that the fuzzers can find bugs. `make fuzz` runs longer.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import test, { after, before } from "node:test";
import { root } from "../lab/host/process.ts";
import { build, targets } from "./build.ts";
import { corpus, execute } from "./libfuzzer.ts";

const seed = Number(process.env.SEED ?? 1);
/** New inputs per target. */
const RUNS = 300;
let scratch = "";

before(async () => {
  await build(true);
  mkdirSync(`${root}build/tests`, { recursive: true });
  scratch = mkdtempSync(`${root}build/tests/fuzz-`);
});
after(() => rmSync(scratch, { recursive: true, force: true }));

for (const target of targets) {
  test(`${target}: survives the corpus and ${RUNS} new inputs (SEED=${seed})`, async () => {
    const known = readdirSync(root + corpus(target)).length;
    assert.ok(known > 0, "no corpus");
    const own = `${scratch}/${target}`;
    mkdirSync(own);
    const words = [`-seed=${seed}`, `-runs=${known + RUNS}`, `-artifact_prefix=${own}-`];
    const result = await execute(target, [...words, own, corpus(target)], 200);
    assert.equal(result.code, 0, result.output.slice(-4000));
    assert.ok(result.executions >= known + RUNS, `${result.executions} inputs`);
  });
}

test("finds each planted bug, and names the TypeScript file of most", async () => {
  const faults: Record<string, RegExp> = {
    a: /SEGV.*0x200000000004/,
    b: /SEGV .*targets\/mistakes\.ts/,
    c: /SEGV .*targets\/mistakes\.ts/,
    d: /SEGV .*targets\/mistakes\.ts/,
    e: /an assertion failed at tests\/fuzz\/targets\/mistakes\.ts/,
    f: /timeout after/,
    g: /stack-overflow/,
    h: /SEGV .*targets\/mistakes\.ts/,
    i: /SEGV/,
    j: /deadly signal/,
    k: /SEGV .*targets\/mistakes\.ts/,
  };
  for (const [letter, fault] of Object.entries(faults)) {
    const path = `${scratch}/mistake-${letter}`;
    writeFileSync(path, letter);
    const words = ["-timeout=2", `-artifact_prefix=${path}-`, path];
    const { code, output } = await execute("mistakes", words, 60);
    assert.notEqual(code, 0, letter);
    assert.match(output, fault, letter);
  }
});

test("starts the programs without libfaketime", () => {
  const name = `environment-${process.pid}`;
  const program = `${root}build/fuzz/${name}`;
  writeFileSync(program, "#!/bin/sh\nenv\n", { mode: 0o755 });
  const lines = [
    `import { execute } from "${root}tests/fuzz/libfuzzer.ts";`,
    `console.log((await execute("${name}", [], 10)).output);`,
  ];
  const words = ["--import", "tsx", "--input-type=module", "-e", lines.join("\n")];
  // An empty LD_PRELOAD preloads nothing.
  const env = { ...process.env, LD_PRELOAD: "", FAKETIME: "+1d", OWN: "1" };
  const { stdout } = spawnSync(process.execPath, words, { cwd: root, env, encoding: "utf8" });
  rmSync(program);
  assert.match(stdout, /^OWN=1$/m);
  // faketime sets other variables too, which do nothing without these two.
  assert.doesNotMatch(stdout, /^(LD_PRELOAD|FAKETIME)=/m);
});

test("restores memory between inputs", async () => {
  const own = `${scratch}/alike`;
  mkdirSync(own);
  for (const name of ["x", "y", "z"]) writeFileSync(`${own}/${name}`, name);
  const { code, output } = await execute("mistakes", ["-runs=0", own], 60);
  assert.equal(code, 0, output.slice(-3000));
});
