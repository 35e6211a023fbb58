/** The seed of the random generator (machine/entropy.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { Machine } from "../../lab/machine/machine.ts";
import { Random } from "../../lab/random.ts";
import { type Exports, load, readString } from "../../lab/scripted/assembly.ts";

const [MAC, TIME] = [0x525400123456n, 1_700_000_000n];

/** Boots a machine whose writes to the PIT take `jitter()` nanoseconds longer. */
async function boot(
  jitter: () => number,
  random?: () => bigint,
  randomSeed?: () => bigint,
): Promise<Exports> {
  const machine = new Machine({ random, randomSeed });
  const write = machine.pit.ports.write;
  machine.pit.ports.write = (offset, value, width) => {
    machine.clock.advance(jitter());
    write(offset, value, width);
  };
  const wasm = await load("tests/lab/entries/entropy.ts", machine.host());
  machine.attach(wasm);
  return wasm;
}

/** What the log says of the last seed. */
const said = (wasm: Exports) => readString(wasm.memory, wasm.text());

/** Returns a source of jitter below `width`. */
function noise(seed: number, width: number) {
  const random = new Random(seed);
  return () => random.below(width);
}

test("jitter alone gives boots with the same address and time different seeds", async () => {
  const seen = new Set<bigint>();
  for (let seed = 1; seed <= 20; seed++) {
    const wasm = await boot(noise(seed, 40));
    seen.add(wasm.first(MAC, TIME));
    assert.equal(wasm.jitterHealthy(), 1);
    assert.equal(wasm.sufficient(), 1);
    assert.equal(said(wasm), "seeded from timing jitter (no RDRAND); health tests passed");
  }
  assert.equal(seen.size, 20);
});

test("one different interval in a thousand changes the seed", async () => {
  let calls = 0;
  const plain = await boot(() => 0);
  const other = await boot(() => (++calls === 700 ? 8 : 0));
  assert.notEqual(plain.first(MAC, TIME), other.first(MAC, TIME));
});

test("rejects constant intervals, and still mixes in address and time", async () => {
  const wasm = await boot(() => 0);
  const first = wasm.first(MAC, TIME);
  assert.equal(wasm.jitterHealthy(), 0);
  assert.equal(wasm.sufficient(), 0);
  const again = await boot(() => 0);
  assert.equal(again.first(MAC, TIME), first, "the model itself is deterministic");
  const elsewhere = await boot(() => 0);
  assert.notEqual(elsewhere.first(MAC + 1n, TIME), first);
  const later = await boot(() => 0);
  assert.notEqual(later.first(MAC, TIME + 1n), first);
});

test("rejects nearly constant intervals", async () => {
  let calls = 0;
  const wasm = await boot(() => (++calls % 20 === 0 ? 40 : 0));
  wasm.first(MAC, TIME);
  assert.equal(wasm.jitterHealthy(), 0);
});

test("samples again if the counter stands still for a while", async () => {
  let calls = 0;
  const later = noise(1, 40);
  const wasm = await boot(() => (++calls < 2000 ? 0 : later()));
  wasm.first(MAC, TIME);
  assert.equal(wasm.jitterHealthy(), 1);
});

test("accepts the processor's generator unless it mostly fails", async () => {
  let words = 0n;
  const good = await boot(
    () => 0,
    () => ++words * 0x9e3779b97f4a7c15n,
  );
  good.first(MAC, TIME);
  assert.match(said(good), /^seeded from 8 words of RDRAND, timing jitter; /);
  assert.equal(good.sufficient(), 1);
  let calls = 0;
  const failing = await boot(
    () => 0,
    () => (++calls === 3 ? 1n : 0n),
  );
  failing.first(MAC, TIME);
  assert.match(said(failing), /^seeded from 1 words of RDRAND, /);
  assert.equal(failing.sufficient(), 0);
});

test("takes words from RDSEED first, and names what they come from", async () => {
  let words = 0n;
  const next = () => ++words * 0x9e3779b97f4a7c15n;
  const seeded = await boot(() => 0, undefined, next);
  seeded.first(MAC, TIME);
  assert.match(said(seeded), /^seeded from 8 words of RDSEED, timing jitter; /);
  assert.equal(seeded.sufficient(), 1);
  let calls = 0;
  const mixed = await boot(
    () => 0,
    next,
    () => (++calls % 4 === 0 ? 1n : 0n),
  );
  mixed.first(MAC, TIME);
  assert.match(said(mixed), /^seeded from 2 words of RDSEED, 6 words of RDRAND, timing jitter; /);
  assert.equal(mixed.sufficient(), 1);
});
