/** Listeners under a flood of SYNs (RFC 4987): what is remembered, and SYN cookies. */
import assert from "node:assert/strict";
import test from "node:test";
import { tcpSegment } from "../../../../lab/packets/tcp.ts";
import { Random } from "../../../../lab/random.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const BACKLOG = 16;
const MODES = { never: 0, crowded: 1 };

/** A listener on port 80 with a bench that is to connect to it. */
function listening(mode: keyof typeof MODES): { bench: Bench; listener: number } {
  const bench = new Bench(wasm);
  wasm.setCookies(MODES[mode]);
  const listener = wasm.listen(80, BACKLOG);
  [bench.guestPort, bench.peerPort] = [80, 40_000];
  return { bench, listener };
}

/** Sends SYNs from as many sources. */
function flood(bench: Bench, count: number): void {
  for (let i = 0; i < count; i++) {
    const source = 0xc0a80000 + i;
    const syn = { sourcePort: 1000, destinationPort: 80, sequence: i, flags: "S", source };
    bench.arrive(tcpSegment(syn), source);
    if (i % 50 === 0) bench.out();
  }
  bench.out();
}

function connects(bench: Bench, listener: number): boolean {
  const [synAck] = bench.send("S", -1, 0);
  bench.guestInitial = synAck.sequence;
  bench.send("A", 0, 0);
  return wasm.accept(listener) !== 0;
}

test("a SYN flood displaces no handshake, and cookies let others connect", () => {
  const { bench, listener } = listening("crowded");
  const [synAck] = bench.send("S", -1, 0);
  bench.guestInitial = synAck.sequence;
  flood(bench, 5000);
  assert.equal(wasm.halfOpen(listener), BACKLOG);
  assert.equal(bench.counter("TcpExtSyncookiesSent"), 5000 - (BACKLOG - 1));
  bench.send("A", 0, 0);
  assert.notEqual(wasm.accept(listener), 0, "a handshake that began before the flood");
  flood(bench, BACKLOG);
  bench.peerPort = 40_001;
  assert.ok(connects(bench, listener), "one that began after it");
  assert.equal(wasm.connectionCount(), BACKLOG + 2);
});

test("without cookies, a SYN flood replaces the oldest half-open connections", () => {
  const { bench, listener } = listening("never");
  flood(bench, 5000);
  assert.equal(wasm.halfOpen(listener), BACKLOG);
  assert.equal(wasm.connectionCount(), BACKLOG);
  assert.equal(bench.counter("TcpExtSyncookiesSent"), 0);
  assert.ok(connects(bench, listener), "a genuine client connects");
});

test("no guessed cookie opens a connection", () => {
  const { bench, listener } = listening("crowded");
  flood(bench, BACKLOG + 1);
  const random = new Random(7);
  for (let i = 0; i < 20_000; i++) {
    bench.peerPort = 1024 + (i % 60_000);
    bench.guestInitial = random.below(2 ** 32);
    const [reset] = bench.send("A", 0, 0);
    assert.equal(reset.flags, "R");
  }
  assert.equal(wasm.ready(listener), 0);
  assert.equal(bench.counter("TcpExtSyncookiesFailed"), 20_000);
});

test("a full backlog drops the ACK of a cookie; it opens a connection when there is room", () => {
  const { bench, listener } = listening("crowded");
  flood(bench, BACKLOG);
  const initials: number[] = [];
  for (let i = 0; i <= BACKLOG; i++) {
    bench.peerPort = 40_000 + i;
    const [synAck] = bench.send("S", -1, 0);
    initials.push(synAck.sequence);
  }
  const acknowledge = (i: number) => {
    [bench.peerPort, bench.guestInitial] = [40_000 + i, initials[i]];
    return bench.send("A", 0, 0);
  };
  for (let i = 0; i <= BACKLOG; i++) assert.deepEqual(acknowledge(i), [], `${i}`);
  assert.equal(wasm.ready(listener), BACKLOG);
  assert.notEqual(wasm.accept(listener), 0);
  acknowledge(BACKLOG);
  assert.equal(wasm.ready(listener), BACKLOG);
});
