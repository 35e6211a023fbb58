/** Recovery from loss (net/socket/tcp/loss/recovery.ts), as far as packets cannot show it soon. */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/recovery.ts");

/** Loses one of ten segments, and repairs it. Returns whether three duplicate ACKs found it. */
function lose(): boolean {
  wasm.send(10);
  for (let i = 0; i < 3; i++) wasm.acknowledge(0);
  const found = wasm.isRecovering();
  wasm.acknowledge(10_000);
  return Boolean(found);
}

test("duplicate ACKs find a loss however much was sent since the last one", () => {
  wasm.open();
  assert.ok(lose(), "at the beginning");
  for (const rounds of [1, 2047, 3000]) {
    wasm.pass(rounds, 1 << 20);
    assert.ok(lose(), `${rounds} MiB later`);
  }
});
