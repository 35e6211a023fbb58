/** TLS's start: entropy, the library's seed, and the clock (TLS-49). */
import assert from "node:assert/strict";
import { beforeEach, suite, test } from "node:test";
import { type Exports, load, readBytes, readString } from "../../../lab/scripted/assembly.ts";

suite("the TLS engine", () => {
  let wasm: Exports;
  let calls: string[] = [];
  let result = 0;
  /** The seeds that the library was given. */
  let seeds: string[] = [];

  beforeEach(async () => {
    calls = [];
    seeds = [];
    result = 0;
    wasm = await load("tests/lab/entries/tls-engine.ts", {
      timestamp: () => 1n,
      tlsAddEntropy: (pointer: number, length: number, bits: number) => {
        calls.push(`entropy ${length} ${bits}`);
        seeds.push(readBytes(wasm, pointer, length).toString("hex"));
      },
      tlsSetTime: (seconds: bigint) => calls.push(`time ${seconds}`),
      tlsStart: () => {
        calls.push("start");
        return result;
      },
    });
  });
  const obstacle = (words: number, bytes: number, healthy: boolean) =>
    readString(wasm.memory, wasm.obstacle(words, bytes, healthy));

  test("does not start without entropy, and reports the sources found", () => {
    assert.equal(
      obstacle(0, 0, false),
      "TLS is not available: not enough entropy (seeded from timing jitter (no RDRAND); " +
        "health tests failed)",
    );
    assert.deepEqual(calls, []);
    assert.notEqual(obstacle(3, 31, false), "");
    assert.deepEqual(calls, []);
  });

  test("starts with any good source", () => {
    for (const [words, bytes, healthy] of [
      [4, 0, false],
      [0, 32, false],
      [0, 0, true],
    ] as const) {
      calls = [];
      assert.equal(obstacle(words, bytes, healthy), "");
      assert.deepEqual(calls, ["entropy 64 256", "time 1795356430", "start"]);
    }
    assert.equal(new Set(seeds).size, 1);
    assert.doesNotMatch(seeds[0], /^(00)+$/);
  });

  test("reports that the library fails to start", () => {
    result = -0x6c00;
    assert.equal(obstacle(8, 64, true), "TLS is not available: error -0x6c00");
  });

  test("states the clock's time and source, for certificates that are rejected by date", () => {
    assert.equal(
      readString(wasm.memory, wasm.clock()),
      "the clock says Sun Nov 22 14:07:10 UTC 2026 (a test)",
    );
  });
});
