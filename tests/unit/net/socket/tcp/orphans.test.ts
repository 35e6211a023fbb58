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
