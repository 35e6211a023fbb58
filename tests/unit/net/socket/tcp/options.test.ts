/** TCP options on segments other than SYNs, received and sent (RFC 9293 section 3.1, MUST-5). */
import assert from "node:assert/strict";
import test from "node:test";
import { load, writeBytes } from "../../../../lab/scripted/assembly.ts";
import { Bench, Icmp, pattern, SECOND, State } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");

const TIMESTAMPS = [1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9];
const wellFormed: [string, number[]][] = [
  ["timestamps", TIMESTAMPS],
  ["an unknown option", [253, 6, 1, 2, 3, 4, 1, 1]],
  ["40 bytes", Array.from({ length: 40 }, () => 1)],
  ["a segment size, valid only in a SYN", [2, 4, 0, 100]],
  ["a window scale, valid only in a SYN", [3, 3, 9, 0]],
];
const malformed: [string, number[]][] = [
  ["a length of 0", [8, 0, 1, 1]],
  ["a length of 1", [8, 1, 1, 1]],
  ["a length beyond the header", [8, 40, 1, 1]],
  ["a kind without a length", [1, 1, 1, 8]],
  ["garbage after the end of the list", [0, 2, 4, 255]],
];

test("delivers data that follows options, well-formed or not", () => {
  for (const [what, options] of [...wellFormed, ...malformed]) {
    const bench = new Bench(wasm).establish();
    bench.send("PA", 0, 0, { options, payload: "hello " });
    bench.send("PA", 6, 0, { options, payload: "world", window: 1000 });
    assert.equal(bench.read().toString(), "hello world", what);
    bench.send("A", 11, 0, { options });
    assert.equal(bench.state, State.Established, what);
    assert.equal(wasm.segmentSize(bench.connection), 1460, what);
  }
});

test("ignores the window scale option of a segment that is not a SYN", () => {
  const bench = new Bench(wasm).establish();
  bench.send("A", 0, 0, { options: [3, 3, 9, 0], window: 2920 });
  bench.write(pattern(5000));
  assert.equal(
    bench.out().reduce((sum, { payload }) => sum + payload.length, 0),
    2920,
  );
});

test("does not apply an earlier segment's options to a SYN without options", () => {
  const bench = new Bench(wasm).establish();
  bench.send("A", 0, 0, { options: [2, 4, 0, 200, 3, 3, 9, 0] });
  bench.connect();
  bench.send("SA", -1, 0, { options: [] });
  assert.equal(bench.state, State.Established);
  assert.equal(wasm.segmentSize(bench.connection), 536);
});

test("options on every segment shrink the payload of full-sized segments", () => {
  const bench = new Bench(wasm);
  bench.connect();
  wasm.carryOptions(bench.connection, ...writeBytes(wasm, Buffer.from(TIMESTAMPS)));
  const [ack] = bench.send("SA", -1, 0, { options: [2, 4, 5, 180] });
  assert.deepEqual(ack.options, TIMESTAMPS);
  assert.ok(ack.checksumRight);
  const data = pattern(4000);
  bench.write(data);
  const out = bench.out();
  assert.deepEqual(
    out.map(({ payload, options, checksumRight }) => [payload.length, options, checksumRight]),
    [
      [1448, TIMESTAMPS, true],
      [1448, TIMESTAMPS, true],
      [1104, TIMESTAMPS, true],
    ],
  );
  assert.deepEqual(Buffer.concat(out.map(({ payload }) => payload)), data);
  const [again] = bench.advance(2 * SECOND);
  assert.equal(again.payload.length, 1448);
  assert.deepEqual(again.options, TIMESTAMPS);
});

test("packets with options on every segment fit a smaller path MTU", () => {
  const bench = new Bench(wasm);
  bench.connect();
  wasm.carryOptions(bench.connection, ...writeBytes(wasm, Buffer.from(TIMESTAMPS)));
  bench.send("SA", -1, 0, { options: [2, 4, 5, 180] });
  bench.write(pattern(4000));
  bench.out();
  bench.icmp(Icmp.FragmentationNeeded, 0, 1000);
  assert.equal(wasm.segmentSize(bench.connection), 1000 - 20 - 20 - 12);
  bench.icmp(Icmp.FragmentationNeeded, 0, 1000);
  assert.equal(wasm.segmentSize(bench.connection), 1000 - 20 - 20 - 12, "the same MTU");
});
