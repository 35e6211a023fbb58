/** The urgent mechanism: data in line, and how far it is urgent (RFC 9293 3.8.5, RFC 6093). */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, pattern } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");

test("reports how far data is urgent until it is read, and delivers it in line (MUST-32)", () => {
  const bench = new Bench(wasm).establish();
  assert.equal(wasm.urgent(bench.connection), 0);
  bench.send("PAU", 0, 0, { payload: "abcdef", urgent: 3 });
  assert.equal(wasm.urgent(bench.connection), 3);
  assert.equal(bench.read(2).toString(), "ab");
  assert.equal(wasm.urgent(bench.connection), 1);
  assert.equal(bench.read().toString(), "cdef");
  assert.equal(wasm.urgent(bench.connection), 0);
});

test("the pointer may be ahead of the data, only advances, and counts only with URG", () => {
  const bench = new Bench(wasm).establish();
  bench.send("AU", 0, 0, { urgent: 1000 });
  assert.equal(wasm.urgent(bench.connection), 1000);
  bench.send("PAU", 0, 0, { payload: pattern(100), urgent: 5 });
  bench.send("PA", 100, 0, { payload: "x", urgent: 60000 });
  assert.equal(wasm.urgent(bench.connection), 1000);
  bench.read();
  assert.equal(wasm.urgent(bench.connection), 899);
  bench.send("AU", 70_000, 0, { urgent: 9 });
  assert.equal(
    wasm.urgent(bench.connection),
    899,
    "a segment outside the window counts for nothing",
  );
});

test("is processed while the window is closed (MUST-66)", () => {
  const bench = new Bench(wasm).establish();
  const unread = bench.closeWindow();
  for (const payload of ["", "x"]) {
    const more = payload.length;
    bench.send("AU", unread, 0, { payload, urgent: 10 + more });
    assert.equal(wasm.urgent(bench.connection), unread + 10 + more);
  }
});
