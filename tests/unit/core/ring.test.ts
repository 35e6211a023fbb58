/** The byte ring against a plain array (core/ring.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { Random } from "../../lab/random.ts";
import { load, writeBytes } from "../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/ring.ts");
const put = (bytes: number[]) => writeBytes(wasm, Buffer.from(bytes));
const space: number = wasm.block(256);
const taken = (count: number) => [...new Uint8Array(wasm.memory.buffer, space, count)];

test("write, read, copy and peek match an array across many wraps", () => {
  const ring: number = wasm.create(64);
  let model: number[] = [];
  const random = new Random(4711);
  for (let step = 0; step < 3000; step++) {
    const bytes = Array.from({ length: random.below(40) }, () => random.below(256));
    const written = wasm.write(ring, ...put(bytes));
    assert.equal(written, Math.min(bytes.length, 64 - model.length));
    model.push(...bytes.slice(0, written));
    assert.equal(wasm.length(ring), model.length);
    const offset = random.below(model.length + 1);
    const count = random.below(model.length - offset + 1);
    wasm.copyOut(ring, offset, space, count);
    assert.deepEqual(taken(count), model.slice(offset, offset + count));
    const whole: number = wasm.contiguous(ring, offset);
    const at: number = wasm.pointerAt(ring, offset);
    const piece = [...new Uint8Array(wasm.memory.buffer, at, whole)];
    assert.deepEqual(piece, model.slice(offset, offset + whole));
    const read = wasm.read(ring, space, random.below(40));
    assert.deepEqual(taken(read), model.slice(0, read));
    model = model.slice(read);
  }
});

test("reuses a freed ring's block for the next ring of that size", () => {
  const rings: number[] = Array.from({ length: 32 }, () => wasm.create(64 * 1024));
  const fill = () => {
    for (const ring of rings) {
      wasm.write(ring, ...put([1]));
      // A longer-lived block keeps the allocator from joining free neighbors.
      wasm.block(256);
    }
  };
  fill();
  const size = wasm.memory.buffer.byteLength;
  for (let round = 0; round < 10; round++) {
    for (const ring of rings) wasm.release(ring);
    fill();
  }
  assert.equal(wasm.memory.buffer.byteLength, size);
});

test("makes bytes beyond a gap readable once the gap is filled", () => {
  const ring: number = wasm.create(16);
  wasm.write(ring, ...put(new Array(12).fill(0)));
  wasm.read(ring, space, 10);
  wasm.place(ring, 3, ...put([4, 5, 6]));
  assert.equal(wasm.length(ring), 2);
  wasm.place(ring, 0, ...put([1, 2, 3]));
  wasm.extend(ring, 6);
  assert.equal(wasm.read(ring, space, 99), 8);
  assert.deepEqual(taken(8), [0, 0, 1, 2, 3, 4, 5, 6]);
});

test("holds memory from its first byte until its release", () => {
  const ring: number = wasm.create(32);
  assert.equal(wasm.allocated(ring), 0);
  assert.equal(wasm.read(ring, space, 9), 0);
  wasm.write(ring, ...put([1]));
  assert.equal(wasm.allocated(ring), 1);
  wasm.release(ring);
  assert.equal(wasm.allocated(ring), 0);
  assert.equal(wasm.length(ring), 0);
  wasm.write(ring, ...put([2]));
  assert.equal(wasm.read(ring, space, 9), 1);
  assert.deepEqual(taken(1), [2]);
});

test("an assertion fails if a ring is overfilled, or its size is not a power of 2", () => {
  const ring: number = wasm.create(16);
  assert.throws(() => wasm.place(ring, 10, ...put(new Array(7).fill(1))), /beyond the ring/);
  assert.throws(() => wasm.extend(ring, 17), /beyond its capacity/);
  assert.throws(() => wasm.create(24), /power of 2/);
});
