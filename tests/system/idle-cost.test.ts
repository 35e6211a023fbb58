/** Idle connections cost nothing: what a packet costs does not depend on how many there are. */
import assert from "node:assert/strict";
import test from "node:test";
import { costs, NAMES } from "../../tools/bench/idle-cost.ts";

/** Between two powers of two, so that no table of connections doubles during the measurement. */
const MANY = 3000;

test(`packets and turns cost the same with ${MANY} idle connections as with 10`, async () => {
  const few = await costs(10);
  const many = await costs(MANY);
  for (const name of NAMES) {
    const growth = many[name] / few[name];
    assert.ok(growth < 1.1, `${name}: ${few[name]} instructions, then ${many[name]}`);
  }
});
