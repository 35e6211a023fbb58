/** TCP's wire format: the gate, truncations, valid and invalid options, odd flags, urgent data. */
import assert from "node:assert/strict";
import test from "node:test";
import { tcpChecksum, tcpSegment } from "../../../lab/packets/tcp.ts";
import { Random } from "../../../lab/random.ts";
import { load, readBytes, readString, writeBytes } from "../../../lab/scripted/assembly.ts";
import { Bench, GUEST, PEER, pattern, State } from "../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const TRUNCATED = "tcp-truncated";
const HEADER_LENGTH = "tcp-header-length";
const CHECKSUM = "tcp-checksum";
const MSS = [2, 4, 5, 180];

const gate = (bytes: Uint8Array): string =>
  readString(wasm.memory, wasm.dropName(wasm.gate(...writeBytes(wasm, bytes), PEER, GUEST)));
const whole = (more = {}) =>
  tcpSegment({ sourcePort: 80, destinationPort: 4000, sequence: 1, flags: "A", ...more });

test("the gate accepts a valid segment and rejects every truncation", () => {
  const bytes = whole({ payload: pattern(33), options: MSS });
  assert.equal(gate(bytes), "none");
  for (let length = 0; length < bytes.length; length++) {
    const drop = gate(bytes.subarray(0, length));
    if (length < 20) assert.equal(drop, TRUNCATED);
    else if (length < 24) assert.equal(drop, HEADER_LENGTH);
    else assert.equal(drop, CHECKSUM);
  }
});

test("TCP-22: rejects a data offset below 5 or beyond the segment", () => {
  for (const offset of [0, 1, 4, 6, 15]) {
    assert.equal(gate(whole({ offset })), HEADER_LENGTH, String(offset));
  }
});

test("TCP-23: rejects a segment of 19 bytes", () => {
  assert.equal(gate(whole().subarray(0, 19)), TRUNCATED);
});

test("emits a SYN with its options and a correct checksum", () => {
  const pointer = wasm.allocateBytes(28);
  wasm.emitSyn(pointer, 0xfffffff0, 2, GUEST, PEER);
  const bytes = readBytes(wasm, pointer, 28);
  assert.equal(tcpChecksum(GUEST, PEER, bytes), 0);
  assert.deepEqual([...bytes.subarray(20)], [2, 4, 5, 180, 1, 3, 3, 7]);
  assert.equal(bytes[12], 0x70);
});

test("reads options and skips unknown ones", () => {
  const parse = (bytes: number[]) => {
    wasm.parseOptions(...writeBytes(wasm, Buffer.from(bytes)));
    return [wasm.optionSegmentSize(), wasm.optionShift()];
  };
  assert.deepEqual(parse([]), [0, -1]);
  assert.deepEqual(parse([2, 4, 5, 180, 1, 3, 3, 7]), [1460, 7]);
  assert.deepEqual(parse([4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 2, 2, 4, 2, 24]), [536, 2]);
  assert.deepEqual(parse([0, 2, 4, 5, 180]), [0, -1], "nothing after the end of options");
  assert.deepEqual(parse([3, 3, 15]), [0, 14], "TCP-39");
  assert.deepEqual(parse([3, 3, 255]), [0, 14], "TCP-39");
  assert.deepEqual(
    parse([2, 3, 5, 2, 4, 5, 180]),
    [1460, -1],
    "an option of a wrong length is skipped",
  );
  assert.deepEqual(parse([2, 4, 5]), [0, -1]);
  assert.deepEqual(parse([3]), [0, -1]);
});

test("parses random option bytes without hanging", () => {
  const random = new Random(12345);
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.alloc(40);
    for (let k = 0; k < 40; k++) bytes[k] = random.below(9);
    wasm.parseOptions(...writeBytes(wasm, bytes));
  }
});

test("TCP-16: segments have 536 bytes if the MSS is 0 or absent, and at least 88 otherwise", () => {
  const cases: [number[], number][] = [
    [[2, 4, 0, 0], 536],
    [[2, 4, 0, 1], 88],
    [[2, 4, 0, 40], 88],
    [[2, 4, 255, 255], 1460],
    [[], 536],
    [[2, 4, 2, 0], 512],
  ];
  for (const [options, size] of cases) {
    const bench = new Bench(wasm).establish(options);
    assert.equal(bench.state, State.Established);
    bench.write(pattern(3000));
    assert.equal(bench.out()[0].payload.length, size, options.join());
  }
});

test("TCP-17: ignores options of illegal length on a SYN,ACK, and connects", () => {
  for (const options of [
    [2, 0],
    [2, 1],
    [2, 255],
    [5, 0],
    [253, 0],
    [3, 0, 0, 0],
    [1, 1, 1, 8],
  ]) {
    const bench = new Bench(wasm).establish(options);
    assert.equal(bench.state, State.Established, options.join());
    bench.write("fine");
    assert.equal(bench.out()[0].payload.toString(), "fine");
  }
});

test("TCP-18, TCP-19: without SACK-permitted, ignores SACK options of any form and content", () => {
  const bench = new Bench(wasm).establish();
  bench.write(pattern(10000));
  bench.out();
  const block = [255, 255, 255, 255, 0, 0, 0, 1];
  const shapes = [
    [5, 2],
    [5, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [5, 34, ...block, ...block, ...block, ...block],
    [5, 34, 1, 1],
    [1, 1, 5, 10, ...block],
    [5, 10, 0, 0, 0, 9, 0, 0, 0, 2],
  ];
  for (const options of shapes) bench.send("A", 0, 0, { options });
  assert.equal(bench.state, State.Established);
  bench.send("A", 0, 10000);
  assert.equal(wasm.unacknowledgedBytes(bench.connection), 0);
});

test("TCP-39: scales only if the peer offers a scale, and limits the shift to 14", () => {
  const passive = new Bench(wasm);
  passive.accept(80, [2, 4, 5, 180], 500);
  passive.write(pattern(3000));
  assert.equal(passive.out()[0].payload.length, 500, "500 and not 500 << n");
  const active = new Bench(wasm).establish([2, 4, 5, 180, 3, 3, 15], 1000);
  active.send("A", 0, 0, { window: 1 });
  active.write(pattern(20000));
  const flying = active.out().reduce((sum, s) => sum + s.payload.length, 0);
  assert.ok(flying > 10000 && flying <= 16384, `1 << 14 allows 16384: ${flying}`);
});

test("offers a scaled window and applies the scale", () => {
  const bench = new Bench(wasm).establish([2, 4, 5, 180, 3, 3, 7]);
  bench.inject("A", 0, 0, { payload: pattern(1460) });
  const [ack] = bench.send("A", 1460, 0, { payload: pattern(1460) });
  assert.ok(ack.window << 6 > 65535, `window ${ack.window} << 6`);
});

test("TCP-53, TCP-54: ignores AO, MD5, reserved bits and ECN bits", () => {
  const ao = [29, 4, 1, 1];
  const md5 = [19, 18, ...new Array(16).fill(7)];
  for (const options of [ao, md5, [29, 2], [29, 255]]) {
    const bench = new Bench(wasm).establish(options);
    assert.equal(bench.state, State.Established);
    bench.send("PA", 0, 0, { payload: "x", options });
    assert.equal(bench.read().toString(), "x");
  }
  const bench = new Bench(wasm).establish();
  bench.send("PAEC", 0, 0, { payload: "y", reserved: 0xf });
  assert.equal(bench.read().toString(), "y");
  bench.write("z");
  assert.equal(bench.out()[0].flags, "PA");
});

test("TCP-24, TCP-25: delivers urgent data in line, whatever the urgent pointer", () => {
  const connecting = new Bench(wasm);
  connecting.connect();
  connecting.send("SAU", -1, 0, { urgent: 0xffff });
  assert.equal(connecting.state, State.Established);
  const bench = new Bench(wasm).establish();
  let seq = 0;
  for (const urgent of [0, 1, 5, 9, 65535]) {
    bench.send("PAU", seq, 0, { payload: "urgent!", urgent });
    seq += 7;
    bench.send("AU", seq, 0, { urgent });
  }
  assert.equal(bench.read().toString(), "urgent!".repeat(5));
  assert.equal(bench.state, State.Established);
});
