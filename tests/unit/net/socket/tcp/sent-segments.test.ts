/** TCP's record of segments in flight, and the round-trip samples taken from it. */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/tcp-sent-segments.ts");
const NO_SAMPLE = -1n;
const capacity: number = wasm.capacity();

/** Each segment as its end, the time it was last sent, and the number of transmissions. */
function records(): [number, number, number][] {
  return Array.from({ length: wasm.count() }, (_, i) => [
    wasm.endOf(i) >>> 0,
    Number(wasm.sentAt(i)),
    wasm.transmissions(i),
  ]);
}

test("records each segment, and drops those that an ACK covers completely", () => {
  wasm.reset(true);
  wasm.sent(100, 10n);
  wasm.sent(200, 11n);
  wasm.sent(250, 12n);
  assert.deepEqual(records(), [
    [100, 10, 1],
    [200, 11, 1],
    [250, 12, 1],
  ]);
  wasm.acknowledge(199, 20n);
  assert.deepEqual(records(), [
    [200, 11, 1],
    [250, 12, 1],
  ]);
  wasm.acknowledge(250, 21n);
  assert.deepEqual(records(), []);
});

test("takes one sample per round trip, of the segment sent first", () => {
  wasm.reset(true);
  wasm.sent(100, 10n);
  wasm.sent(200, 15n);
  assert.equal(wasm.acknowledge(50, 30n), NO_SAMPLE);
  assert.equal(wasm.acknowledge(100, 40n), 30n);
  assert.equal(wasm.acknowledge(200, 50n), NO_SAMPLE, "another segment was timed when it was sent");
  wasm.sent(300, 60n);
  wasm.sent(400, 70n);
  assert.equal(wasm.acknowledge(400, 75n), 15n, "an ACK beyond the timed segment");
});

test("takes no sample after a retransmission (Karn's algorithm)", () => {
  wasm.reset(true);
  wasm.sent(100, 10n);
  wasm.sent(200, 11n);
  wasm.resent(0, 100, 200, 20n);
  assert.deepEqual(records(), [
    [100, 10, 1],
    [200, 20, 2],
  ]);
  assert.equal(wasm.acknowledge(200, 30n), NO_SAMPLE);
  wasm.sent(300, 40n);
  wasm.stopTiming();
  assert.equal(wasm.acknowledge(300, 50n), NO_SAMPLE);
});

test("a retransmission with other boundaries marks every segment that it overlaps", () => {
  wasm.reset(true);
  for (const end of [100, 200, 300, 400]) wasm.sent(end, 1n);
  wasm.resent(0, 150, 300, 9n);
  assert.deepEqual(
    records().map(([, , transmissions]) => transmissions),
    [1, 2, 2, 1],
  );
  wasm.acknowledge(100, 10n);
  wasm.resent(100, 100, 101, 11n);
  assert.deepEqual(
    records().map(([, , transmissions]) => transmissions),
    [3, 2, 1],
  );
});

test("sequence numbers wrap", () => {
  wasm.reset(true);
  wasm.sent(0xffffff00, 1n);
  wasm.sent(0x80, 2n);
  wasm.resent(0xfffffe00, 0xffffff00, 0x80, 3n);
  assert.deepEqual(records(), [
    [0xffffff00, 1, 1],
    [0x80, 3, 2],
  ]);
  wasm.acknowledge(0x10, 4n);
  assert.deepEqual(records(), [[0x80, 3, 2]]);
});

test("a full record merges the oldest segment into the next one", () => {
  wasm.reset(true);
  wasm.sent(10, 0n);
  wasm.acknowledge(10, 1n);
  wasm.sent(20, 2n);
  wasm.stopTiming();
  wasm.resent(10, 10, 20, 3n);
  for (let i = 1; i < capacity; i++) wasm.sent(20 + i * 10, BigInt(10 + i));
  wasm.stopTiming();
  assert.equal(wasm.count(), capacity);
  wasm.sent(5000, 999n);
  assert.equal(wasm.count(), capacity);
  assert.deepEqual(records()[0], [30, 11, 2], "it covers bytes 10 to 30");
  assert.deepEqual(records()[capacity - 1], [5000, 999, 1]);
});

test("a full record keeps the timed segment, and its sample is exact", () => {
  wasm.reset(true);
  for (let i = 1; i <= capacity + 10; i++) wasm.sent(i * 10, BigInt(i));
  assert.equal(wasm.count(), capacity);
  assert.deepEqual(records()[0], [10, 1, 1]);
  assert.deepEqual(records()[1], [120, 12, 1], "the neighbors of the timed one were merged");
  assert.equal(wasm.acknowledge(10, 501n), 500n);
});

test("holds one segment before storage is allocated, and moves it there", () => {
  wasm.reset(false);
  wasm.sent(1, 5n);
  wasm.resent(0, 0, 1, 8n);
  assert.deepEqual(records(), [[1, 8, 2]]);
  assert.equal(wasm.acknowledge(1, 9n), NO_SAMPLE);
  wasm.sent(2, 10n);
  wasm.allocate();
  wasm.sent(100, 11n);
  assert.deepEqual(records(), [
    [2, 10, 1],
    [100, 11, 1],
  ]);
  assert.equal(wasm.acknowledge(100, 30n), 20n);
});
