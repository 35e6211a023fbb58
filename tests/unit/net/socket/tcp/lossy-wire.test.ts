/** TCP against itself over a faulty wire, from seeds; and many connections. */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/tcp-pair.ts");
const HOUR = 3_600_000_000n;
const RESULTS = ["whole", "clean error", "WRONG BYTE", "TOO LONG", "STUCK"];

/** Of 1,000 packets: lost, duplicated, reordered, damaged; delay, reorder delay in microseconds. */
type Faults = [number, number, number, number, number, number];

function transfer(seed: number, faults: Faults, bytes: number, slow = 0, initial = 0) {
  wasm.setFaults(...faults);
  wasm.begin(seed, 1_000_000n);
  const result = wasm.run(bytes, bytes, 100n * HOUR, slow, initial);
  return {
    result: RESULTS[result],
    lost: wasm.lost() as number,
    traceHash: wasm.traceHash() >>> 0,
    seconds: Number(wasm.now()) / 1e6,
  };
}

test("is fast on a clean wire, without a retransmission or time-out", () => {
  const { result, seconds } = transfer(1, [0, 0, 0, 0, 1000, 0], 4 << 20);
  assert.equal(result, "whole");
  assert.equal(wasm.retransmits(), 0n);
  assert.ok(seconds < 2, `${seconds} s`);
});

test("TCP-59: nearly all streams survive loss, duplicates, reordering, damage and delay", () => {
  const losses = [0, 10, 50, 100, 200, 300];
  const lost = losses.map(() => 0);
  let failed = 0;
  let runs = 0;
  for (let seed = 1; seed <= 60; seed++) {
    for (const [index, loss] of losses.entries()) {
      const faults: Faults = [loss, 50, 50, 10, 20_000, seed % 2 === 0 ? 200_000 : 2_000_000];
      const { result, lost: packets } = transfer(seed, faults, 48 * 1024);
      lost[index] += packets;
      assert.ok(result === "whole" || result === "clean error", `seed ${seed} ${loss}: ${result}`);
      runs++;
      if (result !== "whole") failed++;
      assert.ok(loss >= 200 || result === "whole", `seed ${seed}, loss ${loss}: ${result}`);
    }
    wasm.collect();
  }
  assert.ok(failed <= runs / 50, `${failed} of ${runs} ended in an error`);
  const [none, ...some] = lost;
  assert.equal(none, 0);
  assert.ok(
    some.every((count) => count > 60),
    `packets lost: ${lost}`,
  );
});

test("TCP-59: longer streams arrive intact, even at a slow reader", () => {
  for (let seed = 1; seed <= 4; seed++) {
    for (const slow of [0, 1]) {
      const faults: Faults = [20, 20, 50, 5, 10_000, 50_000];
      const { result, lost } = transfer(seed, faults, slow === 0 ? 1 << 20 : 400_000, slow);
      assert.equal(result, "whole");
      assert.ok(lost > 0);
    }
    wasm.collect();
  }
});

test("TCP-59: the same seed gives the same trace", () => {
  const faults: Faults = [100, 50, 50, 10, 20_000, 200_000];
  const first = transfer(77, faults, 100_000);
  assert.equal(transfer(77, faults, 100_000).traceHash, first.traceHash);
  assert.notEqual(transfer(78, faults, 100_000).traceHash, first.traceHash);
});

test("TCP-32: a stream whose sequence numbers wrap survives loss", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const initial = 0xffffffff - 60_000 - seed * 777;
    const faults: Faults = [50, 20, 50, 5, 10_000, 50_000];
    const { result, lost } = transfer(seed, faults, 300_000, 0, initial);
    assert.equal(result, "whole", `seed ${seed}`);
    assert.ok(lost > 0);
  }
});

test("10,000 consecutive connections leak nothing", () => {
  wasm.setFaults(0, 0, 0, 0, 1000, 0);
  wasm.begin(5, 1_000_000n);
  for (let i = 0; i < 500; i++) assert.ok(wasm.exchange(2000), `connection ${i}`);
  wasm.collect();
  const size = wasm.memory.buffer.byteLength;
  for (let i = 500; i < 10_000; i++) {
    assert.ok(wasm.exchange(2000), `connection ${i}`);
    if (i % 100 === 0) wasm.collect();
  }
  wasm.collect();
  assert.equal(wasm.memory.buffer.byteLength, size, "no more memory than after 500");
  assert.equal(wasm.connections(), 0);
  wasm.idle(61_000_000n);
  assert.equal(wasm.timeWaits(), 0);
  assert.equal(wasm.framesAvailable(), 4);
});

test("200 concurrent connections, five times over, complete and leak nothing", () => {
  wasm.setFaults(0, 0, 0, 0, 1000, 0);
  wasm.begin(6, 1_000_000n);
  let size = 0;
  for (let round = 0; round < 5; round++) {
    assert.equal(wasm.concurrent(200, 20_000), 200);
    wasm.idle(1_000_000n);
    wasm.idle(61_000_000n);
    wasm.idle(1_000_000n);
    assert.equal(wasm.connections(), 0);
    assert.equal(wasm.timeWaits(), 0);
    wasm.collect();
    if (round === 1) size = wasm.memory.buffer.byteLength;
  }
  assert.equal(wasm.memory.buffer.byteLength, size);
});
