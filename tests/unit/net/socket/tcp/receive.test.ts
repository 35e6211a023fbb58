/** TCP's receiver: reassembly, overlaps, the window's edge, FIN out of order, small windows. */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, pattern, SECOND, State } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const established = () => new Bench(wasm).establish();
const BUFFER = 131072;

/** Sends until the window is closed, without reading; returns the bytes accepted. */
function fill(bench: Bench): number {
  let sent = 0;
  for (let i = 0; i < 400; i++) {
    const out = bench.send("A", sent, 0, { payload: pattern(1460, sent) });
    sent = wasm.readable(bench.connection);
    if (out.some((s) => s.window === 0)) break;
  }
  return sent;
}

test("reassembles segments in any order, and ignores duplicates", () => {
  const bench = established();
  const data = pattern(1000);
  for (const at of [300, 100, 900, 700, 100, 500, 200, 800, 400, 600, 300]) {
    bench.send("A", at, 0, { payload: data.subarray(at, at + 100) });
  }
  assert.equal(wasm.readable(bench.connection), 0);
  const [ack] = bench.send("A", 0, 0, { payload: data.subarray(0, 100) });
  assert.equal(bench.fromPeer(ack.acknowledgment), 1000);
  assert.deepEqual(bench.read(), data);
});

test("sends a duplicate ACK for each out-of-order segment", () => {
  const bench = established();
  for (let i = 1; i <= 3; i++) bench.inject("A", i * 1000, 0, { payload: pattern(1000) });
  const acks = bench.out();
  assert.equal(acks.length, 3);
  assert.ok(acks.every((s) => bench.fromPeer(s.acknowledgment) === 0));
});

test("TCP-27: keeps the byte that arrived first where segments overlap, in every order", () => {
  const bench = established();
  bench.send("A", 500, 0, { payload: "A".repeat(1000) });
  const [ack] = bench.send("A", 0, 0, { payload: "B".repeat(1000) });
  assert.equal(bench.fromPeer(ack.acknowledgment), 1500);
  assert.equal(bench.read().toString(), "B".repeat(500) + "A".repeat(1000));
  bench.send("A", 2000, 0, { payload: "C".repeat(100) });
  bench.send("A", 1900, 0, { payload: "D".repeat(300) });
  bench.send("A", 1500, 0, { payload: "E".repeat(800) });
  const expected = "E".repeat(400) + "D".repeat(100) + "C".repeat(100) + "D".repeat(100);
  assert.equal(bench.read().toString(), `${expected}${"E".repeat(100)}`);
});

test("handles every overlap of two segments like a model that keeps the first byte", () => {
  for (let from = 10; from < 40; from += 3) {
    for (let length = 1; length < 40; length += 3) {
      const bench = established();
      const model = new Array<number>(90).fill(0);
      const put = (at: number, count: number, value: number) => {
        bench.inject("A", at, 0, { payload: Buffer.alloc(count, value) });
        for (let i = at; i < at + count; i++) model[i] ||= value;
      };
      put(20, 10, 65);
      put(50, 5, 66);
      put(from, length, 67);
      put(0, 90, 68);
      assert.deepEqual([...bench.read()], model, `${from}+${length}`);
    }
  }
});

test("TCP-28: keeps few of 10,000 one-byte segments, and completes the stream", () => {
  const bench = established();
  for (let i = 0; i < 10000; i++) bench.inject("A", 1 + 2 * i, 0, { payload: "x" });
  assert.ok(wasm.pieces(bench.connection) <= 2048);
  bench.out();
  const data = pattern(30000);
  for (let at = 0; at < 30000; at += 1000) {
    bench.send("A", at, 0, { payload: data.subarray(at, at + 1000) });
  }
  const read = bench.read();
  assert.equal(read.length, 30000);
  assert.ok(read.every((byte, i) => byte === data[i] || byte === 120));
  assert.equal(wasm.pieces(bench.connection), 0);
});

test("TCP-29: trims a segment at the window's edge", () => {
  const bench = established();
  bench.send("A", 65535 - 10, 0, { payload: pattern(100) });
  for (let at = 0; at < 65525; at += 1500) {
    const length = Math.min(1500, 65525 - at);
    bench.inject("A", at, 0, { payload: pattern(length) });
  }
  assert.equal(wasm.readable(bench.connection), 65535);
});

test("TCP-30: drops a segment outside the window, and replies with an ACK", () => {
  const bench = established();
  for (const seq of [65535 + 50000, 65535, -70000]) {
    const [ack] = bench.send("A", seq, 0, { payload: pattern(1000) });
    assert.equal(bench.fromPeer(ack.acknowledgment), 0);
  }
  assert.equal(bench.send("A", 0, 0, { payload: pattern(65000) }).length, 1);
  assert.equal(wasm.readable(bench.connection), 65000);
});

test("TCP-31: a FIN takes effect only when all data before it has arrived", () => {
  const bench = established();
  bench.send("FA", 100, 0, { payload: "tail" });
  assert.equal(bench.state, State.Established);
  bench.send("FA", 50, 0, { payload: "x" });
  bench.send("FA", 200, 0);
  assert.equal(bench.state, State.Established);
  const [ack] = bench.send("A", 0, 0, { payload: pattern(100) });
  assert.equal(bench.state, State.CloseWait);
  assert.equal(bench.fromPeer(ack.acknowledgment), 105);
  assert.equal(bench.read().length, 104);
});

test("TCP-32: sequence numbers wrap in both directions, in order and out of order", () => {
  const bench = new Bench(wasm);
  bench.peerInitial = 0xffffffef;
  bench.connection = wasm.connect(BigInt(bench.now), 0x0a000202, 80);
  wasm.forceInitial(bench.connection, 0xfffff000);
  const [syn] = bench.out();
  bench.guestPort = syn.sourcePort;
  bench.guestInitial = syn.sequence;
  bench.send("SA", -1, 0, { options: [2, 4, 5, 180] });
  const data = pattern(64);
  bench.send("A", 32, 0, { payload: data.subarray(32) });
  bench.send("A", 8, 0, { payload: data.subarray(8, 16) });
  bench.send("A", 0, 0, { payload: data.subarray(0, 32) });
  assert.deepEqual(bench.read(), data);
  bench.write(pattern(10000));
  const out = bench.out();
  assert.deepEqual(Buffer.concat(out.map((s) => s.payload)), pattern(10000));
  bench.send("A", 64, 3000);
  assert.equal(wasm.unacknowledgedBytes(bench.connection), 7000);
  bench.send("A", 64, 10000);
  assert.equal(wasm.unacknowledgedBytes(bench.connection), 0);
});

test("TCP-33: never delivers data beyond the FIN", () => {
  const bench = established();
  bench.send("FPA", 0, 0, { payload: "end" });
  const out = bench.send("PA", 4, 0, { payload: "more" });
  assert.ok(out.every((s) => s.flags === "A" && bench.fromPeer(s.acknowledgment) === 4));
  assert.equal(bench.read().toString(), "end");
  const other = established();
  other.send("FA", 10, 0);
  other.send("PA", 10, 0, { payload: "behind it" });
  other.send("PA", 0, 0, { payload: "x".repeat(30) });
  assert.equal(other.read().toString(), "x".repeat(10));
});

test("closes the window when the buffer is full, and reopens it with one update", () => {
  const bench = established();
  const taken = fill(bench);
  assert.ok(taken > BUFFER - 1460 && taken <= BUFFER, `${taken} bytes`);
  const [ack] = bench.send("A", taken, 0, { payload: "?" });
  assert.equal(ack.window, 0);
  assert.equal(bench.fromPeer(ack.acknowledgment), taken);
  assert.deepEqual(bench.read(), pattern(taken));
  const updates = bench.out();
  assert.equal(updates.length, 1);
  assert.equal(updates[0].window, 65535);
});

test("processes the ACK number of a probe of the closed window", () => {
  const bench = established();
  const taken = fill(bench);
  bench.write(pattern(1000));
  bench.out();
  bench.send("A", taken, 1000, { payload: "?" });
  assert.equal(wasm.unacknowledgedBytes(bench.connection), 0);
});

test("TCP-38: opens the window in steps of a segment while data is read byte by byte", () => {
  const bench = established();
  fill(bench);
  bench.take();
  let updates = 0;
  for (let i = 0; i < 5000; i++) {
    bench.read(1);
    updates += bench.out().length;
  }
  assert.ok(updates >= 1 && updates <= 5000 / 1460 + 1, `${updates} updates for 5000 bytes`);
});

test("acknowledges one-byte segments without changing the window", () => {
  const bench = established();
  for (let i = 0; i < 2000; i++) {
    bench.inject("PA", i, 0, { payload: "x" });
    bench.read(1);
  }
  const [ack] = bench.advance(SECOND);
  assert.equal(ack.window, 65535);
});
