/** gzip and deflate: what zlib compresses is decompressed, and what zlib rejects is rejected. */
import assert from "node:assert/strict";
import test from "node:test";
import {
  constants,
  crc32,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from "node:zlib";
import fc from "fast-check";
import { load, readString, writeBytes } from "../lab/scripted/assembly.ts";
import { bytes, check, spoilt, titled } from "./support.ts";

const wasm = await load("tests/lab/entries/content-decoder.ts");

/** Returns the decoded bytes, or the error. */
function decode(coding: string, data: Uint8Array, piece = 1 << 20, room = 1 << 20) {
  const words = writeBytes(wasm, data);
  const error = readString(wasm.memory, wasm.decode(coding === "gzip", ...words, piece, room));
  if (error !== "") return error;
  const start = wasm.outputPointer();
  return Buffer.from(wasm.memory.buffer.slice(start, start + wasm.outputLength()));
}

/** Texts with repeats, near and far, and bytes without any. */
const repeated = fc
  .tuple(bytes(40, 1), fc.integer({ min: 1, max: 3000 }), bytes(300))
  .map(([part, times, rest]) =>
    Buffer.concat([...Array.from({ length: times }, () => Buffer.from(part)), Buffer.from(rest)]),
  );
const content = fc.oneof(repeated, bytes(70_000).map(Buffer.from));
const options = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ),
});
const piece = fc.constantFrom(1, 2, 7, 1460, 1 << 20);
const room = fc.constantFrom(1, 1000, 32_768, 1 << 20);

test(titled("decompresses what zlib compresses, in pieces of any size"), () => {
  const codings = fc.constantFrom("gzip", "deflate", "raw");
  check(
    [codings, content, options, piece, room],
    (coding, plain, settings, given, taken) => {
      const compress =
        coding === "gzip" ? gzipSync : coding === "deflate" ? deflateSync : deflateRawSync;
      const data = compress(plain, settings);
      assert.deepEqual(decode(coding, data, given, taken), plain);
    },
    300,
  );
});

test(titled("rejects what zlib rejects, and accepts what it accepts"), () => {
  const whole = fc
    .tuple(fc.boolean(), content, options)
    .map(([gzip, plain, settings]) => (gzip ? gzipSync : deflateSync)(plain, settings));
  check(
    [fc.boolean(), spoilt(whole)],
    (gzip, data) => {
      let wanted: Buffer | undefined;
      try {
        wanted = gzip ? gunzipSync(data) : inflateSync(data);
      } catch {
        wanted = undefined;
      }
      const found = decode(gzip ? "gzip" : "deflate", data);
      if (wanted !== undefined) {
        // Node ignores what follows a stream.
        if (typeof found === "string") assert.match(found, /after the end|header|unfinished/);
        else assert.deepEqual(found, wanted);
      } else if (typeof found !== "string") {
        // Data without a zlib header may be raw DEFLATE.
        assert.ok(data.length === 0 || !gzip);
      }
    },
    600,
  );
});

test("reads every optional part of a gzip header, and streams that follow each other", () => {
  const body = gzipSync("hello").subarray(10);
  const header = Buffer.from("1f8b081f000000000003", "hex");
  const extra = Buffer.from("0300616263", "hex");
  const whole = Buffer.concat([header, extra, Buffer.from("name\0comment\0")]);
  const check = Buffer.alloc(2);
  check.writeUInt16LE(crc32(whole) & 0xffff);
  const data = Buffer.concat([whole, check, body]);
  for (const size of [1, 100]) assert.deepEqual(decode("gzip", data, size), Buffer.from("hello"));
  check[0] ^= 1;
  const spoiltHeader = Buffer.concat([whole, check, body]);
  for (const size of [1, 100]) {
    assert.equal(decode("gzip", spoiltHeader, size), "header crc mismatch");
  }
  const two = Buffer.concat([data, gzipSync(""), gzipSync(" world")]);
  assert.deepEqual(decode("gzip", two, 3), Buffer.from("hello world"));
  assert.deepEqual(decode("gzip", Buffer.alloc(0)), Buffer.alloc(0));
});

test("reports faults in zlib's words", () => {
  const good = gzipSync("hello world ".repeat(20));
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(good);
    copy[at < 0 ? copy.length + at : at] = value;
    return decode("gzip", copy);
  };
  assert.equal(decode("gzip", Buffer.from("junk")), "incorrect header check");
  assert.equal(changed(2, 7), "unknown compression method");
  assert.equal(changed(3, 0x20), "unknown header flags set");
  assert.equal(changed(10, 0x07), "invalid block type");
  assert.equal(changed(-8, good[good.length - 8] ^ 1), "incorrect data check");
  assert.equal(changed(-4, good[good.length - 4] ^ 1), "incorrect length check");
  assert.equal(decode("gzip", good.subarray(0, -1)), "unfinished");
  assert.equal(decode("gzip", Buffer.concat([good, Buffer.from("x")])), "incorrect header check");
  const zlib = deflateSync("hello");
  assert.equal(decode("deflate", Buffer.concat([zlib, zlib])), "data after the end of the stream");
  assert.equal(decode("deflate", Buffer.from("0300", "hex")).length, 0, "an empty stream");
});

test("passes on the output before a fault, however the input arrives", () => {
  const bad = Buffer.from("4b4c1c05c45d0276", "hex");
  const lengths = [1, 100].map((size) => {
    assert.equal(typeof decode("deflate", bad, size), "string");
    return wasm.outputLength();
  });
  assert.equal(lengths[0], lengths[1]);
  assert.ok(lengths[0] > 0);
});

test("decompresses a bounded amount at a time, however small its input", () => {
  const data = gzipSync(Buffer.alloc(16 << 20));
  const output = decode("gzip", data, 1 << 20, 0xffffffff);
  assert.equal(output.length, 16 << 20);
  assert.ok(wasm.mostPerCall() <= (256 + 32) * 1024, `${wasm.mostPerCall()}`);
});

/** Returns empty blocks of dynamic codes, whose only symbol is the end of the block. */
function dynamicBlocks(count: number): Buffer {
  const number = (value: number, bits: number) =>
    Array.from({ length: bits }, (_, at) => (value >> at) & 1).join("");
  // The lengths of the code lengths 18, 0 and 1, whose codes are then 0, 10 and 11.
  const lengths = Array.from({ length: 18 }, () => 0);
  lengths[2] = 1;
  lengths[3] = 2;
  lengths[17] = 2;
  const sizes = `${number(0, 5)}${number(0, 5)}${number(14, 4)}`;
  const zeros = `0${number(127, 7)}0${number(107, 7)}`;
  const block = `001${sizes}${lengths.map((length) => number(length, 3)).join("")}${zeros}11100`;
  const bits = block.repeat(count).padEnd(Math.ceil((block.length * count) / 8) * 8, "0");
  const reversed = (byte: string) => Number.parseInt([...byte].reverse().join(""), 2);
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(reversed));
}

test("does a bounded amount of work at a time, even without output", () => {
  const size = 1 << 20;
  // A block of fixed codes that is empty: 010 0000000, and four of them in five bytes.
  const empty = Buffer.alloc(size, Buffer.from("0208208000", "hex"));
  const header = gzipSync("").subarray(0, 10);
  assert.equal(decode("gzip", Buffer.concat([header, empty]), 1 << 21), "unfinished");
  assert.ok(wasm.callCount() >= 4, `fixed blocks: ${wasm.callCount()} calls`);
  const member = gzipSync("");
  assert.deepEqual(
    decode("gzip", Buffer.alloc(size - (size % 20), member), 1 << 21),
    Buffer.alloc(0),
  );
  assert.ok(wasm.callCount() >= 4, `members: ${wasm.callCount()} calls`);
  const dynamic = dynamicBlocks(1000);
  assert.equal(decode("gzip", Buffer.concat([header, dynamic]), 1 << 21), "unfinished");
  assert.ok(wasm.callCount() >= 2, `dynamic blocks: ${wasm.callCount()} calls`);
});
