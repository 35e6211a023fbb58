/** TCP under random segments, calls and times, from seeds: no assertion fails, nothing leaks. */
import assert from "node:assert/strict";
import test from "node:test";
import { Random } from "../../../../lab/random.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, pattern, SECOND, State } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");

/** Performs a random action of the peer, the user or the clock. */
function step(bench: Bench, random: Random, next: { seq: number }): void {
  const what = random.below(20);
  const connection = bench.connection;
  if (what < 10) {
    const letters = ["A", "A", "A", "PA", "FA", "S", "SA", "R", "RA", "", "F", "SFUP", "UA"];
    const length = random.below(4) === 0 ? random.below(3000) : 0;
    const near =
      random.below(3) === 0 ? random.below(200_000) - 70_000 : random.below(3) * random.below(1500);
    const ack = random.below(3) === 0 ? random.below(1 << 17) - (1 << 16) : bench.maximumOf();
    const flags = letters[random.below(random.below(4) === 0 ? letters.length : 5)];
    const window = random.below(3) === 0 ? random.below(3000) : 65535;
    const seq = next.seq + near;
    bench.inject(flags, seq, ack, { payload: pattern(length, seq), window });
    if (near === 0 && flags.includes("A")) next.seq += length;
  } else if (what < 12) bench.write(pattern(random.below(9000)));
  else if (what < 14) bench.read(random.below(9000));
  else if (what === 14) bench.advance(random.below(SECOND));
  else if (what === 15 && random.below(10) === 0) bench.advance(random.below(200) * SECOND);
  else if (what === 16 && random.below(30) === 0) wasm.close(connection);
  else if (what === 17 && random.below(60) === 0) wasm.detach(connection);
  else if (what === 18 && random.below(60) === 0) wasm.abort(connection);
  else if (what === 19) bench.icmp(random.below(7), bench.unacknowledgedOf(), random.below(2000));
  wasm.setRoom(random.below(10) === 0 ? random.below(3) : 1000);
  bench.out();
}

test("random segments, calls and times leave the table consistent", () => {
  const reached = new Set<number>();
  for (let seed = 1; seed <= 150; seed++) {
    const random = new Random(seed);
    const bench = new Bench(wasm, seed);
    bench.peerInitial = random.below(2) === 0 ? 0xffffff00 : 5000;
    if (random.below(2) === 0) bench.accept(80);
    else if (random.below(4) === 0) bench.connect();
    else bench.establish();
    const next = { seq: 0 };
    for (let i = 0; i < 300 && bench.state !== State.Closed; i++) {
      step(bench, random, next);
      reached.add(bench.state);
      assert.ok(wasm.readable(bench.connection) <= 131072, `seed ${seed}`);
      assert.ok(wasm.framesAvailable() === 4, `seed ${seed}: a frame leaked`);
    }
    wasm.setRoom(1000);
    wasm.abort(bench.connection);
    bench.out();
    bench.advance(400 * SECOND);
    for (let i = wasm.connectionCount() - 1; i >= 0; i--) wasm.abort(wasm.connectionAt(i));
    bench.out();
    bench.advance(400 * SECOND);
    assert.equal(wasm.connectionCount(), 0, `seed ${seed}: a connection leaked`);
    assert.equal(wasm.timeWaitCount(), 0, `seed ${seed}: a TIME-WAIT leaked`);
    assert.ok(!wasm.ringsAllocated(bench.connection), `seed ${seed}: a buffer leaked`);
    wasm.collect();
  }
  assert.ok(reached.size >= 9, `states reached: ${[...reached].join()}`);
});
