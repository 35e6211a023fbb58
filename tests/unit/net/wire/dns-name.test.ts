/** Names in DNS messages (net/wire/dns-name.ts): RFC 1035 section 4.1.4 and RFC 9267. */
import assert from "node:assert/strict";
import test from "node:test";
import { encodeName, type Name } from "../../../lab/packets/dns.ts";
import { Random } from "../../../lab/random.ts";
import { atEnd, load, readBytes, readString, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/dns.ts");

/** Reads the name at `offset`; pointers below 12 are invalid. Returns null if it is rejected. */
function read(message: Buffer, offset = 12): { name: string; after: number } | null {
  const [pointer, length] = atEnd(wasm, message);
  const after: number = wasm.readName(pointer, length, offset, 12);
  return after < 0 ? null : { name: readString(wasm.memory, wasm.lastName()), after };
}

const header = Buffer.alloc(12);
const message = (...names: Name[]) => Buffer.concat([header, ...names.map(encodeName)]);

test("reads labels up to the root, in lower case", () => {
  assert.deepEqual(read(message("WWW.Example.test")), { name: "www.example.test", after: 30 });
  assert.deepEqual(read(message("")), { name: ".", after: 13 });
});

test("rejects every truncation of a name (DNS-11)", () => {
  const whole = message("a.test", ["www", 12]);
  for (let length = 0; length < 20; length++) {
    assert.equal(read(whole.subarray(0, length)), null, `${length} bytes`);
  }
  for (let length = 20; length < whole.length; length++) {
    assert.equal(read(whole.subarray(0, length), 20), null, `${length} bytes`);
  }
  assert.deepEqual(read(whole, 20), { name: "www.a.test", after: whole.length });
});

test("DNS-02, DNS-03, DNS-04: rejects pointers to themselves, each other or their label", () => {
  assert.equal(read(message([12])), null);
  assert.equal(read(message([14], [12])), null);
  assert.equal(read(message([14], [12]), 14), null);
  assert.equal(read(message(["test", 12])), null);
});

test("DNS-05: rejects pointers forward and beyond the message", () => {
  assert.equal(read(message([14], "a")), null);
  assert.equal(read(message([Buffer.from([0xc0, 0xff])])), null);
  assert.equal(read(message([Buffer.from([0xff, 0xff])])), null);
});

test("DNS-06: rejects pointers into the header, or to bytes in a label that are no name", () => {
  assert.equal(read(message([0])), null);
  assert.equal(read(message([11])), null);
  const inside = message(["\x01bcd", Buffer.from([0])], [13]);
  assert.deepEqual(
    read(inside, 18),
    null,
    "label b, then c (0x63), which would be a label of type 01",
  );
});

test("DNS-07: rejects label types 01 and 10", () => {
  assert.equal(read(message([Buffer.from([0x41]), Buffer.alloc(65, "A"), Buffer.from([0])])), null);
  assert.equal(read(message([Buffer.from([0x80, 12])])), null);
});

test("DNS-08: rejects a label longer than the rest", () => {
  assert.equal(read(message([Buffer.from([63]), Buffer.alloc(10, "a")])), null);
});

test("DNS-09: accepts a name of 255 bytes and rejects one of 256, compressed or not", () => {
  const label = (length: number) => "a".repeat(length);
  const longest = [label(63), label(63), label(63), label(61)].join(".");
  assert.equal(read(message(longest))?.name, longest);
  assert.equal(read(message([label(63), label(63), label(63), label(62)].join("."))), null);
  assert.equal(read(message(Array(5).fill(label(63)).join("."))), null);
  const tail = encodeName([label(63), label(63), label(63), Buffer.from([0])]);
  const pieces = Buffer.concat([header, tail, encodeName([label(62), 12])]);
  assert.equal(read(pieces, 12 + tail.length), null);
});

test("DNS-10: follows a chain of 126 pointers, but not of 200", () => {
  const chain = (hops: number) => {
    const parts: Name[] = ["a.test"];
    for (let i = 0; i < hops; i++) parts.push([i === 0 ? 12 : 20 + 2 * (i - 1)]);
    return { bytes: message(...parts), at: 20 + 2 * (hops - 1) };
  };
  const legal = chain(126);
  assert.equal(read(legal.bytes, legal.at)?.name, "a.test");
  const long = chain(200);
  assert.equal(read(long.bytes, long.at), null);
});

test("DNS-26: escapes non-printable bytes, and dots inside labels", () => {
  const odd = read(message([Buffer.from("\x04a.\\b\x06\0\x1b[31m\x01\xff\x00", "latin1")]));
  assert.equal(odd?.name, "a\\.\\\\b.\\000\\027[31m.\\255");
});

test("a name is in a zone if the dot before the zone separates labels", () => {
  const cases: [string, string, boolean][] = [
    ["a.test", "test", true],
    ["test", "test", true],
    ["a.test", ".", true],
    ["atest", "test", false],
    ["a\\.test", "test", false],
    ["a\\\\.test", "test", true],
    ["a\\\\\\.test", "test", false],
    ["\\\\.test", "test", true],
  ];
  for (const [name, zone, within] of cases) {
    const result = wasm.isWithinZone(...writeText(wasm, name), ...writeText(wasm, zone));
    assert.equal(result !== 0, within, `${name} in ${zone}`);
  }
});

test("writes names that read back unchanged", () => {
  for (const name of ["a", "a.test", "mainnet.era.zksync.io", `${"b".repeat(63)}.test`]) {
    const to: number = wasm.allocateBytes(300);
    const length: number = wasm.writeName(to, ...writeText(wasm, name));
    assert.deepEqual(readBytes(wasm, to, length), encodeName(name));
  }
});

test("does not read outside the message for 100,000 random names", () => {
  const random = new Random(7);
  for (let i = 0; i < 100000; i++) {
    const message = Buffer.alloc(12 + (i % 52));
    for (let j = 0; j < message.length; j++) {
      message[j] = random.below(random.chance(0.75) ? 16 : 256);
    }
    const [pointer, length] = atEnd(wasm, message);
    const after: number = wasm.readName(pointer, length, 12 + (i % 20), 12);
    assert.ok(after === -1 || (after > 12 && after <= length));
  }
});
