/** `make bench` measures the rows whose names contain the text in ROWS, and only those. */
import assert from "node:assert/strict";
import test from "node:test";
import { root, run } from "../lab/host/process.ts";

const bench = (rows: string) =>
  run(["env", `ROWS=${rows}`, "RUNS=1", "node", "--import", "tsx", "tools/bench/run.ts"], {
    cwd: root,
  });

test("ROWS may be any part of the name of a row", async () => {
  const { code, output } = await bench("TypeScript of the");
  assert.equal(code, 0, output);
  const [, empty, ...rows] = output.trimEnd().split("\n");
  assert.equal(empty, "");
  assert.equal(rows.length, 1, output);
  assert.match(rows[0], /^lines of TypeScript of the kernel +\d+ in \d+ files$/);
});

test("ROWS that are in no name fail", async () => {
  const { code, output } = await bench("no such row");
  assert.notEqual(code, 0);
  assert.match(output, /no row has "no such row" in its name/);
});
