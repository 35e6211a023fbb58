/** ChaCha20 and the random generator (core/chacha.ts, core/generator.ts). */
import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import test from "node:test";
import { load, readBytes, writeBytes } from "../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/chacha.ts");

function block(key: Buffer, counter: number, nonce: number[]): string {
  const [pointer] = writeBytes(wasm, key);
  const output = wasm.allocateBytes(64);
  wasm.chachaBlock(output, pointer, counter, ...nonce);
  return readBytes(wasm, output, 64).toString("hex");
}

/** Returns OpenSSL's key stream of `blocks` blocks, the first of which has this counter. */
function reference(key: Buffer, counter: number, nonce: number[], blocks = 1): Buffer {
  const iv = Buffer.alloc(16);
  [counter, ...nonce].forEach((word, i) => {
    iv.writeUInt32LE(word, i * 4);
  });
  return createCipheriv("chacha20", key, iv).update(Buffer.alloc(64 * blocks));
}

test("computes the example of RFC 8439 section 2.3.2", () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  const expected =
    "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e" +
    "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e";
  assert.equal(block(key, 1, [0x09000000, 0x4a000000, 0]), expected);
});

test("computes the same blocks as OpenSSL", () => {
  for (let round = 0; round < 20; round++) {
    const key = reference(Buffer.alloc(32, 7), round, [1, 2, 3]).subarray(0, 32);
    const nonce = [round * 0x1234567, 0xffffffff - round, round << 20];
    assert.equal(block(key, round, nonce), reference(key, round, nonce).toString("hex"));
  }
});

test("the generator replaces its key before it returns key stream", () => {
  const generator = wasm.generator();
  const [pointer, length] = writeBytes(wasm, Buffer.alloc(1024));
  wasm.fill(generator, pointer, length);
  const first = reference(Buffer.alloc(32), 0, [0, 0, 0], 8);
  const second = reference(first.subarray(0, 32), 0, [0, 0, 0], 8);
  const third = reference(second.subarray(0, 32), 0, [0, 0, 0], 8);
  const expected = Buffer.concat([first, second, third].map((b) => b.subarray(32)));
  assert.equal(
    readBytes(wasm, pointer, length).toString("hex"),
    expected.toString("hex", 0, length),
  );
});

test("added entropy changes all later output, and its order matters", () => {
  const draw = (...values: bigint[]) => {
    const generator = wasm.generator();
    for (const value of values) wasm.add(generator, value);
    return [wasm.next32(generator) >>> 0, wasm.next32(generator) >>> 0].join();
  };
  const seen = new Set([draw(), draw(0n), draw(1n), draw(1n << 63n), draw(1n, 2n), draw(2n, 1n)]);
  assert.equal(seen.size, 6);
  assert.equal(draw(1n, 2n), draw(1n, 2n));
});

test("adding entropy discards words that are generated but not yet returned", () => {
  const plain = wasm.generator();
  const stirred = wasm.generator();
  assert.equal(wasm.next32(plain), wasm.next32(stirred));
  wasm.add(stirred, 0n);
  assert.notEqual(wasm.next32(plain), wasm.next32(stirred));
});

test("writes nothing after the requested number of bytes", () => {
  const generator = wasm.generator();
  for (let length = 0; length <= 9; length++) {
    const [pointer] = writeBytes(wasm, Buffer.alloc(16, 0xaa));
    wasm.fill(generator, pointer, length);
    const rest = readBytes(wasm, pointer + length, 16 - length);
    assert.deepEqual(rest, Buffer.alloc(16 - length, 0xaa), `${length}`);
  }
});
