/** Connections that their user has released; they must not hold up others. */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, PEER, SECOND, SocketError } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const CONNECTIONS = 512;
const OWN_SLOTS = 32;

test("a table full of released connections in FIN-WAIT-2 soon admits others", () => {
  const bench = new Bench(wasm);
  wasm.setConnections(CONNECTIONS);
  const all: number[] = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    bench.connect();
    bench.send("SA", -1, 0);
    wasm.detach(bench.connection);
    bench.out();
    bench.send("A", 0, 1);
    all.push(bench.connection);
    bench.now += 1000;
  }
  assert.equal(wasm.connectionCount(), CONNECTIONS);
  wasm.listen(80, 8);
  bench.guestPort = 80;
  bench.peerPort = 40_000;
  bench.now += SECOND;
  assert.equal(bench.send("S", -1).length, 0, "they may be about to end");
  bench.now += 2 * SECOND;
  assert.equal(bench.send("S", -1)[0].flags, "SA");
  assert.equal(wasm.connectionCount(), CONNECTIONS - OWN_SLOTS);
  assert.equal(wasm.errorOf(all[0]), SocketError.NoResources, "the oldest goes first");
  assert.equal(wasm.errorOf(all[100]), SocketError.None);
  assert.notEqual(wasm.connect(BigInt(bench.now), PEER, 81), 0);
});

test("resets connections beyond tcp_max_orphans when their user closes them", () => {
  const bench = new Bench(wasm);
  wasm.setOrphans(2);
  const close = () => {
    bench.establish();
    wasm.detach(bench.connection);
    return bench.out()[0].flags;
  };
  assert.deepEqual([close(), close()], ["FA", "FA"]);
  assert.deepEqual(
    bench.moved(() => assert.equal(close(), "RA")),
    { ActiveOpens: 1, AbortOnMemory: 1, OutRsts: 1 },
  );
  // An orphan that has ended makes room for another.
  bench.advance(400 * SECOND);
  assert.equal(wasm.connectionCount(), 0);
  assert.equal(close(), "FA");
});

test("TCP_LINGER2 below 0 resets instead of FIN-WAIT-2", () => {
  const bench = new Bench(wasm).establish();
  wasm.setFinTimeout(bench.connection, -1n);
  wasm.detach(bench.connection);
  assert.equal(bench.out()[0].flags, "FA");
  assert.deepEqual(
    bench.moved(() => assert.equal(bench.send("A", 0, 1)[0].flags, "RA")),
    { AbortOnLinger: 1, OutRsts: 1 },
  );
});

test("counts ACKs that TCP_DEFER_ACCEPT ignores, and accepts with data", () => {
  const bench = new Bench(wasm);
  const listener: number = wasm.listen(80, 8);
  wasm.setDeferAccept(listener, BigInt(5 * SECOND));
  bench.guestPort = 80;
  bench.peerPort = 40_000;
  bench.guestInitial = bench.send("S", -1)[0].sequence;
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 0)),
    { DeferAcceptDrop: 1 },
  );
  assert.equal(wasm.ready(listener), 0);
  assert.deepEqual(bench.advance(4 * SECOND), [], "the SYN,ACK is not sent again");
  bench.send("PA", 0, 0, { payload: "hello" });
  assert.equal(wasm.ready(listener), 1);
});
