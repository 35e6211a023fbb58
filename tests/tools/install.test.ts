/** The installation script when nothing is missing, and when asked for an unknown group. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { root } from "../lab/host/process.ts";

function install(...groups: string[]) {
  const words = [`${root}compiler-config/install.sh`, ...groups];
  return spawnSync("sh", words, { cwd: root, encoding: "utf8" });
}

test("is silent and fast if nothing is missing", () => {
  assert.equal(install().status, 0);
  const times = [1, 2, 3].map(() => {
    const begun = performance.now();
    const { status, stdout, stderr } = install();
    assert.equal(`${status}${stdout}${stderr}`, "0");
    return performance.now() - begun;
  });
  assert.ok(Math.min(...times) < 500, `it took ${times} ms`);
});

test("rejects an unknown group, and lists the known ones", () => {
  const { status, stderr } = install("frobnicate");
  assert.equal(status, 1);
  assert.match(stderr, /^install: there is no group 'frobnicate': build, run, test, date or debug/);
});
