/** TCP's record of segments in flight: the scoreboard, and the round-trip samples taken from it. */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/tcp-sent-segments.ts");
const NO_SAMPLE = -1n;
const capacity: number = wasm.capacity();

/** Each segment as its end and the time it was last sent. */
function records(): [number, number][] {
  return Array.from({ length: wasm.count() }, (_, i) => [
    wasm.endOf(i) >>> 0,
    Number(wasm.sentAt(i)),
  ]);
}

/** Segments of 100 numbers from 0 on, sent a microsecond apart from 10 on. */
function flight(segments: number): void {
  wasm.reset(true);
  wasm.begin(0);
  for (let i = 0; i < segments; i++) wasm.sent((i + 1) * 100, false, BigInt(10 + i));
}

/** Counts of SACKED, LOST and RESENT numbers, and of those of `flight` in the network. */
const sums = (flight: number) => [wasm.sacked(), wasm.lost(), wasm.resent(), wasm.pipe(flight)];

test("records each segment, and drops those that an ACK covers completely", () => {
  flight(3);
  wasm.acknowledge(199, 20n);
  assert.deepEqual(records(), [
    [200, 11],
    [300, 12],
  ]);
  wasm.acknowledge(300, 21n);
  assert.deepEqual(records(), []);
  assert.equal(wasm.delivered(), 101);
});

test("samples the oldest segment that an ACK covers, none that was sent twice (Karn)", () => {
  flight(6);
  assert.equal(wasm.acknowledge(50, 30n), NO_SAMPLE);
  assert.equal(wasm.acknowledge(200, 40n), 30n);
  wasm.resend(0, 50n);
  assert.equal(wasm.acknowledge(400, 60n), NO_SAMPLE, "one of them was sent twice");
  assert.equal(wasm.acknowledge(500, 70n), 56n);
  wasm.sent(700, true, 80n);
  assert.equal(wasm.acknowledge(700, 90n), NO_SAMPLE);
});

test("marks the segments that a SACK block covers completely, once", () => {
  flight(10);
  assert.equal(wasm.sack(250, 550, 50n), 200);
  assert.deepEqual(sums(1000), [200, 0, 0, 800]);
  assert.equal(wasm.sack(250, 650, 51n), 100);
  assert.equal(wasm.sack(0, 0, 51n), 0);
  assert.equal(wasm.sack(950, 960, 51n), 0);
  assert.deepEqual(sums(1000), [300, 0, 0, 700]);
  assert.equal(wasm.acknowledge(450, 60n), NO_SAMPLE + 51n);
  assert.equal(wasm.delivered(), 300, "100 of 450 were reported before, and 50 of the next");
  assert.deepEqual(sums(550), [150, 0, 0, 400]);
});

test("counts lost and resent numbers, until they are acknowledged or SACKed", () => {
  flight(5);
  wasm.lose(0);
  wasm.lose(2);
  assert.deepEqual(sums(500), [0, 200, 0, 300]);
  assert.equal(wasm.nextLost(0), 0);
  wasm.resend(0, 90n);
  assert.equal(wasm.nextLost(0), 2);
  assert.deepEqual(sums(500), [0, 200, 100, 400]);
  wasm.lose(0);
  assert.deepEqual(sums(500), [0, 200, 0, 300], "the retransmission is lost, too");
  wasm.resend(0, 95n);
  wasm.sack(200, 300, 99n);
  assert.deepEqual(sums(500), [100, 100, 100, 400]);
  wasm.acknowledge(100, 100n);
  assert.deepEqual(sums(400), [100, 0, 0, 300]);
  wasm.lose(1);
  assert.deepEqual(sums(400), [100, 0, 0, 300], "what was SACKed is not lost");
});

test("a time-out marks everything lost but what was SACKed; all of it if the peer reneged", () => {
  flight(4);
  wasm.sack(200, 300, 50n);
  wasm.loseAll();
  assert.deepEqual(sums(400), [100, 300, 0, 0]);
  wasm.resend(0, 60n);
  wasm.unlose();
  assert.deepEqual(sums(400), [100, 0, 0, 300]);
  wasm.acknowledge(200, 61n);
  wasm.loseAll();
  assert.deepEqual(sums(200), [0, 200, 0, 0], "the segment at SND.UNA was SACKed: it reneged");
});

test("marks lost by time only what was sent earlier, and returns when to look again", () => {
  flight(5);
  // The third arrived, sent at 12; the window is 20 µs.
  wasm.sack(200, 300, 30n);
  assert.equal(wasm.loseOverdue(12n, 300, 20n, 30n), 1n, "those of 10 are overdue, of 11 not yet");
  assert.deepEqual(sums(500), [100, 100, 0, 300]);
  wasm.resend(0, 31n);
  assert.equal(wasm.loseOverdue(12n, 300, 20n, 31n), 0n);
  assert.deepEqual(sums(500), [100, 200, 100, 300], "what was sent again is not overdue");
});

test("reports segments that were overtaken, and those sent only once", () => {
  flight(5);
  wasm.sack(200, 300, 30n);
  assert.ok(wasm.original() && !wasm.reordered());
  wasm.sack(100, 200, 31n);
  assert.ok(wasm.reordered());
  wasm.resend(0, 32n);
  wasm.acknowledge(100, 33n);
  assert.ok(!wasm.original() && !wasm.reordered());
});

test("sequence numbers wrap", () => {
  wasm.reset(true);
  wasm.begin(0xfffffe00);
  wasm.sent(0xffffff00, false, 1n);
  wasm.sent(0x80, false, 2n);
  wasm.sent(0x100, false, 3n);
  assert.equal(wasm.sack(0xffffff00, 0x80, 9n), 0x180);
  assert.equal(wasm.sack(0x80, 0x100, 9n), 0x80);
  wasm.acknowledge(0x10, 10n);
  assert.deepEqual(records(), [
    [0x80, 2],
    [0x100, 3],
  ]);
  assert.deepEqual(sums(0xf0), [0xf0, 0, 0, 0]);
});

test("is full once every record holds a segment", () => {
  flight(capacity - 1);
  assert.ok(!wasm.full());
  wasm.sent(capacity * 100, false, 999n);
  assert.ok(wasm.full());
  wasm.acknowledge(100, 1000n);
  assert.ok(!wasm.full());
});

test("holds one segment before storage is allocated, and moves it there", () => {
  wasm.reset(false);
  wasm.begin(0);
  wasm.sent(1, false, 5n);
  assert.ok(wasm.full());
  assert.equal(wasm.acknowledge(1, 9n), 4n);
  wasm.sent(2, false, 10n);
  wasm.allocate();
  wasm.sent(100, false, 11n);
  assert.deepEqual(records(), [
    [2, 10],
    [100, 11],
  ]);
  assert.equal(wasm.acknowledge(100, 30n), 20n);
});
