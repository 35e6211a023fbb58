/** TCP under random segments, calls and times, from seeds: no assertion fails, nothing leaks. */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, pattern, SECOND, State } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");

/** Returns a seeded generator of choices. */
function chooser(seed: number): (bound: number) => number {
  let state = Math.imul(seed, 2654435761) >>> 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % bound;
  };
}

/** Performs a random action of the peer, the user or the clock. */
function step(bench: Bench, choose: (bound: number) => number, next: { seq: number }): void {
  const what = choose(20);
  const connection = bench.connection;
  if (what < 10) {
    const letters = ["A", "A", "A", "PA", "FA", "S", "SA", "R", "RA", "", "F", "SFUP", "UA"];
    const length = choose(4) === 0 ? choose(3000) : 0;
    const near = choose(3) === 0 ? choose(200_000) - 70_000 : choose(3) * choose(1500);
    const ack = choose(3) === 0 ? choose(1 << 17) - (1 << 16) : bench.maximumOf();
    const flags = letters[choose(choose(4) === 0 ? letters.length : 5)];
    const window = choose(3) === 0 ? choose(3000) : 65535;
    const seq = next.seq + near;
    bench.inject(flags, seq, ack, { payload: pattern(length, seq), window });
    if (near === 0 && flags.includes("A")) next.seq += length;
  } else if (what < 12) bench.write(pattern(choose(9000)));
  else if (what < 14) bench.read(choose(9000));
  else if (what === 14) bench.advance(choose(SECOND));
  else if (what === 15 && choose(10) === 0) bench.advance(choose(200) * SECOND);
  else if (what === 16 && choose(30) === 0) wasm.close(connection);
  else if (what === 17 && choose(60) === 0) wasm.detach(connection);
  else if (what === 18 && choose(60) === 0) wasm.abort(connection);
  else if (what === 19) bench.icmp(choose(7), bench.unacknowledgedOf(), choose(2000));
  wasm.setRoom(choose(10) === 0 ? choose(3) : 1000);
  bench.out();
}

test("random segments, calls and times leave the table consistent", () => {
  const reached = new Set<number>();
  for (let seed = 1; seed <= 150; seed++) {
    const choose = chooser(seed);
    const bench = new Bench(wasm, seed);
    bench.peerInitial = choose(2) === 0 ? 0xffffff00 : 5000;
    if (choose(2) === 0) bench.accept(80);
    else if (choose(4) === 0) bench.connect();
    else bench.establish();
    const next = { seq: 0 };
    for (let i = 0; i < 300 && bench.state !== State.Closed; i++) {
      step(bench, choose, next);
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
