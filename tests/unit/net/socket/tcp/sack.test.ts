/** Selective acknowledgments, sent (RFC 2018, RFC 2883) and received (RFC 6675, RFC 8985). */
import assert from "node:assert/strict";
import test from "node:test";
import type { Sent } from "../../../../lab/packets/tcp.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, pattern, SECOND } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const MSS = 1460;
const SYN_OPTIONS = [2, 4, 5, 180, 1, 1, 4, 2];
const established = () => new Bench(wasm).establish(SYN_OPTIONS);
const MILLISECOND = SECOND / 1000;

/** The blocks of a SACK option that the guest sent, counted from the peer's first byte. */
function blocks(bench: Bench, segment: Sent): [number, number][] {
  const bytes = Buffer.from(segment.options);
  if (bytes.length === 0) return [];
  assert.deepEqual([...bytes.subarray(0, 3)], [1, 1, 5]);
  assert.equal(bytes[3], bytes.length - 2);
  const all: [number, number][] = [];
  for (let at = 4; at < bytes.length; at += 8) {
    all.push([bench.fromPeer(bytes.readUInt32BE(at)), bench.fromPeer(bytes.readUInt32BE(at + 4))]);
  }
  return all;
}

/** The starts of the segments, in segments, with data. */
const starts = (bench: Bench, out: Sent[]) =>
  out.filter((s) => s.payload.length > 0).map((s) => bench.fromGuest(s.sequence) / MSS);

/** A connection with ten segments in flight, after one round trip of 100 ms. */
function inFlight(more = 29): Bench {
  const bench = new Bench(wasm);
  bench.connect();
  bench.now += 100 * MILLISECOND;
  bench.send("SA", -1, 0, { options: SYN_OPTIONS });
  bench.write("x".repeat(MSS));
  bench.out();
  bench.now += 100 * MILLISECOND;
  bench.send("A", 0, MSS);
  bench.write(pattern(more * MSS));
  assert.equal(bench.out().length, 10);
  bench.now += 100 * MILLISECOND;
  return bench;
}

test("offers SACK, and uses it only if the peer permits it", () => {
  const without = new Bench(wasm).establish([2, 4, 5, 180]);
  const [plain] = without.send("A", 1000, 0, { payload: pattern(100) });
  assert.deepEqual(plain.options, []);
  const bench = new Bench(wasm);
  wasm.listen(80, 8);
  bench.guestPort = 80;
  assert.deepEqual(bench.send("S", -1, 0, { options: SYN_OPTIONS })[0].options, SYN_OPTIONS);
  bench.peerPort = 81;
  assert.deepEqual(bench.send("S", -1, 0, { options: [2, 4, 5, 180] })[0].options, [2, 4, 5, 180]);
});

test("reports the piece of the latest segment first, then those reported before", () => {
  const bench = established();
  const send = (at: number) => blocks(bench, bench.send("A", at, 0, { payload: pattern(100) })[0]);
  assert.deepEqual(send(200), [[200, 300]]);
  assert.deepEqual(send(400), [
    [400, 500],
    [200, 300],
  ]);
  assert.deepEqual(send(600), [
    [600, 700],
    [400, 500],
    [200, 300],
  ]);
  assert.deepEqual(send(300), [
    [200, 500],
    [600, 700],
  ]);
  for (const at of [800, 1000, 1200, 1400]) send(at);
  assert.deepEqual(send(900), [
    [800, 1100],
    [1400, 1500],
    [1200, 1300],
    [600, 700],
  ]);
  const [ack] = bench.send("A", 0, 0, { payload: pattern(200) });
  assert.equal(bench.fromPeer(ack.acknowledgment), 500);
  assert.equal(blocks(bench, ack).length, 4);
});

test("reports once what arrived twice, before or after the acknowledgment (D-SACK)", () => {
  const bench = established();
  bench.send("A", 0, 0, { payload: pattern(300) });
  bench.advance(SECOND);
  let [ack] = bench.send("A", 100, 0, { payload: pattern(100) });
  assert.deepEqual(blocks(bench, ack), [[100, 200]]);
  [ack] = bench.send("A", 500, 0, { payload: pattern(200) });
  assert.deepEqual(blocks(bench, ack), [[500, 700]]);
  [ack] = bench.send("A", 500, 0, { payload: pattern(100) });
  assert.deepEqual(blocks(bench, ack), [
    [500, 600],
    [500, 700],
  ]);
  [ack] = bench.send("A", 800, 0, { payload: pattern(100) });
  assert.deepEqual(blocks(bench, ack), [
    [800, 900],
    [500, 700],
  ]);
});

test("a full-sized segment leaves the report to an ACK of its own", () => {
  const bench = established();
  bench.write(pattern(MSS));
  bench.inject("A", 1000, 0, { payload: pattern(100) });
  const [data, ack] = bench.out();
  assert.equal(data.payload.length, MSS);
  assert.deepEqual(blocks(bench, ack), [[1000, 1100]]);
});

test("resends exactly the holes, in one round trip, and new data as segments arrive", () => {
  const bench = inFlight();
  // 1, 3 and 5 are missing.
  const pairs = (to: number) =>
    [
      [2, 3],
      [4, 5],
      [6, to],
    ].filter(([from]) => from < to);
  const out = [3, 5, 7, 8, 9, 10, 11].flatMap((to) => {
    const all = pairs(to).map(([from, end]): [number, number] => [from * MSS, end * MSS]);
    return bench.send("A", 0, MSS, { options: bench.sack(...all.reverse()) });
  });
  const again = starts(bench, out).filter((at) => at < 11);
  assert.deepEqual(again, [1, 3, 5]);
  assert.ok(starts(bench, out).length <= 9, "no more than arrived");
  assert.equal(wasm.retransmits(bench.connection), 3);
  bench.now += 100 * MILLISECOND;
  bench.send("A", 0, bench.maximumOf());
  assert.equal(wasm.retransmits(bench.connection), 3);
  assert.equal(wasm.congestionWindow(bench.connection), wasm.threshold(bench.connection));
});

test("a lost retransmission is sent again without a time-out", () => {
  const bench = inFlight();
  const all: [number, number] = [2 * MSS, 11 * MSS];
  assert.deepEqual(starts(bench, bench.send("A", 0, MSS, { options: bench.sack(all) }))[0], 1);
  const later = bench.maximumOf();
  bench.now += 100 * MILLISECOND;
  const more = bench.send("A", 0, MSS, { options: bench.sack([2 * MSS, later]) });
  const [again] = starts(bench, [...more, ...bench.advance(40 * MILLISECOND)]);
  assert.equal(again, 1);
});

test("waits for a reordered segment a quarter of a round trip", () => {
  const bench = inFlight();
  const cwnd = wasm.congestionWindow(bench.connection);
  bench.send("A", 0, MSS, { options: bench.sack([2 * MSS, 3 * MSS]) });
  assert.equal(bench.advance(20 * MILLISECOND).length, 0);
  bench.send("A", 0, 3 * MSS);
  assert.equal(wasm.retransmits(bench.connection), 0);
  assert.ok(wasm.congestionWindow(bench.connection) >= cwnd);
  // The path is now known to reorder: three segments that overtook another mean no loss yet.
  bench.send("A", 0, 3 * MSS, { options: bench.sack([4 * MSS, 8 * MSS]) });
  assert.equal(wasm.retransmits(bench.connection), 0);
  const out = bench.advance(40 * MILLISECOND);
  assert.deepEqual(starts(bench, out).slice(0, 1), [3], "but later they are");
});

test("restores the window if D-SACKs show that no retransmission was needed", () => {
  const bench = inFlight();
  const cwnd = wasm.congestionWindow(bench.connection);
  const threshold = wasm.threshold(bench.connection);
  bench.send("A", 0, MSS, { options: bench.sack([3 * MSS, 8 * MSS]) });
  assert.equal(wasm.retransmits(bench.connection), 2);
  assert.ok(wasm.congestionWindow(bench.connection) < cwnd);
  bench.send("A", 0, 8 * MSS);
  bench.send("A", 0, 8 * MSS, { options: bench.sack([MSS, 2 * MSS]) });
  assert.notEqual(wasm.threshold(bench.connection), threshold);
  bench.send("A", 0, 8 * MSS, { options: bench.sack([2 * MSS, 3 * MSS]) });
  assert.equal(wasm.threshold(bench.connection), threshold);
  assert.ok(wasm.congestionWindow(bench.connection) >= cwnd);
});

test("a lost tail is probed for after two round trips, not after a time-out", () => {
  const bench = inFlight(10);
  bench.send("A", 0, 9 * MSS);
  const start = bench.now;
  const [probe] = bench.advance(250 * MILLISECOND);
  assert.deepEqual(starts(bench, [probe]), [10]);
  assert.ok(probe.at - start < 230 * MILLISECOND, `${probe.at - start}`);
  const cwnd = wasm.congestionWindow(bench.connection);
  bench.now += 100 * MILLISECOND;
  const out = bench.send("A", 0, 9 * MSS, { options: bench.sack([10 * MSS, 11 * MSS]) });
  assert.deepEqual(starts(bench, [...out, ...bench.advance(30 * MILLISECOND)]), [9]);
  assert.ok(wasm.congestionWindow(bench.connection) < cwnd, "a loss all the same");
});

test("after a spurious time-out, one segment was resent and the window is restored", () => {
  for (const options of [[2, 4, 5, 180], SYN_OPTIONS]) {
    for (const more of [20, 40]) {
      const bench = new Bench(wasm).establish(options);
      bench.write(pattern(more * MSS));
      const sent = bench.out().length;
      assert.equal(sent, 10);
      const cwnd = wasm.congestionWindow(bench.connection);
      const out = bench.advance(0.25 * SECOND);
      const first = starts(bench, out).filter((at) => at === 0).length;
      assert.ok(first > 0, "it timed out");
      const before = wasm.retransmits(bench.connection);
      for (let acked = 1; acked <= sent; acked++) bench.send("A", 0, acked * MSS);
      assert.equal(wasm.retransmits(bench.connection), before);
      assert.ok(wasm.congestionWindow(bench.connection) >= cwnd);
    }
  }
});

test("a genuine time-out resends everything that is missing, and nothing else", () => {
  const bench = inFlight(10);
  const out = bench.advance(520 * MILLISECOND);
  assert.deepEqual(starts(bench, out), [10, 1], "by a probe, then by time-out");
  bench.now += 100 * MILLISECOND;
  // Only 5 and 6 of the flight have arrived.
  let acked = 2;
  const have = new Set([5, 6, 10]);
  const again: number[] = [];
  for (let i = 0; i < 40 && acked < 11; i++) {
    const sacked = [...have].filter((at) => at > acked).sort((a, b) => a - b);
    const pairs = sacked.map((at): [number, number] => [at * MSS, (at + 1) * MSS]).slice(0, 4);
    const options = pairs.length > 0 ? bench.sack(...pairs) : [];
    const sent = bench.send("A", 0, acked * MSS, { options });
    bench.now += 50 * MILLISECOND;
    const got = starts(bench, [...sent, ...bench.advance(50 * MILLISECOND)]);
    again.push(...got);
    for (const at of got) have.add(at);
    while (have.has(acked)) acked++;
  }
  assert.equal(acked, 11);
  assert.deepEqual(
    again.filter((at) => at < 10).sort((a, b) => a - b),
    [2, 3, 4, 7, 8, 9],
  );
});

test("TCP-18, TCP-19: blocks that cannot be true change nothing", () => {
  const bench = inFlight();
  const lies: [number, number][] = [
    [5 * MSS, 2 * MSS],
    [2 * MSS, 2 * MSS],
    [40 * MSS, 50 * MSS],
    [2 * MSS, 1 << 30],
    [-(1 << 30), -100],
    [MSS + 10, MSS + 20],
  ];
  for (const lie of lies) bench.send("A", 0, MSS, { options: bench.sack(lie) });
  assert.equal(wasm.sacked(bench.connection), 0);
  assert.equal(wasm.retransmits(bench.connection), 0);
  for (const length of [3, 9, 11, 35]) {
    bench.send("A", 0, MSS, { options: [5, length, ...Array(37).fill(1)].slice(0, 40) });
  }
  assert.equal(wasm.sacked(bench.connection), 0);
});

test("TCP-20: a peer that makes a hole of every second segment costs a bounded effort", () => {
  const small = 88;
  const bench = new Bench(wasm).establish([2, 4, 0, small, 1, 1, 4, 2]);
  let acked = 0;
  for (let round = 0; round < 5; round++) {
    bench.write(pattern(65536));
    bench.out();
    bench.now += MILLISECOND;
    const sent = bench.maximumOf();
    while (acked < sent) {
      acked = Math.min(acked + 2 * small, sent);
      bench.send("A", 0, acked);
    }
  }
  assert.ok(bench.maximumOf() - acked > 250 * small);
  const segments = Math.floor((bench.maximumOf() - acked) / small);
  bench.now += 100 * MILLISECOND;
  const holes = new Set<number>();
  for (let round = 0; round < 3; round++) {
    for (let i = 1; i + 7 < segments; i += 2) {
      const pairs = [i, i + 2, i + 4, i + 6].map((at): [number, number] => [
        acked + at * small,
        acked + (at + 1) * small,
      ]);
      for (const s of bench.send("A", 0, acked, { options: bench.sack(...pairs) })) {
        const at = (bench.fromGuest(s.sequence) - acked) / small;
        if (at < segments) assert.ok(!holes.has(at), `segment ${at} again in the same round trip`);
        if (at < segments) holes.add(at);
      }
    }
  }
  assert.ok([...holes].every((at) => at % 2 === 0));
  bench.send("A", 0, bench.maximumOf());
  assert.equal(wasm.sacked(bench.connection), 0);
});

test("TCP-21: what the peer SACKed and then discarded is sent again after a time-out", () => {
  const bench = inFlight(10);
  bench.send("A", 0, MSS, { options: bench.sack([2 * MSS, 11 * MSS]) });
  bench.send("A", 0, 2 * MSS);
  const out = bench.advance(SECOND);
  assert.equal(starts(bench, out)[0], 2);
  const again = new Set<number>();
  for (let acked = 3; acked <= 11; acked++) {
    for (const at of starts(bench, bench.send("A", 0, acked * MSS))) again.add(at);
    bench.now += 100 * MILLISECOND;
  }
  assert.deepEqual(
    [...again].sort((a, b) => a - b),
    [3, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.equal(wasm.unacknowledgedBytes(bench.connection), 0);
});
