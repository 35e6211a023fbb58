/** SipHash-2-4 (core/siphash.ts) against its authors' vectors. */
import assert from "node:assert/strict";
import test from "node:test";
import { load, writeBytes } from "../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/siphash.ts");
const KEY0 = 0x0706050403020100n;
const KEY1 = 0x0f0e0d0c0b0a0908n;

function hash(length: number, key0 = KEY0, key1 = KEY1): string {
  const message = Uint8Array.from({ length }, (_, i) => i);
  const value = BigInt.asUintN(64, wasm.siphash(key0, key1, ...writeBytes(wasm, message)));
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.toString("hex");
}

test("computes the example of the paper's appendix A", () => {
  assert.equal(hash(15), Buffer.from("a129ca6149be45e5", "hex").reverse().toString("hex"));
});

test("computes the authors' vectors for 14 lengths from 0 to 63", () => {
  const vectors: [number, string][] = [
    [0, "310e0edd47db6f72"],
    [1, "fd67dc93c539f874"],
    [2, "5a4fa9d909806c0d"],
    [3, "2d7efbd796666785"],
    [4, "b7877127e09427cf"],
    [5, "8da699cd64557618"],
    [6, "cee3fe586e46c9cb"],
    [7, "37d1018bf50002ab"],
    [8, "6224939a79f5f593"],
    [9, "b0e4a90bdf82009e"],
    [12, "fbe50e86bc8f1e75"],
    [16, "db9bc2577fcc2a3f"],
    [17, "9447be2cf5e99a69"],
    [63, "724506eb4c328a95"],
  ];
  for (const [length, expected] of vectors) assert.equal(hash(length), expected, `${length}`);
});

test("different keys give different hashes", () => {
  assert.notEqual(hash(15, KEY0 + 1n), hash(15));
  assert.notEqual(hash(15, KEY0, KEY1 + 1n), hash(15));
});
