/** The installation where nothing is missing, and where it is asked for what it does not know. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { root } from "../lab/host/process.ts";

function install(...groups: string[]) {
  const words = [`${root}compiler-config/install.sh`, ...groups];
  return spawnSync("sh", words, { cwd: root, encoding: "utf8" });
}

test("where nothing is missing it says nothing, and is fast", () => {
  assert.equal(install().status, 0);
  const times = [1, 2, 3].map(() => {
    const begun = performance.now();
    const { status, stdout, stderr } = install();
    assert.equal(`${status}${stdout}${stderr}`, "0");
    return performance.now() - begun;
  });
  assert.ok(Math.min(...times) < 500, `it took ${times} ms`);
});

test("a group that it does not know is named, with those that it does", () => {
  const { status, stderr } = install("frobnicate");
  assert.equal(status, 1);
  assert.match(stderr, /^install: there is no group 'frobnicate': build, run, test, date or debug/);
});
