/** TIME-WAIT under segments that are not the peer's own FIN (RFC 9293 3.10.7.4, RFC 1337). */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, SECOND } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");

/** A host whose connection from the peer, to `listener`, is in TIME-WAIT. */
function waiting(): { bench: Bench; listener: number } {
  const bench = new Bench(wasm);
  const listener = bench.accept(80);
  wasm.close(bench.connection);
  bench.out();
  bench.send("A", 0, 1);
  bench.send("FA", 0, 1);
  assert.equal(wasm.timeWaitCount(), 1);
  return { bench, listener };
}

test("a SYN that is dropped for a full backlog leaves the record", () => {
  const { bench } = waiting();
  const peerPort = bench.peerPort;
  for (let i = 0; i < 8; i++) {
    bench.peerPort = 50_000 + i;
    const [synAck] = bench.send("S", -1);
    bench.guestInitial = synAck.sequence;
    bench.send("A", 0, 0);
  }
  bench.peerPort = peerPort;
  assert.equal(bench.send("S", 100).length, 0);
  assert.equal(wasm.timeWaitCount(), 1);
});

test("a SYN,FIN leaves the record", () => {
  const { bench } = waiting();
  const out = bench.send("SF", 100);
  assert.equal(wasm.timeWaitCount(), 1);
  assert.deepEqual(
    out.map((s) => s.flags),
    ["A"],
  );
  assert.equal(wasm.connectionCount(), 0);
});

test("a FIN with wrong numbers does not keep the record", () => {
  const { bench } = waiting();
  for (let i = 0; i < 4; i++) {
    bench.advance(14 * SECOND);
    bench.send("FA", 5000, 1);
    bench.send("FA", 0, 5000);
    bench.send("F", 0);
  }
  bench.advance(5 * SECOND);
  assert.equal(wasm.timeWaitCount(), 0);
});

test("a thousand segments at once get one ACK", () => {
  const { bench } = waiting();
  bench.now += SECOND;
  let acks = 0;
  for (let i = 0; i < 1000; i++) acks += bench.send("FA", i, 1).length;
  assert.equal(acks, 1);
  bench.now += SECOND / 5;
  assert.equal(bench.send("FA", 0, 1).length, 1);
});
