/** What compiler-config/pack.ts packs, machine/native/unpack.c unpacks. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { pack } from "../../compiler-config/pack.ts";
import { REAL_TIME, root } from "../lab/host/process.ts";
import { Random } from "../lab/random.ts";

const folder = mkdtempSync(`${tmpdir()}/anonymos-unpack-`);
after(() => rmSync(folder, { recursive: true }));
const program = `${folder}/unpack`;
const source = `${root}tests/tools/unpack-main.c`;
execFileSync("gcc", ["-O1", "-fsanitize=address,undefined", source, "-o", program]);

/** Packs and unpacks bytes, and returns the size packed. */
function roundTrip(bytes: Uint8Array, step: number): number {
  const packed = pack(bytes, step);
  const [env, ...words] = [...REAL_TIME, program, `${step}`];
  const again = execFileSync(env, words, { input: packed, maxBuffer: 1 << 20 });
  assert.ok(again.equals(bytes), `${bytes.length} bytes differ`);
  return packed.length;
}

test("unpacks nothing, one byte, and runs", () => {
  for (const length of [0, 1, 2, 3, 70_000]) {
    for (const step of [1, 2]) roundTrip(new Uint8Array(length).fill(7), step);
  }
});

test("unpacks random bytes and repetitions of all lengths and distances", () => {
  const random = new Random(1);
  for (let i = 0; i < 6; i++) {
    const bytes = random.bytes(random.between(1, 10_000));
    for (let copies = random.between(0, 200); copies > 0; copies--) {
      const from = random.between(0, bytes.length - 1);
      const length = random.between(1, 2 ** random.between(1, 10));
      bytes.copyWithin(random.between(0, bytes.length - 1), from, from + length);
    }
    roundTrip(bytes, 1 + (i % 2));
  }
});

test("packs the table for backtraces to less than two thirds", () => {
  const table = readFileSync(`${root}build/symbols.bin`);
  assert.ok(roundTrip(table, 1) < (table.length * 2) / 3);
});
