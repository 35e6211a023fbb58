/** Thousands of connections: the tables that find them, and the memory that bounds them. */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, PEER } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");

test("finds each of thousands of connections, and forgets them", () => {
  const bench = new Bench(wasm);
  const listener = wasm.listen(80, 256);
  bench.guestPort = 80;
  const open = new Map<number, { initial: number; connection: number }>();
  for (let port = 20_000; port < 23_000; port++) {
    bench.peerPort = port;
    const [synAck] = bench.send("S", -1, 0);
    bench.guestInitial = synAck.sequence;
    bench.send("A", 0, 0);
    open.set(port, { initial: synAck.sequence, connection: wasm.accept(listener) });
  }
  assert.equal(wasm.connectionCount(), 3000);
  for (const [port, { initial, connection }] of open) {
    [bench.peerPort, bench.guestInitial, bench.connection] = [port, initial, connection];
    bench.inject("A", 0, 0, { payload: `${port}` });
    assert.equal(bench.read(16).toString(), `${port}`);
    wasm.abort(connection);
  }
  bench.out();
  assert.equal(wasm.connectionCount(), 0);
});

test("the tables of connections grow only while there is memory", () => {
  const bench = new Bench(wasm);
  // Room for twice as many connections takes 16 KiB.
  wasm.setFreeBytes(1024 * 1024 + 40 * 1024);
  let opened = 0;
  while (opened < 600 && wasm.connect(BigInt(bench.now), PEER, 80) !== 0) opened++;
  assert.equal(opened, 512);
  wasm.setFreeBytes(1024 * 1024 + 56 * 1024);
  assert.notEqual(wasm.connect(BigInt(bench.now), PEER, 80), 0);
});

test("TCP-50: connects to one destination from each of 32,768 ports, then from none", () => {
  const bench = new Bench(wasm);
  const connect = (port: number) => wasm.connect(BigInt(bench.now), PEER, port);
  for (let i = 0; i < 32_768; i++) assert.notEqual(connect(80), 0, `connection ${i}`);
  assert.equal(connect(80), 0);
  assert.equal(wasm.connectionCount(), 32_768);
  assert.notEqual(connect(81), 0, "the same ports can be used for another destination");
});
