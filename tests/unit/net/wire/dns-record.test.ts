/** The data of DNS records as text (net/wire/dns-record.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { encodeName } from "../../../lab/packets/dns.ts";
import { load, readString, writeBytes } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/dns.ts");
const HEADER = Buffer.alloc(12);

/** Returns the text of a record of this type with this data; a.Test is at offset 12. */
function text(type: number, data: Buffer, length = data.length): string {
  const message = Buffer.concat([HEADER, encodeName("a.Test"), data]);
  const [pointer, size] = writeBytes(wasm, message);
  return readString(wasm.memory, wasm.recordAt(pointer, size, type, 20, length));
}

const numbers = (...values: number[]) =>
  Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 255])));
const words = (...values: number[]) =>
  Buffer.concat(
    values.map((value) => {
      const word = Buffer.alloc(4);
      word.writeUInt32BE(value);
      return word;
    }),
  );
const texts = (...values: string[]) =>
  Buffer.concat(
    values.map((value) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])),
  );
const toName = Buffer.from([0xc0, 12]);

const records: [string, number, Buffer, string][] = [
  ["A", 1, Buffer.from([192, 0, 2, 1]), "192.0.2.1"],
  ["NS", 2, toName, "a.Test."],
  ["CNAME", 5, encodeName("B.test"), "B.test."],
  ["PTR", 12, encodeName(""), "."],
  ["MX", 15, Buffer.concat([numbers(10), toName]), "10 a.Test."],
  ["SRV", 33, Buffer.concat([numbers(1, 2, 443), toName]), "1 2 443 a.Test."],
  [
    "SOA",
    6,
    Buffer.concat([toName, encodeName("root.test"), words(2026112901, 7200, 3600, 86400, 300)]),
    "a.Test. root.test. 2026112901 7200 3600 86400 300",
  ],
  ["TXT", 16, texts("v=spf1 -all", 'a"b\\', "\x1b"), '"v=spf1 -all" "a\\"b\\\\" "\\027"'],
  [
    "CAA",
    257,
    Buffer.concat([Buffer.from([128]), texts("issue"), Buffer.from("ca.test")]),
    '128 issue "ca.test"',
  ],
];

test("prints the data of each type as dig does", () => {
  for (const [name, type, data, expected] of records)
    assert.equal(text(type, data), expected, name);
});

test("prints data that is truncated, too long, or of an unknown type as bytes", () => {
  for (const [name, type, data] of records) {
    for (let length = 0; length < data.length; length++) {
      const shown = text(type, data, length);
      // A shorter TXT or CAA record may be complete; the others may not.
      if (name === "TXT" || name === "CAA") continue;
      const hex = data.subarray(0, length).toString("hex").toUpperCase();
      assert.equal(shown, `\\# ${length}${length > 0 ? ` ${hex}` : ""}`, `${name} ${length}`);
    }
    if (name === "TXT" || name === "CAA") continue;
    assert.match(text(type, Buffer.concat([data, Buffer.from([0])])), /^\\# /, `${name} + 1`);
  }
  assert.equal(text(65, Buffer.from([0, 1, 255])), "\\# 3 0001FF");
  assert.equal(text(16, Buffer.from([5, 97])), "\\# 2 0561");
});

test("prints IPv6 addresses as RFC 5952 says", () => {
  const addresses = [
    ["20010db8000000000000000000000001", "2001:db8::1"],
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
    ["20010000000000010000000000000001", "2001:0:0:1::1"],
    ["fe800000000000000000000000000000", "fe80::"],
  ];
  for (const [hex, expected] of addresses)
    assert.equal(text(28, Buffer.from(hex, "hex")), expected);
});
