/** The byte ring against a plain array (core/ring.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { Random } from "../../lab/random.ts";
import { load, writeBytes } from "../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/ring.ts");
const PAGE: number = wasm.pageBytes.value;
const put = (bytes: Uint8Array | number[]) => writeBytes(wasm, Buffer.from(bytes));
const space: number = wasm.allocateBytes(8 * PAGE);
const taken = (count: number) => Buffer.from(wasm.memory.buffer, space, count);

test("write, read, copy, peek and grow match an array across many wraps", () => {
  const ring: number = wasm.create(2 * PAGE);
  let capacity = 2 * PAGE;
  let model = Buffer.alloc(0);
  const random = new Random(4711);
  for (let step = 0; step < 2000; step++) {
    const bytes = Buffer.from(
      Array.from({ length: 1 + random.below(8) }, () => random.below(256)),
    ).toString("hex");
    const data = Buffer.from(bytes.repeat(1 + random.below(2000)).slice(0, PAGE));
    const written = wasm.write(ring, ...put(data));
    assert.equal(written, Math.min(data.length, capacity - model.length));
    model = Buffer.concat([model, data.subarray(0, written)]);
    assert.equal(wasm.length(ring), model.length);
    if (capacity < 8 * PAGE && random.below(300) === 0) {
      capacity *= 2;
      wasm.grow(ring, capacity);
    }
    const offset = random.below(model.length + 1);
    const count = random.below(model.length - offset + 1);
    wasm.copyOut(ring, offset, space, count);
    assert.ok(taken(count).equals(model.subarray(offset, offset + count)));
    const whole: number = wasm.contiguous(ring, offset);
    if (whole > 0) {
      const piece = Buffer.from(wasm.memory.buffer, wasm.pointerAt(ring, offset), whole);
      assert.ok(piece.equals(model.subarray(offset, offset + whole)));
    }
    const read = wasm.read(ring, space, random.below(PAGE + 2000));
    assert.ok(taken(read).equals(model.subarray(0, read)));
    model = model.subarray(read);
    assert.ok(wasm.pagesUsed() <= model.length / PAGE + 2, "pages only for what is queued");
  }
  assert.equal(capacity, 8 * PAGE, "the seed makes it grow");
  wasm.release(ring);
  assert.equal(wasm.pagesUsed(), 0);
});

test("keeps all bytes of a full ring when it grows", () => {
  const ring: number = wasm.create(2 * PAGE);
  const bytes = Uint8Array.from({ length: 2 * PAGE }, (_, i) => i % 251);
  wasm.write(ring, ...put(new Uint8Array(100)));
  wasm.read(ring, space, 100);
  assert.equal(wasm.write(ring, ...put(bytes)), 2 * PAGE);
  wasm.grow(ring, 4 * PAGE);
  assert.equal(wasm.write(ring, ...put([7, 8, 9])), 3);
  assert.equal(wasm.read(ring, space, 4 * PAGE), 2 * PAGE + 3);
  assert.ok(taken(2 * PAGE + 3).equals(Buffer.from([...bytes, 7, 8, 9])));
  wasm.release(ring);
});

test("makes bytes beyond a gap readable once the gap is filled", () => {
  const ring: number = wasm.create(2 * PAGE);
  wasm.write(ring, ...put(new Uint8Array(2 * PAGE - 4)));
  wasm.read(ring, space, 2 * PAGE - 6);
  assert.equal(wasm.place(ring, 3, ...put([4, 5, 6])), 1);
  assert.equal(wasm.length(ring), 2);
  assert.equal(wasm.place(ring, 0, ...put([1, 2, 3])), 1);
  wasm.extend(ring, 6);
  assert.equal(wasm.read(ring, space, 99), 8);
  assert.deepEqual([...taken(8)], [0, 0, 1, 2, 3, 4, 5, 6]);
  wasm.release(ring);
});

test("has memory only for what it holds", () => {
  const before = wasm.held();
  const ring: number = wasm.create(8 * PAGE);
  assert.equal(wasm.held(), before);
  wasm.write(ring, ...put(new Uint8Array(3 * PAGE)));
  assert.equal(wasm.pagesUsed(), 3);
  wasm.read(ring, space, 2 * PAGE + 1);
  assert.equal(wasm.pagesUsed(), 1);
  wasm.read(ring, space, PAGE - 1);
  wasm.trim(ring);
  assert.equal(wasm.pagesUsed(), 0);
  wasm.write(ring, ...put([2]));
  assert.equal(wasm.read(ring, space, 9), 1);
  wasm.trim(ring);
  wasm.release(ring);
  assert.equal(wasm.held(), before);
});

test("reuses freed pages, so that memory does not grow", () => {
  const rings: number[] = Array.from({ length: 32 }, () => wasm.create(4 * PAGE));
  const data = put(new Uint8Array(3 * PAGE));
  const fill = () => {
    for (const ring of rings) {
      wasm.write(ring, ...data);
      // A longer-lived block keeps the allocator from joining free neighbors.
      wasm.allocateBytes(256);
    }
  };
  fill();
  const size = wasm.memory.buffer.byteLength;
  for (let round = 0; round < 10; round++) {
    for (const ring of rings) wasm.release(ring);
    fill();
  }
  assert.equal(wasm.memory.buffer.byteLength, size);
  for (const ring of rings) wasm.release(ring);
});

test("takes fewer bytes, or none ahead, when no memory is left", () => {
  const ring: number = wasm.create(8 * PAGE);
  // Uses up the spare pages that earlier tests have left.
  const filler: number = wasm.create(256 * PAGE);
  wasm.limit(0);
  while (wasm.write(filler, ...put(new Uint8Array(PAGE))) > 0);
  wasm.limit(wasm.held() + 2 * PAGE + 64);
  assert.equal(wasm.write(ring, ...put(new Uint8Array(4 * PAGE))), 2 * PAGE);
  assert.equal(wasm.place(ring, 0, ...put([1])), 0);
  assert.equal(wasm.write(ring, ...put([1])), 0);
  wasm.read(ring, space, PAGE);
  assert.equal(wasm.write(ring, ...put(new Uint8Array(2 * PAGE))), PAGE);
  wasm.release(ring);
  wasm.release(filler);
});

test("an assertion fails if a ring is overfilled, or its size is not a power of 2", () => {
  const ring: number = wasm.create(2 * PAGE);
  wasm.write(ring, ...put(new Uint8Array(PAGE)));
  assert.throws(() => wasm.place(ring, PAGE - 6, ...put(new Uint8Array(7))), /beyond the ring/);
  assert.throws(() => wasm.extend(ring, PAGE + 1), /beyond its capacity/);
  assert.throws(() => wasm.create(3 * PAGE), /power of 2/);
});
