/** The event loop's list of pollables (core/pollable.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../lab/scripted/assembly.ts";

const NEVER = 2n ** 63n - 1n;

test("polls every member, and is due when its earliest member is", async () => {
  const wasm = await load("tests/lab/entries/pollable.ts");
  const one: number = wasm.add();
  const other: number = wasm.add();
  wasm.start(one, 3);
  wasm.start(other, 2);
  assert.equal(wasm.pollAt(100n), 102n);
  assert.equal(wasm.poll(100n), 1);
  assert.deepEqual([wasm.polls(one), wasm.polls(other)], [1, 1]);
  assert.equal(wasm.pollAt(100n), 101n);
});

test("skips a dormant member until it is restarted", async () => {
  const wasm = await load("tests/lab/entries/pollable.ts");
  const one: number = wasm.add();
  const other: number = wasm.add();
  wasm.start(other, 3);
  for (let turn = 0; turn < 5; turn++) wasm.poll(0n);
  assert.deepEqual([wasm.polls(one), wasm.polls(other)], [1, 3]);
  assert.equal(wasm.poll(0n), 0);
  assert.equal(wasm.pollAt(0n), NEVER);
  wasm.start(one, 1);
  assert.equal(wasm.pollAt(7n), 8n);
  wasm.poll(7n);
  assert.deepEqual([wasm.polls(one), wasm.polls(other)], [2, 3]);
});
