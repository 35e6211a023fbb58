/** "Fragmentation needed" against a connection whose packets arrive (RFC 5927 section 7.2). */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, Icmp, pattern, SECOND } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");

/** A connection whose full-sized segments were acknowledged, with more in flight. */
function proven(): { bench: Bench; acked: number } {
  const bench = new Bench(wasm).establish();
  bench.write(pattern(65536));
  const acked = bench.out().reduce((sum, s) => sum + s.payload.length, 0);
  bench.send("A", 0, acked);
  return { bench, acked };
}

test("a claim is not believed while the segment that it quotes is acknowledged in time", () => {
  const { bench, acked } = proven();
  bench.icmp(Icmp.FragmentationNeeded, acked, 552);
  assert.equal(bench.out().length, 0, "nothing is sent again");
  assert.equal(wasm.segmentSize(bench.connection), 1460);
  bench.send("A", 0, acked + 1460);
  bench.advance(SECOND);
  assert.equal(wasm.segmentSize(bench.connection), 1460, "a later time-out is something else");
});

test("a claim is believed once the segment that it quotes times out", () => {
  const { bench, acked } = proven();
  bench.icmp(Icmp.FragmentationNeeded, acked, 1000);
  const [again] = bench.advance(SECOND / 2);
  assert.equal(wasm.segmentSize(bench.connection), 960);
  assert.equal(bench.fromGuest(again.sequence), acked);
  assert.equal(again.payload.length, 960);
});
