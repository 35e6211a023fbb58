/** `make run`: the main job against the stand-in network. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { checkLines } from "../lab/host/console.ts";
import { Child, root } from "../lab/host/process.ts";

const words = ["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "make", "--no-print-directory", "run"];

test("two `make run` at once each check all steps, and clean up", async (t) => {
  const runs = [1, 2].map((number) => new Child(`make run ${number}`, words, { input: true }));
  t.after(async () => {
    for (const run of runs) await run.stop("SIGTERM");
  });
  for (const run of runs) {
    const done = /\[exit (\d+)\] check\b[\s\S]*anonymos> $/;
    const match = await run.until("the prompt", () => done.exec(run.output) ?? undefined, 120_000);
    assert.equal(match[1], "0", run.output);
    const lines = checkLines(run.output.replaceAll("\r", ""));
    assert.equal(lines.length, 8, run.output);
    assert.ok(
      lines.every((line) => line.verdict === "ok"),
      run.output,
    );
    run.write("echo typed $?\r");
    await run.until("an answer", () => run.output.includes("\ntyped 0") || undefined, 10_000);
    run.write("nslookup mainnet.era.zksync.io; echo looked up $?\r");
    await run.until("the name", () => run.output.includes("\nlooked up 0") || undefined, 10_000);
    assert.doesNotMatch(run.output, /server can't find/);
    // The examples of the help work: the name has the usual port.
    run.write("rpc https://mainnet.era.zksync.io eth_chainId && check; echo checked $?\r");
    await run.until("a check", () => run.output.includes("\nchecked 0") || undefined, 20_000);
  }
  const folders = runs.map((run) => /build\/run-\d+/.exec(run.output)?.[0] ?? "");
  for (const run of runs) {
    run.write("poweroff\r");
    assert.equal(await run.exit(20_000), 0, run.output);
  }
  for (const folder of folders) assert.ok(folder === "" || !existsSync(root + folder), folder);
});

test("make run APP= builds a user's program into the kernel", async (t) => {
  const program = "APP=examples/name-watch.ts";
  const run = new Child("make run APP=", [...words, program], { input: true });
  t.after(() => run.stop("SIGTERM"));
  const said = /name-watch: mainnet\.era\.zksync\.io is 10\.0\.2\.100/;
  await run.until("its first words", () => said.test(run.output) || undefined, 240_000);
});

test("make run without a terminal ends after the check", async (t) => {
  const run = new Child("make run", words, { input: false });
  t.after(() => run.stop("SIGTERM"));
  assert.equal(await run.exit(120_000), 0, run.output);
  assert.match(run.output, /\[exit 0\] check/);
});

test("make run uses its own web server where nginx cannot run", async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/anonymos-without-nginx-`);
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(`${folder}/nginx`, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const run = new Child("make run", ["env", `PATH=${folder}:${process.env.PATH}`, ...words]);
  t.after(() => run.stop("SIGTERM"));
  assert.equal(await run.exit(120_000), 0, run.output);
  assert.match(run.output, /^run: nginx cannot run here/m);
  assert.match(run.output, /^run: a small web server with TLS stands in for it on 127/m);
  assert.match(run.output, /\[exit 0\] check/);
  const lines = checkLines(run.output.replaceAll("\r", ""));
  assert.deepEqual(
    lines.map((line) => line.verdict),
    Array.from({ length: 8 }, () => "ok"),
  );
});
