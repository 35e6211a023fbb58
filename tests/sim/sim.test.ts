/** A small run of the simulator (docs/simulator.md): 200 worlds from fixed seeds, and a soak. */
import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import test from "node:test";
import { makePlan } from "./plan.ts";
import { runWorlds } from "./processes.ts";
import { runWorld } from "./run-world.ts";
import { soak } from "./soak.ts";

test("200 worlds run without a failure", { timeout: 400_000 }, async () => {
  const reports = await runWorlds(1, 200, availableParallelism());
  const failed = reports.filter(({ failures }) => failures.length > 0);
  const words = failed.map(({ seed, failures }) => `make sim SEED=${seed}: ${failures[0]}`);
  assert.deepEqual(words, []);
  assert.equal(reports.length, 200);
});

test("SYS-11: a seed determines every frame, time and console", async () => {
  for (const seed of [7, 77]) {
    const [first, second] = [await runWorld(makePlan(seed)), await runWorld(makePlan(seed))];
    assert.equal(first.trace, second.trace);
    assert.equal(first.frames, second.frames);
  }
  const [one, other] = [await runWorld(makePlan(7)), await runWorld(makePlan(8))];
  assert.notEqual(one.trace, other.trace);
});

test("SYS-01, SYS-02: a soak past 2^32 ms of uptime returns to the baseline", async () => {
  const { failures, storms, seconds, after } = await soak(1, 2200, 20);
  assert.deepEqual(failures, []);
  assert.ok(storms >= 12 && after.length === 2, `${storms} storms`);
  assert.ok(seconds > 2 ** 32 / 1000);
});
