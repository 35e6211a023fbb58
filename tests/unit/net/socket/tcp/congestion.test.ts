/** The congestion controllers: CUBIC against the formulas of RFC 9438, HyStart++, and NewReno. */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/congestion.ts");
const SIZE = 1460;
const SECOND = 1_000_000;
const cwnd = () => wasm.cwnd() / SIZE;

/** A connection whose window is always used up, over a path with a constant round-trip time. */
class Path {
  now = 10 * SECOND;

  constructor(
    public roundTrip: number,
    algorithm: "cubic" | "newReno" = "cubic",
  ) {
    wasm[algorithm](SIZE);
  }

  /** One round trip, in which each ACK covers two segments. */
  round(): void {
    const flight = wasm.cwnd();
    const acks = Math.max(1, Math.round(flight / (2 * SIZE)));
    for (let i = 0; i < acks; i++) {
      this.now += this.roundTrip / acks;
      wasm.measured(BigInt(this.roundTrip));
      wasm.acknowledged(flight / acks, wasm.cwnd(), SIZE, BigInt(Math.round(this.now)));
    }
  }

  /** Rounds until cwnd has `segments`. */
  open(segments: number): void {
    for (let i = 0; i < 10_000 && cwnd() < segments; i++) this.round();
  }

  run(seconds: number, each: (elapsed: number) => void = () => {}): void {
    const start = this.now;
    while (this.now - start < seconds * SECOND) {
      this.round();
      each((this.now - start) / SECOND);
    }
  }
}

test("computes cube roots", () => {
  for (const root of [0, 1, 2, 3, 10, 99, 4096, 100_000, 2 ** 21 - 1]) {
    const cube = BigInt(root) ** 3n;
    assert.equal(wasm.cubeRoot(cube), root);
    if (root > 1) assert.equal(wasm.cubeRoot(cube - 1n), root - 1);
  }
});

test("after a loss, follows W_cubic (RFC 9438 section 4.2)", () => {
  const path = new Path(0.1 * SECOND);
  path.open(1000);
  const plateau = cwnd();
  wasm.lost(wasm.cwnd(), SIZE);
  const low = cwnd();
  assert.ok(Math.abs(low - 0.7 * plateau) < 1, "beta is 0.7");
  const toPlateau = Math.cbrt((plateau - low) / 0.4);
  path.round();
  const { now } = path;
  path.run(toPlateau * 1.5, () => {
    const elapsed = (path.now - now) / SECOND;
    const ideal = 0.4 * (elapsed - toPlateau) ** 3 + plateau;
    const error = Math.abs(cwnd() - ideal) / ideal;
    assert.ok(error < 0.03, `${elapsed.toFixed(1)} s: ${cwnd()} instead of ${ideal}`);
  });
  assert.ok(cwnd() > plateau);
});

test("where Reno's window would be larger, grows like Reno (section 4.3)", () => {
  const path = new Path(0.002 * SECOND);
  path.open(40);
  wasm.lost(wasm.cwnd(), SIZE);
  const low = cwnd();
  const prior = low / 0.7;
  // 9/17 of a segment for each round trip, up to the window before the loss; then a whole one.
  let rounds = 0;
  for (; cwnd() < prior && rounds < 1000; rounds++) path.round();
  const ideal = (prior - low) / (9 / 17);
  assert.ok(Math.abs(rounds - ideal) < 0.15 * ideal, `${rounds} rounds, expected ${ideal}`);
  const before = cwnd();
  for (let i = 0; i < 20; i++) path.round();
  assert.ok(Math.abs(cwnd() - before - 20) < 3, `${cwnd() - before} segments in 20 rounds`);
});

test("a second loss below the first lowers the plateau (fast convergence, section 4.7)", () => {
  const path = new Path(0.05 * SECOND);
  path.open(500);
  const first = cwnd();
  wasm.lost(wasm.cwnd(), SIZE);
  path.run(1);
  const second = cwnd();
  assert.ok(second < first);
  wasm.lost(wasm.cwnd(), SIZE);
  const low = cwnd();
  const plateau = second * 0.85;
  const toPlateau = Math.cbrt((plateau - low) / 0.4);
  path.run(toPlateau);
  assert.ok(Math.abs(cwnd() - plateau) < 0.02 * plateau, `${cwnd()}, expected ${plateau}`);
});

test("after a timeout, slow start leads to a plateau of its own (section 4.8)", () => {
  const path = new Path(0.05 * SECOND);
  path.open(300);
  const before = cwnd();
  wasm.timedOut(wasm.cwnd(), SIZE);
  assert.equal(cwnd(), 1);
  assert.equal(Math.round(wasm.ssthresh() / SIZE), Math.round(0.7 * before));
  path.open(0.7 * before - 1);
  const start = cwnd();
  path.run(1);
  // With K = 0 the window rises by C t^3 at first, or as Reno's: 20 rounds of 9/17 segments.
  assert.ok(cwnd() - start < 14, `${cwnd() - start} segments in the first second`);
  path.run(5);
  assert.ok(cwnd() - start > 0.4 * 5 ** 3);
});

test("a loss that was only apparent changes nothing (section 4.9)", () => {
  const path = new Path(0.05 * SECOND);
  path.open(300);
  const [window, threshold] = [wasm.cwnd(), wasm.ssthresh()];
  wasm.timedOut(window, SIZE);
  wasm.restore();
  assert.deepEqual([wasm.cwnd(), wasm.ssthresh()], [window, threshold]);
});

test("time without use of the window is not time on the curve (section 5.8)", () => {
  const path = new Path(0.05 * SECOND);
  path.open(500);
  wasm.lost(wasm.cwnd(), SIZE);
  path.run(2);
  const before = cwnd();
  path.now = Math.round(path.now);
  for (let i = 0; i < 200; i++) {
    path.now += 50_000;
    wasm.acknowledged(SIZE, SIZE, SIZE, BigInt(path.now));
  }
  assert.equal(cwnd(), before);
  path.round();
  assert.ok(cwnd() - before < 0.03 * before, `${cwnd()} after ${before}`);
});

test("HyStart++ ends slow start when the round-trip time rises (RFC 9406)", () => {
  const path = new Path(0.05 * SECOND);
  path.open(150);
  path.roundTrip = 0.062 * SECOND;
  const rises = cwnd();
  // A round in which that is noticed, then five with a quarter of the growth.
  let rounds = 0;
  for (; wasm.ssthresh() === 0x7fffffff && rounds < 50; rounds++) path.round();
  assert.ok(rounds >= 5 && rounds <= 8, `${rounds} rounds`);
  const growth = cwnd() / rises;
  assert.ok(growth > 1.5 && growth < 2 * 1.25 ** 5, `grew ${growth} times`);
  assert.equal(wasm.ssthresh(), wasm.cwnd());
  assert.equal(wasm.slowStartsEnded(), 1n);
  assert.equal(Number(wasm.slowStartSegments()), Math.floor(cwnd()));
});

test("HyStart++ resumes slow start if the round-trip time falls again", () => {
  const path = new Path(0.05 * SECOND);
  path.open(80);
  path.roundTrip = 0.07 * SECOND;
  path.round();
  path.round();
  path.roundTrip = 0.05 * SECOND;
  for (let i = 0; i < 2; i++) path.round();
  const before = cwnd();
  path.round();
  assert.ok(cwnd() > 1.9 * before, "doubles in a round trip");
  assert.equal(wasm.ssthresh(), 0x7fffffff);
});

test("a constant round-trip time never ends slow start, and an ACK counts for all", () => {
  const path = new Path(0.02 * SECOND);
  path.open(5000);
  assert.equal(wasm.ssthresh(), 0x7fffffff);
  const before = wasm.cwnd();
  wasm.acknowledged(100 * SIZE, before, SIZE, BigInt(path.now));
  assert.equal(wasm.cwnd() - before, 100 * SIZE);
});

test("a pause halves the window for each RTO, down to the initial window (RFC 2861)", () => {
  for (const algorithm of ["cubic", "newReno"] as const) {
    const path = new Path(0.05 * SECOND, algorithm);
    path.open(200);
    const before = wasm.cwnd();
    wasm.idle(SIZE, 1);
    assert.equal(wasm.cwnd(), before >> 1);
    wasm.idle(SIZE, 1000);
    assert.equal(wasm.cwnd(), 10 * SIZE);
  }
});

test("neither window nor time overflows", () => {
  const path = new Path(SECOND);
  path.open(1000);
  wasm.lost(wasm.cwnd(), SIZE);
  path.now += 1e12;
  for (let i = 0; i < 300; i++) {
    path.now += 1e9;
    wasm.acknowledged(wasm.cwnd(), wasm.cwnd(), SIZE, BigInt(path.now));
  }
  assert.ok(wasm.cwnd() > 1000 * SIZE && wasm.cwnd() <= 0x3fffffff);
});
