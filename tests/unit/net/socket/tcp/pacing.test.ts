/** Pacing: what may be sent is spread over the round trip, except on short ones. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Sent } from "../../../../lab/packets/tcp.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, pattern, SECOND } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const MILLISECOND = SECOND / 1000;
const SIZE = 1460;

/** A paced connection with this round-trip time whose initial window was acknowledged. */
function opened(roundTrip: number): Bench {
  const bench = new Bench(wasm);
  wasm.setPacing(true);
  bench.connect();
  bench.out();
  bench.now += roundTrip;
  bench.send("SA", -1, 0, { options: [2, 4, 5, 180, 1, 3, 3, 7] });
  bench.write(pattern(65536));
  assert.equal(bench.out().length, 10, "the initial window is not paced");
  bench.now += roundTrip;
  return bench;
}

/** How many segments were sent at each time, in milliseconds since `since`. */
function bursts(sent: Sent[], since: number): [number, number][] {
  const all = new Map<number, number>();
  for (const { at } of sent) {
    const time = (at - since) / MILLISECOND;
    all.set(time, (all.get(time) ?? 0) + 1);
  }
  return [...all];
}

test("spreads a window over half a round trip in slow start", () => {
  const bench = opened(100 * MILLISECOND);
  const since = bench.now;
  const first = bench.send("A", 0, 10 * SIZE, { window: 1000 });
  const rest = bench.advance(99 * MILLISECOND);
  const all = bursts([...first, ...rest], since);
  assert.equal(first.length, 2);
  assert.equal(
    all.reduce((sum, [, count]) => sum + count, 0),
    20,
  );
  assert.ok(all.every(([, count]) => count <= 2));
  // Two segments each 5 ms: 20 segments, times two, in 100 ms.
  for (const [i, [time]] of all.entries()) assert.ok(Math.abs(time - 5 * i) < 0.1, `${all}`);
});

test("bursts last a millisecond at most", () => {
  const bench = opened(20 * MILLISECOND);
  let acked = 10;
  let sent = bench.send("A", 0, acked * SIZE, { window: 1000 });
  for (let round = 0; round < 4; round++) {
    sent = [...sent, ...bench.advance(20 * MILLISECOND)];
    bench.write(pattern(200_000));
    acked += sent.length;
    sent = bench.send("A", 0, acked * SIZE, { window: 1000 });
    const rate = Number(wasm.pacingRate(bench.connection));
    assert.ok(sent.length * SIZE <= Math.max(rate / 1000, SIZE) + SIZE, `${sent.length}, ${rate}`);
    bench.write(pattern(200_000));
  }
  assert.ok(sent.length > 4);
});

test("short round trips are not paced", () => {
  const bench = opened(2 * MILLISECOND);
  assert.equal(bench.send("A", 0, 10 * SIZE, { window: 1000 }).length, 20);
});

test("SO_MAX_PACING_RATE limits any connection", () => {
  const bench = opened(MILLISECOND);
  wasm.setPacingRate(bench.connection, 100 * SIZE);
  const since = bench.now;
  const first = bench.send("A", 0, 10 * SIZE, { window: 1000 });
  const all = bursts([...first, ...bench.advance(150 * MILLISECOND)], since);
  assert.deepEqual(
    all.map(([time, count]) => [Math.round(time), count]),
    [0, 20, 40, 60, 80, 100, 120, 140].map((time) => [time, 2]),
  );
  assert.equal(wasm.pacingRate(bench.connection), BigInt(100 * SIZE));
});

test("a FIN, an ACK and a tail loss probe do not wait", () => {
  const bench = opened(100 * MILLISECOND);
  bench.send("A", 0, 10 * SIZE, { window: 1000 });
  const out = bench.send("PA", 0, 10 * SIZE, { window: 1000, payload: pattern(2 * SIZE) });
  assert.deepEqual(
    out.map(({ payload }) => payload.length),
    [0],
  );
});

test("a connection that waits for its pace is not visited before", () => {
  const bench = opened(100 * MILLISECOND);
  bench.send("A", 0, 10 * SIZE, { window: 1000 });
  const wait = Number(wasm.pollAt()) - bench.now;
  assert.ok(wait > 4.9 * MILLISECOND && wait < 5.1 * MILLISECOND, `${wait}`);
});
