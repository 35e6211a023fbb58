/** TCP options on segments other than SYNs, received and sent (RFC 9293 section 3.1, MUST-5). */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
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

/** Connects with timestamps; returns the last of those that the guest sent. */
function withTimestamps(): [Bench, number] {
  const bench = new Bench(wasm);
  const sent = Buffer.from(bench.connect().options).readUInt32BE(8);
  const echo = [sent >>> 24, (sent >>> 16) & 255, (sent >>> 8) & 255, sent & 255];
  const options = [2, 4, 5, 180, 1, 1, 8, 10, 0, 0, 0, 7, ...echo];
  const [ack] = bench.send("SA", -1, 0, { options });
  assert.deepEqual(ack.options, [1, 1, 8, 10, ...echo, 0, 0, 0, 7]);
  return [bench, sent];
}

test("timestamps on every segment shrink the payload of full-sized segments", () => {
  const [bench, first] = withTimestamps();
  const data = pattern(4000);
  bench.now += 3000;
  bench.write(data);
  const out = bench.out();
  const options = [1, 1, 8, 10, ...out[0].options.slice(4, 8), 0, 0, 0, 7];
  assert.equal(Buffer.from(options).readUInt32BE(4), (first + 3) >>> 0);
  assert.deepEqual(
    out.map(({ payload, options, checksumRight }) => [payload.length, options, checksumRight]),
    [
      [1448, options, true],
      [1448, options, true],
      [1104, options, true],
    ],
  );
  assert.deepEqual(Buffer.concat(out.map(({ payload }) => payload)), data);
  const [again] = bench.advance(2 * SECOND);
  assert.equal(again.payload.length, 1448);
});

test("packets with timestamps fit a smaller path MTU", () => {
  const [bench] = withTimestamps();
  bench.write(pattern(4000));
  bench.out();
  bench.icmp(Icmp.FragmentationNeeded, 0, 1000);
  assert.equal(wasm.segmentSize(bench.connection), 1000 - 20 - 20 - 12);
  bench.icmp(Icmp.FragmentationNeeded, 0, 1000);
  assert.equal(wasm.segmentSize(bench.connection), 1000 - 20 - 20 - 12, "the same MTU");
});
