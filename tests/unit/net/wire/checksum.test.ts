/** The Internet checksum (net/wire/checksum.ts) against a naive one, for every small length. */
import assert from "node:assert/strict";
import test from "node:test";
import { internetSum, pseudoSum } from "../../../lab/packets/bytes.ts";
import { load } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/wire.ts");
const base: number = wasm.allocateBytes(4096);
const other: number = wasm.allocateBytes(4096);

function put(at: number, bytes: Uint8Array): void {
  new Uint8Array(wasm.memory.buffer, at, bytes.length).set(bytes);
}

/** Swaps big-endian to memory order. */
const swapped = (value: number) => ((value & 255) << 8) | (value >>> 8);
const naive = (bytes: Uint8Array) => swapped(~internetSum(bytes) & 0xffff);

const patterns: Array<[string, (i: number) => number]> = [
  ["counting", (i) => (i * 7 + (i >> 5)) & 255],
  ["all ones", () => 255],
  ["all zeros", () => 0],
  ["high bits", (i) => (i % 3 === 0 ? 0x80 : 0xff)],
];

test("sums 0 to 260 bytes at every alignment as RFC 1071 does", () => {
  for (const [name, byte] of patterns) {
    for (let length = 0; length <= 260; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => byte(i));
      for (let shift = 0; shift < 8; shift++) {
        put(base + shift, bytes);
        const expected = naive(bytes);
        assert.equal(wasm.checksumOf(base + shift, length), expected, `${name} ${length}`);
      }
    }
  }
});

test("copyAndSum copies exactly and returns the same sum, at every alignment of both sides", () => {
  for (let length = 0; length <= 130; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);
    for (let shift = 0; shift < 8; shift++) {
      const to = other + ((shift * 3) & 7) + 8;
      put(base + shift, bytes);
      put(to - 1, new Uint8Array(length + 10).fill(0xa5));
      assert.equal(wasm.copied(to, base + shift, length), naive(bytes), `${length}`);
      const copy = new Uint8Array(wasm.memory.buffer, to - 1, length + 2);
      assert.equal(copy[0], 0xa5);
      assert.equal(copy[length + 1], 0xa5);
      assert.deepEqual(copy.slice(1, -1), bytes);
    }
  }
});

test("continues a sum after an even number of bytes", () => {
  const bytes = Uint8Array.from({ length: 1461 }, (_, i) => (i * 13) & 255);
  put(base, bytes);
  for (let first = 0; first <= 1460; first += 2) {
    assert.equal(wasm.inTwo(base, first, bytes.length), naive(bytes), `${first}`);
  }
});

test("does not overflow on 64 KiB of ones, and folds extreme values correctly", () => {
  const block: number = wasm.allocateBytes(65536);
  put(block, new Uint8Array(65536).fill(255));
  assert.equal(wasm.checksumOf(block, 65535), naive(new Uint8Array(65535).fill(255)));
  assert.equal(wasm.folded(0n), 0);
  assert.equal(wasm.folded(0xffffn), 0xffff);
  assert.equal(wasm.folded(0x1_0000n), 1);
  assert.equal(wasm.folded(0xffff_ffff_ffff_ffffn), 0xffff);
  assert.equal(wasm.folded(0xffff_fffe_ffff_ffffn), 0xfffe);
});

test("sums the pseudo header of RFC 768", () => {
  for (const [from, to, protocol, length] of [
    [0x0a00020f, 0x0a000202, 17, 8],
    [0xffffffff, 0xffffffff, 6, 65535],
    [0, 0, 0, 0],
    [0x01020304, 0x05060708, 6, 1480],
  ]) {
    const expected = swapped(pseudoSum(from, to, protocol, length));
    assert.equal(wasm.pseudo(from, to, protocol, length), expected);
  }
});
