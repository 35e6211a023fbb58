/** Egress scheduling (net/iface/qdisc/): rates, priorities, shares, bounds and marks. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/qdisc.ts");

const SECOND = 1_000_000;
/** Bytes of UDP payload in the longest frame, and of that frame. */
const LONG = 1472;
const FRAME = 1514;
const EF = 0xb8;
const [bulk, other, urgent, third] = [5001, 5002, 7, 5003];

/** Adds a sender that always has something to send. */
const flood = (port: number, length = LONG, tos = 0) => wasm.addSender(port, length, tos, 0n);
const run = (seconds: number) => wasm.run(BigInt(Math.round(seconds * SECOND)));
const mbit = (port: number, seconds: number) => (wasm.bytes(port) * 8) / seconds / 1e6;
const counters = () => {
  const of = (index: number): number => wasm.counter(index);
  const [packets, bytes, dropped, overlimits, backlog] = [0, 1, 2, 3, 4].map(of);
  return { packets, bytes, dropped, overlimits, backlog };
};

/** Asserts that a measured rate is within 1 % of what it should be. */
function within(actual: number, expected: number, what: string): void {
  const error = Math.abs(actual / expected - 1);
  assert.ok(error < 0.01, `${what}: ${actual.toFixed(3)} instead of ${expected} Mbit/s`);
}

/** Jain's fairness index: 1 if all are equal, 1/n if one has everything. */
function jain(values: number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  return sum ** 2 / (values.length * values.reduce((a, b) => a + b * b, 0));
}

beforeEach(() => wasm.reset());

test("an interface without a scheduler sends all that its device takes", () => {
  flood(bulk);
  run(0.001);
  assert.equal(wasm.frames(bulk), 40);
  assert.equal(wasm.free(), 512);
});

for (const rate of [0.064, 1, 8, 100, 900]) {
  test(`tbf keeps a rate of ${rate} Mbit/s within 1 %, and loses no socket data`, () => {
    wasm.installTbf(BigInt(rate * 1e6), Math.max(3000, rate * 1000), 64 * 1024);
    flood(bulk);
    // Beyond the first burst.
    run(1);
    const before = wasm.bytes(bulk);
    const seconds = rate < 1 ? 200 : rate > 100 ? 1 : 10;
    run(seconds);
    within(((wasm.bytes(bulk) - before) * 8) / seconds / 1e6, rate, "rate");
    assert.equal(counters().dropped, 0);
    assert.ok(counters().overlimits > 0);
  });
}

test("tbf passes a burst at once, and no more than burst, rate and one packet", () => {
  wasm.installTbf(1_000_000n, 15_000, 64 * 1024);
  flood(bulk);
  run(0.001);
  const first = wasm.bytes(bulk);
  assert.ok(first >= 15_000 && first <= 15_000 + 125 + FRAME, `${first} bytes`);
  run(0.999);
  assert.ok(wasm.bytes(bulk) <= 15_000 + 125_000 + FRAME);
});

test("tbf drops packets that are longer than its burst, as Linux does", () => {
  wasm.installTbf(1_000_000n, FRAME, 64 * 1024);
  wasm.addSender(bulk, LONG, 0, 100_000n);
  run(1);
  assert.deepEqual([wasm.frames(bulk), counters().dropped], [10, 0]);
  wasm.installTbf(1_000_000n, FRAME - 1, 64 * 1024);
  wasm.addSender(other, 56, 0, 100_000n);
  run(1);
  assert.deepEqual([wasm.frames(bulk), wasm.frames(other)], [10, 10]);
  assert.equal(counters().dropped, 1);
});

test("an idle bucket holds no more than its burst", () => {
  wasm.installTbf(1_000_000n, 15_000, 64 * 1024);
  run(3600);
  flood(bulk);
  run(0.001);
  assert.ok(wasm.bytes(bulk) <= 15_000 + 125 + FRAME);
});

test("prio serves a band only while all bands before it are empty", () => {
  wasm.installPrio();
  wasm.addFilter(urgent, 1, 0);
  wasm.setRing(4);
  flood(bulk);
  flood(other, 100);
  flood(urgent, 200);
  wasm.prefer(urgent);
  run(0.05);
  assert.equal(wasm.inverted(), 0);
  assert.equal(wasm.frames(bulk) + wasm.frames(other), 0);
  assert.ok(wasm.frames(urgent) > 100);
});

test("prio follows the TOS bits by Linux's priomap", () => {
  wasm.installPrio();
  wasm.setRing(1);
  // Best effort, bulk (0x08) and interactive (0x10): bands 2, 3 and 1.
  flood(bulk, LONG, 0x08);
  flood(other, LONG, 0x00);
  flood(urgent, LONG, 0x10);
  run(0.01);
  assert.ok(wasm.frames(urgent) > 0);
  assert.equal(wasm.frames(bulk) + wasm.frames(other), 0);
});

test("prio under a rate: the urgent sender is served at once, bulk has the rest", () => {
  wasm.installTbf(8_000_000n, 3000, 64 * 1024);
  wasm.nest(1, 0);
  flood(bulk, LONG, 0x08);
  wasm.addSender(urgent, 100, 0x10, 20_000n);
  run(10);
  assert.equal(wasm.frames(urgent), 500);
  // A packet being sent delays it by 1.5 ms, and a waiting sender is polled every 1 ms.
  assert.ok(wasm.slowest(urgent) <= 3000, `${wasm.slowest(urgent)} us`);
  within(mbit(bulk, 10) + mbit(urgent, 10), 8, "sum");
});

test("sfq shares a rate fairly among flows of any packet size; a ping waits one round", () => {
  wasm.installTbf(8_000_000n, 3000, 64 * 1024);
  wasm.nest(1, FRAME);
  flood(bulk);
  flood(other, 300);
  wasm.addSender(urgent, 56, 0, 50_000n);
  run(10);
  const shares = [wasm.bytes(bulk), wasm.bytes(other)];
  assert.ok(jain(shares) > 0.99, `Jain's index ${jain(shares)} of ${shares}`);
  assert.equal(wasm.frames(urgent), 200);
  // One quantum of each bulk flow, the packet being sent, and 1 ms until the socket is polled.
  assert.ok(wasm.slowest(urgent) < 6000, `${wasm.slowest(urgent)} us`);
});

test("a single fifo, unlike sfq, is not fair", () => {
  wasm.installTbf(8_000_000n, 3000, 64 * 1024);
  flood(bulk);
  flood(other, 100);
  run(10);
  assert.ok(jain([wasm.bytes(bulk), wasm.bytes(other)]) < 0.8);
});

test("htb guarantees rates, lends the rest by prio, and keeps ceilings within 1 %", () => {
  wasm.installHtb(30);
  assert.equal(wasm.addClass(1, 0, 10_000_000n, 10_000_000n, 0, 12_500), 0);
  assert.equal(wasm.addClass(10, 1, 5_000_000n, 6_000_000n, 0, 6250), 0);
  assert.equal(wasm.addClass(20, 1, 2_000_000n, 10_000_000n, 1, 2500), 0);
  assert.equal(wasm.addClass(30, 1, 1_000_000n, 10_000_000n, 2, 1250), 0);
  wasm.addFilter(bulk, 10, 0);
  wasm.addFilter(other, 20, 0);
  for (const port of [bulk, other, third]) flood(port);
  run(10);
  within(mbit(bulk, 10), 6, "class 10 at its ceil");
  within(mbit(other, 10), 3, "class 20 with what is left");
  within(mbit(third, 10), 1, "class 30 at its rate");
  assert.equal(counters().dropped, 0);
});

test("htb divides what is lent among equal classes by quantum", () => {
  wasm.installHtb(30);
  wasm.addClass(1, 0, 9_000_000n, 9_000_000n, 0, 12_500);
  wasm.addClass(10, 1, 1_000_000n, 9_000_000n, 0, 4000);
  wasm.addClass(20, 1, 1_000_000n, 9_000_000n, 0, 2000);
  wasm.addClass(30, 1, 1_000_000n, 9_000_000n, 0, 2000);
  wasm.addFilter(bulk, 10, 0);
  wasm.addFilter(other, 20, 0);
  for (const port of [bulk, other, third]) flood(port);
  run(10);
  // 6 Mbit/s are lent: 3, 1.5 and 1.5.
  within(mbit(bulk, 10) + mbit(other, 10) + mbit(third, 10), 9, "sum");
  assert.ok(Math.abs(mbit(bulk, 10) - 4) < 0.1, `${mbit(bulk, 10)} Mbit/s`);
  assert.ok(Math.abs(mbit(other, 10) - mbit(third, 10)) < 0.1);
});

test("an htb class that was idle does not catch up on what others sent meanwhile", () => {
  wasm.installHtb(20);
  wasm.addClass(1, 0, 8_000_000n, 8_000_000n, 0, 10_000);
  wasm.addClass(10, 1, 8000n, 8_000_000n, 0, 2000);
  wasm.addClass(20, 1, 8000n, 8_000_000n, 0, 2000);
  wasm.addFilter(bulk, 10, 0);
  flood(bulk);
  run(5);
  const before = wasm.bytes(bulk);
  flood(other);
  run(5);
  assert.ok(jain([wasm.bytes(bulk) - before, wasm.bytes(other)]) > 0.99);
});

test("htb sends packets without a class at once, as Linux does", () => {
  wasm.installHtb(0);
  wasm.addClass(10, 0, 1_000_000n, 1_000_000n, 0, 1500);
  wasm.addFilter(bulk, 10, 0);
  flood(bulk);
  wasm.addSender(urgent, 56, 0, 10_000n);
  run(1);
  assert.equal(wasm.frames(urgent), 100);
  within(mbit(bulk, 1), 1 + 0.024, "class 10 with its burst");
});

test("htb sends packets at once whose class, and the default one, have children", () => {
  wasm.installHtb(1);
  wasm.addClass(1, 0, 1_000_000n, 1_000_000n, 0, 1500);
  wasm.addClass(10, 1, 1_000_000n, 1_000_000n, 0, 1500);
  wasm.addFilter(other, 1, 0);
  wasm.addSender(bulk, 56, 0, 10_000n);
  wasm.addSender(other, 56, 0, 10_000n);
  run(1);
  assert.deepEqual([wasm.frames(bulk), wasm.frames(other)], [100, 100]);
});

test("a class of htb can hold an sfq", () => {
  wasm.installHtb(10);
  wasm.addClass(10, 0, 4_000_000n, 4_000_000n, 0, 1500);
  wasm.nest(10, FRAME);
  for (const port of [bulk, other, third]) flood(port, port === other ? 200 : LONG);
  run(10);
  const shares = [bulk, other, third].map((port): number => wasm.bytes(port));
  assert.ok(jain(shares) > 0.99, `${shares}`);
  within(shares.reduce((a, b) => a + b, 0) * 8e-7, 4, "sum");
});

test("fq_codel shares a rate fairly, and serves a new flow first", () => {
  wasm.installTbf(8_000_000n, 3000, 64 * 1024);
  assert.equal(wasm.nestFqCodel(1), 0);
  flood(bulk);
  flood(other, 300);
  wasm.addSender(urgent, 56, 0, 50_000n);
  run(10);
  const shares = [wasm.bytes(bulk), wasm.bytes(other)];
  assert.ok(jain(shares) > 0.98, `Jain's index ${jain(shares)} of ${shares}`);
  assert.equal(wasm.frames(urgent), 200);
  // The packet being sent, and 1 ms until the socket is polled.
  assert.ok(wasm.slowest(urgent) < 4000, `${wasm.slowest(urgent)} us`);
  within(mbit(bulk, 10) + mbit(other, 10) + mbit(urgent, 10), 8, "sum");
});

test("fq_codel drops from a flow whose packets wait too long, faster and faster", () => {
  wasm.installTbf(1_000_000n, 3000, 64 * 1024);
  wasm.nestFqCodel(1);
  flood(bulk);
  // 16 packets wait for 190 ms: above the target of 5 ms, but not yet for an interval.
  run(0.1);
  assert.equal(counters().dropped, 0);
  const drops = [1, 2, 3, 4].map(() => {
    const before = counters().dropped;
    run(1);
    return counters().dropped - before;
  });
  assert.ok(drops[0] >= 5 && drops.every((n, i) => i === 0 || n > drops[i - 1]), `${drops}`);
  const { packets, dropped, backlog } = counters();
  assert.ok(backlog <= 16 && packets > 300, `${packets}, ${dropped}, ${backlog}`);
  assert.ok(wasm.free() >= 512 - 17);
});

test("fq_codel drops no packet that is alone in its queue", () => {
  wasm.installTbf(1_000_000n, 3000, 64 * 1024);
  wasm.nestFqCodel(1);
  wasm.addSender(bulk, LONG, 0, 13_000n);
  run(10);
  assert.ok(wasm.frames(bulk) > 760);
  assert.deepEqual([counters().dropped, counters().backlog], [0, 0]);
});

test("fq_codel marks packets of transports that understand ECN, and drops none", () => {
  wasm.installHtb(10);
  wasm.addClass(10, 0, 1_000_000n, 1_000_000n, 0, 1500);
  wasm.nestFqCodel(10);
  const ect = 2;
  flood(bulk, LONG, ect);
  run(3);
  assert.equal(counters().dropped, 0);
  assert.ok(wasm.congested(bulk) > 10, `${wasm.congested(bulk)} marked`);
  assert.ok(wasm.congested(bulk) < wasm.frames(bulk));
  assert.equal(wasm.badChecksums(), 0);
});

test("an htb notes what its fq_codel has dropped, and becomes empty", () => {
  wasm.installHtb(10);
  wasm.addClass(10, 0, 500_000n, 500_000n, 0, 1500);
  wasm.nestFqCodel(10);
  for (let port = 6000; port < 6010; port++) wasm.addSender(port, LONG, 0, 200_000n);
  run(5);
  assert.ok(counters().dropped > 0);
  wasm.stop();
  run(5);
  assert.equal(counters().backlog, 0);
  assert.equal(wasm.free(), 512);
});

test("fq_codel keeps its limit by dropping from the longest flow", () => {
  wasm.installFqCodel(10);
  wasm.setRing(0);
  flood(bulk);
  wasm.addSender(urgent, 56, 0, 1000n);
  run(0.1);
  assert.equal(counters().backlog, 10);
  assert.ok(counters().dropped > 0);
  assert.equal(wasm.free(), 502);
});

test("queues hold at most 128 frames, however many flows there are", () => {
  wasm.installTbf(64_000n, 3000, 1 << 20);
  wasm.nest(1, FRAME);
  for (let port = 6000; port < 6040; port++) flood(port);
  run(0.05);
  assert.ok(counters().backlog <= 128, `${counters().backlog} frames`);
  assert.ok(wasm.free() >= 512 - 129);
  wasm.remove();
  assert.equal(wasm.free(), 512);
});

test("pfifo drops beyond its limit only what cannot wait", () => {
  wasm.installFifo(4);
  wasm.setRing(0);
  flood(bulk);
  run(0.01);
  assert.deepEqual(
    { ...counters(), bytes: 0 },
    {
      packets: 0,
      bytes: 0,
      dropped: 0,
      overlimits: 0,
      backlog: 4,
    },
  );
});

test("a filter marks packets, and their checksum stays right", () => {
  wasm.installPrio();
  wasm.addFilter(urgent, 1, EF);
  wasm.addSender(urgent, 56, 0, 1000n);
  wasm.addSender(bulk, 56, 0x20, 1000n);
  run(0.01);
  assert.equal(wasm.tos(urgent), EF);
  assert.equal(wasm.tos(bulk), 0x20);
  assert.equal(wasm.badChecksums(), 0);
});

test("removing the scheduler frees its frames and wakes the sockets", () => {
  wasm.installTbf(64_000n, 3000, 64 * 1024);
  flood(bulk);
  run(1);
  const before = wasm.frames(bulk);
  wasm.remove();
  run(0.01);
  assert.ok(wasm.frames(bulk) >= before + 40);
  assert.equal(wasm.free(), 512);
});
