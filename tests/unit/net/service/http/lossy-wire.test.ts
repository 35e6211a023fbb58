/** HTTP over real TCP between two hosts, with and without loss. */
import assert from "node:assert/strict";
import test from "node:test";
import { crc32 } from "node:zlib";
import { load, readString } from "../../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/http-pair.ts");
const message = () => readString(wasm.memory, wasm.lastMessage());
const pattern = (length: number) =>
  Buffer.from(Array.from({ length }, (_, n) => ((n % 65536) * 131 + ((n % 65536) >> 8) * 7) & 255));
const small = crc32(pattern(100));
const large = crc32(pattern(1 << 20));

test("many requests share one connection, and leak nothing", () => {
  wasm.begin(1, 0);
  const frames = wasm.framesFree();
  for (let i = 0; i < 50; i++) assert.equal(wasm.get(false) >>> 0, small, message());
  assert.equal(wasm.opened(), 1);
  assert.equal(wasm.rest(), 0);
  assert.equal(wasm.framesFree(), frames);
});

test("transfers a mebibyte in each direction", () => {
  wasm.begin(2, 0);
  assert.equal(wasm.get(true) >>> 0, large, message());
  assert.equal(wasm.post(1 << 20), 1 << 20, message());
  assert.equal(wasm.post(0), 0, message());
  assert.equal(wasm.opened(), 1);
  assert.equal(wasm.rest(), 0);
});

for (const seed of [3, 4, 5]) {
  test(`reuses connections and transfers data with 3% loss (seed ${seed})`, () => {
    wasm.begin(seed, 30);
    for (let i = 0; i < 20; i++) assert.equal(wasm.get(false) >>> 0, small, message());
    assert.equal(wasm.get(true) >>> 0, large, message());
    assert.equal(wasm.post(1 << 19), 1 << 19, message());
    assert.equal(wasm.concurrent(32), 32);
    assert.equal(wasm.rest(), 0);
  });
}

test("concurrent requests use separate connections, eight of which are kept", () => {
  wasm.begin(6, 0);
  assert.equal(wasm.concurrent(32), 32);
  assert.equal(wasm.opened(), 32);
  assert.equal(wasm.concurrent(8), 8);
  assert.equal(wasm.opened(), 32);
  assert.equal(wasm.concurrent(9), 9);
  assert.equal(wasm.opened(), 33);
  assert.equal(wasm.rest(), 0);
});

test("the client closes an idle connection after 30 s and opens a new one", () => {
  wasm.begin(7, 0);
  assert.equal(wasm.get(false) >>> 0, small);
  wasm.wait(29_000_000n);
  assert.equal(wasm.get(false) >>> 0, small);
  assert.equal(wasm.opened(), 1);
  wasm.wait(31_000_000n);
  assert.equal(wasm.get(false) >>> 0, small);
  assert.equal(wasm.opened(), 2);
  assert.equal(wasm.rest(), 0);
});
