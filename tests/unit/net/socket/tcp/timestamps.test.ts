/** Timestamps: the clock, the limits and the counters (RFC 7323); see also tests/packetdrill/. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Sent } from "../../../../lab/packets/tcp.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import {
  Bench,
  PEER,
  pattern,
  SECOND,
  State,
  timestampsOption,
} from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const DAY = 24 * 60 * 60 * SECOND;
const MILLISECOND = SECOND / 1000;

/** TSval and TSecr of a segment that is not a SYN. */
function read(segment: Sent): [value: number, echo: number] {
  assert.deepEqual(segment.options.slice(0, 4), [1, 1, 8, 10]);
  const bytes = Buffer.from(segment.options);
  return [bytes.readUInt32BE(4), bytes.readUInt32BE(8)];
}

/** Opens a connection at `now`, when the peer's clock shows `clock`. Returns the guest's clock. */
function connect(bench: Bench, clock: number): number {
  const value = Buffer.from(bench.connect().options).readUInt32BE(8);
  bench.send("SA", -1, 0, { options: [2, 4, 5, 180, ...timestampsOption(clock, value)] });
  assert.equal(bench.state, State.Established);
  return value;
}

test("TCP-40: an old timestamp or an echo of nothing sent changes nothing; a RST is exempt", () => {
  const bench = new Bench(wasm);
  const own = connect(bench, 1000);
  const before = bench.counter("TcpExtPAWSEstab");
  bench.send("A", 0, 0, { payload: "new", options: timestampsOption(1001, own) });
  assert.equal(bench.read().toString(), "new");
  bench.advance(SECOND);
  const [ack] = bench.send("A", 3, 0, { payload: "old", options: timestampsOption(999, own) });
  assert.deepEqual(read(ack)[1], 1001);
  assert.equal(bench.fromPeer(ack.acknowledgment), 3);
  assert.equal(wasm.readable(bench.connection), 0);
  assert.equal(bench.counter("TcpExtPAWSEstab"), (before ?? 0) + 1);
  // The echo of a timestamp to come is no measurement.
  bench.write(pattern(100));
  bench.out();
  const roundTrip = wasm.roundTrip(bench.connection);
  bench.advance(2 * SECOND);
  bench.send("A", 3, 100, { options: timestampsOption(1002, own + 1_000_000) });
  assert.equal(bench.unacknowledgedOf(), 100);
  assert.equal(wasm.roundTrip(bench.connection), roundTrip);
  bench.send("R", 3, 0, { options: timestampsOption(1, 0) });
  assert.equal(bench.state, State.Closed);
});

test("TCP-41: segments without the option are accepted, and do not end the connection", () => {
  const bench = new Bench(wasm);
  connect(bench, 1000);
  for (let at = 0; at < 10; at++) bench.send("A", at, 0, { payload: "x" });
  assert.equal(bench.read().length, 10);
  assert.equal(bench.state, State.Established);
});

test("a timestamp that is 24 days old is not compared", () => {
  for (const [days, accepted] of [
    [23, 0],
    [25, 4],
  ]) {
    const bench = new Bench(wasm);
    const own = connect(bench, 0x80000000);
    bench.advance(days * DAY);
    bench.send("A", 0, 0, { payload: "data", options: timestampsOption(0x7fffffff, own) });
    assert.equal(wasm.readable(bench.connection), accepted, `${days} days`);
  }
});

test("old segments without data draw a limited number of ACKs", () => {
  const bench = new Bench(wasm);
  const own = connect(bench, 1000);
  let acks = 0;
  for (let i = 0; i < 1000; i++) {
    acks += bench.send("A", 0, 0, { options: timestampsOption(1, own) }).length;
  }
  assert.ok(acks >= 5 && acks <= 10, `${acks}`);
});

test("the clock ticks every millisecond, wraps, and still measures", () => {
  const bench = new Bench(wasm);
  const first = connect(bench, 1000);
  // Ten ticks before the clock wraps.
  bench.now += ((2 ** 32 - first - 10) % 2 ** 32) * MILLISECOND;
  bench.write(pattern(100));
  const [sent] = bench.out();
  assert.equal(read(sent)[0], 2 ** 32 - 10);
  const later = read(bench.advance(2 * SECOND).at(-1)!)[0];
  assert.ok(later < 2000, `${later}`);
  bench.now += 20 * MILLISECOND;
  const backedOff = Number(wasm.timeoutOf(bench.connection));
  bench.send("A", 0, 100, { options: timestampsOption(2000, later) });
  assert.ok(Number(wasm.timeoutOf(bench.connection)) < backedOff, "the backoff is over");
});

test("the clock's offset is the same for all connections between two hosts, only for them", () => {
  const bench = new Bench(wasm);
  const clockOf = (peer: number): number => {
    wasm.connect(BigInt(bench.now), peer, 80);
    return Buffer.from(bench.out()[0].options).readUInt32BE(8);
  };
  const own = clockOf(PEER);
  bench.now += 5 * MILLISECOND;
  assert.equal(clockOf(PEER), (own + 5) >>> 0);
  assert.notEqual(clockOf(PEER + 1), (own + 5) >>> 0);
  wasm.reset(2);
  assert.notEqual(clockOf(PEER), (own + 5) >>> 0, "another secret");
});

test("switched off, timestamps are neither offered nor accepted", () => {
  const bench = new Bench(wasm);
  wasm.setTimestamps(false);
  assert.ok(!bench.connect().options.includes(8));
  const [ack] = bench.send("SA", -1, 0, { options: [2, 4, 5, 180, ...timestampsOption(1, 0)] });
  assert.deepEqual(ack.options, []);
});
