/** The counters of losses and of how they are repaired (nstat, Linux's names). */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, pattern, SECOND, timestampsOption } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const MSS = 1460;
const MILLISECOND = SECOND / 1000;
const SYN_OPTIONS = [2, 4, 5, 180];
const SACK_OPTIONS = [...SYN_OPTIONS, 1, 1, 4, 2];

/** A connection with `count` full segments in flight after round trips of 100 ms. */
function inFlight(count: number, options = SACK_OPTIONS): Bench {
  const bench = new Bench(wasm);
  bench.connect();
  bench.now += 100 * MILLISECOND;
  bench.send("SA", -1, 0, { options });
  bench.write(pattern(count * MSS));
  assert.equal(bench.out().length, count);
  bench.now += 100 * MILLISECOND;
  return bench;
}
test("counts recoveries with SACK, and what ends them", () => {
  let bench = inFlight(10);
  const loss = () => bench.send("A", 0, 0, { options: bench.sack([MSS, 5 * MSS]) });
  assert.deepEqual(bench.moved(loss), { SackRecovery: 1, RetransSegs: 1, FastRetrans: 1 });
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, MSS, { options: bench.sack([0, MSS], [MSS, 5 * MSS]) })),
    { DSACKRecv: 1, DSACKUndo: 1 },
  );
  bench = inFlight(10);
  loss();
  bench.now += 50 * MILLISECOND;
  const failed = bench.moved(() => bench.advance(400 * MILLISECOND));
  assert.equal(failed.SackRecoveryFail, 1);
  assert.equal(failed.Timeouts, 1);
  assert.equal(failed.SlowStartRetrans, 1);
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 0, { options: bench.sack([50 * MSS, 51 * MSS]) })),
    { SACKDiscard: 1 },
  );
});

test("counts recoveries without SACK", () => {
  const bench = inFlight(10, SYN_OPTIONS);
  const third = bench.moved(() => {
    for (let i = 0; i < 3; i++) bench.send("A", 0, 0);
  });
  assert.deepEqual(third, { RenoRecovery: 1, RetransSegs: 1, FastRetrans: 1 });
  const failed = bench.moved(() => bench.advance(500 * MILLISECOND));
  assert.deepEqual([failed.RenoRecoveryFail, failed.Timeouts], [1, 1]);
  const again = bench.moved(() => {
    bench.send("A", 0, MSS);
    bench.advance(2 * SECOND);
  });
  assert.equal(again.LossFailures, 1);
});

test("counts segments that were overtaken, and D-SACKs above the ACK", () => {
  const bench = inFlight(10);
  bench.send("A", 0, 0, { options: bench.sack([MSS, 2 * MSS]) });
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 2 * MSS)),
    { SACKReorder: 1 },
  );
  const blocks: [number, number][] = [
    [4 * MSS, 5 * MSS],
    [3 * MSS, 6 * MSS],
  ];
  const { DSACKOfoRecv } = bench.moved(() =>
    bench.send("A", 0, 2 * MSS, { options: bench.sack(...blocks) }),
  );
  assert.equal(DSACKOfoRecv, 1);
});

test("counts timeouts that find segments SACKed, and peers that discard those", () => {
  const bench = inFlight(3);
  bench.send("A", 0, 0, { options: bench.sack([MSS, 2 * MSS]) });
  wasm.setRoom(0);
  bench.now += 10 * SECOND;
  wasm.setRoom(100);
  const timeout = bench.moved(() => {
    bench.advance(10 * MILLISECOND);
    bench.advance(SECOND);
  });
  assert.ok(timeout.Timeouts >= 1);
  bench.send("A", 0, MSS);
  const { SACKReneging } = bench.moved(() => bench.advance(5 * SECOND));
  assert.equal(SACKReneging, 1);
});

test("counts tail loss probes, and those that repair a loss", () => {
  const bench = inFlight(3);
  bench.send("A", 0, 2 * MSS);
  assert.deepEqual(
    bench.moved(() => bench.advance(450 * MILLISECOND)),
    { RetransSegs: 1, LossProbes: 1 },
  );
  bench.write("x");
  bench.out();
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 3 * MSS + 1)),
    { LossProbeRecovery: 1 },
  );
});

test("counts spurious timeouts", () => {
  const bench = inFlight(10);
  while (bench.counter("TcpExtTCPTimeouts") === 0) bench.advance(10 * MILLISECOND);
  const late = bench.moved(() => bench.send("A", 0, 0, { options: bench.sack([MSS, 2 * MSS]) }));
  assert.deepEqual([late.SpuriousRTOs, late.LossUndo], [1, 1]);
});

test("counts retransmissions that are lost again", () => {
  const bench = inFlight(10);
  bench.send("A", 0, 0, { options: bench.sack([MSS, 5 * MSS]) });
  bench.now += 150 * MILLISECOND;
  bench.write(pattern(10 * MSS));
  bench.send("A", 0, 0, { options: bench.sack([MSS, 8 * MSS]) });
  bench.now += 150 * MILLISECOND;
  const { LostRetransmit } = bench.moved(() => {
    bench.send("A", 0, 0, { options: bench.sack([MSS, 12 * MSS]) });
    bench.advance(60 * MILLISECOND);
  });
  assert.equal(LostRetransmit, 1);
});

test("counts recoveries that timestamps undo (Eifel)", () => {
  const bench = new Bench(wasm);
  wasm.setTimestamps(true);
  const clock = Buffer.from(bench.connect().options).readUInt32BE(8);
  bench.now += 100 * MILLISECOND;
  bench.send("SA", -1, 0, { options: [...SACK_OPTIONS, ...timestampsOption(7, clock)] });
  bench.write(pattern(10 * MSS));
  bench.out();
  bench.now += 100 * MILLISECOND;
  const early = timestampsOption(8, clock + 100);
  for (let i = 5; i < 9; i++) {
    const options = [...early, ...bench.sack([MSS, i * MSS])];
    bench.send("A", 0, 0, { options });
  }
  bench.now += 50 * MILLISECOND;
  const undone = bench.moved(() => bench.send("A", 0, 9 * MSS, { options: early }));
  assert.equal(undone.FullUndo, 1);
});
