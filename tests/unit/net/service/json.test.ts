/** Parsing and writing JSON (net/service/json), including cases on which parsers differ. */
import assert from "node:assert/strict";
import test from "node:test";
import { Random } from "../../../lab/random.ts";
import { load, readString, writeBytes, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/json.ts");
const string = (pointer: number) => readString(wasm.memory, pointer);
const fault = (json: string | Uint8Array) =>
  string(wasm.fault(...writeBytes(wasm, Buffer.from(json as Uint8Array))));
/** Calls a function; `bound` is the size of pieces or of the excerpt, if it has any. */
const ask = (name: string, json: string, bound = 1 << 20) =>
  string(wasm[name](...writeText(wasm, json), bound));
const member = (json: string, name: string) =>
  string(wasm.member(...writeText(wasm, json), ...writeText(wasm, name)));

const accepted = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "123",
  "1.5",
  "1e5",
  "1E+5",
  "1e-5",
  "0e0",
  "0.0e-0",
  '""',
  '"a"',
  '"\\u0041"',
  '"\\ud83d\\ude00"',
  '"é€😀"',
  '"\x7f"',
  "[]",
  "[ ]",
  "[[]]",
  "[1,2]",
  "{}",
  "{ }",
  '{"":0}',
  '{"a":{"b":[{}]}}',
  " \t\r\n1 \t\r\n",
  '["\\"\\\\\\/\\b\\f\\n\\r\\t"]',
  "[1e400]",
  "[0.1e-400]",
  "[9007199254740993]",
  "[123456789012345678901234567890]",
  '{"a":1,"a":2}',
  '"\\u0000"',
  '"\\uffff"',
  "[1,[2,[3]]]",
  '[null,{"a":null}]',
];

const refused = [
  "",
  " ",
  "nul",
  "nulll",
  "True",
  "NaN",
  "Infinity",
  "-Infinity",
  "undefined",
  "-",
  "+1",
  "01",
  "-01",
  "1.",
  ".5",
  "1.e5",
  "1e",
  "1e+",
  "0x1",
  "1_000",
  "1 2",
  "[1 2]",
  "[1,]",
  "[,1]",
  "[,]",
  "[",
  "]",
  "[1",
  "[1}",
  "{",
  "}",
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  "{,}",
  "{a:1}",
  "{'a':1}",
  "{1:1}",
  '{"a":1 "b":2}',
  '{"a" 1}',
  '{"a"::1}',
  '"',
  '"a',
  '"\\',
  '"\\x41"',
  '"\\u12"',
  '"\\u123g"',
  '"\\ud800"',
  '"\\ud800a"',
  '"\\ud800\\u0041"',
  '"\\udc00"',
  '"\\ud800\\',
  '"a\nb"',
  '"a\tb"',
  '"\x00"',
  "\x00",
  "1\x00",
  "[]\x00",
  "[1]x",
  "//c\n1",
  "/**/1",
  "[1]/**/",
  "\ufeff1",
  "\u00a01",
  "'a'",
  '{"a":1}{"b":2}',
  "[] []",
  "1,",
  "\f1",
  "\v[]",
  "fals",
  "--1",
  "1e5.5",
  '["a",\n4\n,1,',
  "[true",
];

test("accepts the grammar of RFC 8259 except lone surrogates, and nothing else", () => {
  for (const json of accepted) assert.equal(fault(json), "", json);
  for (const json of refused) assert.match(fault(json), /^expected .* at byte \d+$/, json);
});

test("reports what was expected, and at which byte", () => {
  assert.equal(fault('{"a":1'), "expected ',' or '}' at byte 6");
  assert.equal(fault("[1 2]"), "expected ',' or ']' at byte 3");
  assert.equal(fault("01"), "expected a number without leading zeros at byte 1");
  assert.equal(fault("[1] x"), "expected the end of the text at byte 4");
  assert.equal(fault('{"a" 1}'), "expected ':' at byte 5");
  assert.equal(fault(""), "expected a value at byte 0");
});

test("RPC-01: bounds nesting, and rejects 100,000 levels without an overflow", () => {
  assert.equal(fault("[".repeat(1024) + "]".repeat(1024)), "");
  assert.equal(
    fault("[".repeat(1025) + "]".repeat(1025)),
    "expected a depth of at most 1024 at byte 1024",
  );
  assert.match(fault("[".repeat(100_000)), /depth/);
  assert.match(fault('{"a":'.repeat(100_000)), /depth/);
  assert.equal(fault('{"a":'.repeat(1024) + "1" + "}".repeat(1024)), "");
});

test("RPC-03: keeps the text of numbers, and converts only plain integers that fit an i64", () => {
  for (const text of [
    "1e400",
    "-0",
    "0.1e-400",
    "9007199254740993",
    "123456789012345678901234567890",
  ]) {
    assert.equal(ask("text", text), text);
    assert.equal(ask("compact", text), text);
  }
  const integer = (text: string) => {
    const where = writeText(wasm, text);
    return wasm.isInteger(...where) ? wasm.integer(...where) : null;
  };
  assert.equal(integer("9007199254740993"), 9007199254740993n);
  assert.equal(integer("9223372036854775807"), 9223372036854775807n);
  assert.equal(integer("9223372036854775808"), null);
  assert.equal(integer("-9223372036854775808"), -9223372036854775808n);
  assert.equal(integer("-9223372036854775809"), null);
  assert.equal(integer("-0"), 0n);
  assert.equal(integer("-32700"), -32700n);
  for (const text of ["1.0", "1e0", "0.5", '"1"', "true", "123456789012345678901234567890"]) {
    assert.equal(integer(text), null, text);
  }
});

test("RPC-04: uses the last of duplicate members", () => {
  assert.equal(member('{"id":1,"id":2,"result":"a","result":"b"}', "id"), "2");
  assert.equal(member('{"id":1,"id":2,"result":"a","result":"b"}', "result"), '"b"');
  assert.equal(member('{"\\u0069d":1}', "id"), "1");
  assert.equal(member('{"id":1,"i\\u0064":2}', "id"), "2");
  assert.equal(member('{"a":{"id":1}}', "id"), "(none)");
  assert.equal(member('{"idx":1,"i":2,"":3}', "id"), "(none)");
  assert.equal(member('{"":3}', ""), "3");
});

test("RPC-05: rejects invalid UTF-8, a byte order mark and lone surrogates", () => {
  const quoted = (...bytes: number[]) => Uint8Array.from([0x22, ...bytes, 0x22]);
  for (const bad of [
    [0xff],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xe2, 0x82],
    [0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xe0, 0x80, 0x80],
    [0xf0, 0x80, 0x80, 0x80],
    [0xc3],
  ]) {
    assert.equal(fault(quoted(...bad)), "expected UTF-8 at byte 1", String(bad));
  }
  for (const good of [
    "\u0080",
    "\u07ff",
    "\u0800",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
  ]) {
    assert.equal(ask("text", `"${good}"`), good);
  }
  assert.match(fault(Uint8Array.from([0xef, 0xbb, 0xbf, 0x31])), /expected a value at byte 0/);
  assert.notEqual(fault(Buffer.from('{"a":1}', "utf16le")), "");
  assert.notEqual(fault(Uint8Array.from([0xff, 0xfe, 0x31, 0])), "");
});

test("RPC-05: never prints a control character from JSON", () => {
  const nasty = '"\\u001b[2J\\u009b31m\\u202e\\u0007\\n\x7f"';
  for (const form of ["compact", "pretty", "show"]) {
    const out = ask(form, nasty).replaceAll("\n", "");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for them
    assert.doesNotMatch(out, /[\x00-\x1f\x7f-\x9f\u202e]/, form);
  }
  assert.equal(ask("compact", '"\\u001b"'), '"\\u001b"');
});

test("RPC-11: rejects every truncation, and anything after the value", () => {
  const data = "0x" + "ab".repeat(120);
  const result = `{"a":[1,-2.5e3,true,null],"é":"\\u20ac\\n","d":"${data}"}`;
  const answer = `{"jsonrpc":"2.0","id":7,"result":${result}}`;
  const bytes = Buffer.from(answer);
  for (let length = 0; length < bytes.length; length++) {
    assert.notEqual(fault(bytes.subarray(0, length)), "", `first ${length} bytes`);
  }
  assert.equal(fault(bytes), "");
  assert.match(fault(answer + answer), /the end of the text/);
  assert.match(fault(`${answer}x`), /the end of the text/);
});

test("RPC-13: rejects a text that is too long or has too many values", () => {
  assert.match(fault(`"${"a".repeat(1 << 24)}"`), /at most 16777216 bytes/);
  assert.match(fault(`[${"1,".repeat(200_000)}1]`), /at most 131072 values/);
  assert.equal(fault(`"${"a".repeat((1 << 24) - 2)}"`), "");
  // A longer text may have more values.
  assert.equal(fault(`[${"1,".repeat(200_000)}1]${" ".repeat(1_300_000)}`), "");
});

test("writes values as they were read", () => {
  const json =
    '{"a":[1,{"b":[]},{}],"c":"x\\"y\\\\z","d":{"e":{"f":null}},"g":[[],[[]]],"h":-1.50}';
  assert.equal(ask("compact", json), json);
  assert.deepEqual(JSON.parse(ask("pretty", json)), JSON.parse(json));
  assert.equal(
    ask("pretty", '{"a":[1,2],"b":{},"c":[]}'),
    '{\n  "a": [\n    1,\n    2\n  ],\n  "b": {},\n  "c": []\n}',
  );
  assert.equal(ask("show", '"a\\tb"'), '"a\\u0009b"');
  assert.equal(ask("show", '{"a":[12,345]}', 14), '{"a":[12,345]}');
  assert.equal(ask("show", '{"a":[12,345]}', 8), '{"a":[12...');
  assert.equal(ask("text", '"\\ud83d\\ude00 \\u00e9 \\/"'), "😀 é /");
  assert.equal(ask("quote", 'a"b\\c\nd'), '"a\\"b\\\\c\\nd"');
  assert.equal(ask("elements", '[1,[2,3],{"a":4},"x"]'), '1|[2,3]|{"a":4}|"x"|');
  assert.equal(wasm.count(...writeText(wasm, '{"a":1,"b":[1,2,3]}')), 2);
  assert.equal(wasm.count(...writeText(wasm, "[1,[2,3],4]")), 3);
});

test("writes random values such that JSON.parse reads them back (seed 1)", () => {
  const random = new Random(1);
  const value = (depth: number): unknown => {
    const kind = random.below(depth > 5 ? 4 : 6);
    if (kind === 0) return [null, true, false][random.below(3)];
    if (kind === 1) return random.below(1 << 20) - (1 << 19);
    if (kind === 2)
      return String.fromCodePoint(
        ...Array.from({ length: random.below(6) }, () => random.below(0xd7ff)),
      );
    if (kind === 3) return random.below(1000) / 8;
    if (kind === 4) return Array.from({ length: random.below(5) }, () => value(depth + 1));
    return Object.fromEntries(
      Array.from({ length: random.below(5) }, (_, i) => [`k${i}\n`, value(depth + 1)]),
    );
  };
  for (let i = 0; i < 300; i++) {
    const tree = value(0);
    assert.deepEqual(JSON.parse(ask("compact", JSON.stringify(tree))), tree);
    assert.deepEqual(JSON.parse(ask("pretty", JSON.stringify(tree, null, 1))), tree);
  }
});

test("decodes each escape, and escapes control characters", () => {
  assert.equal(ask("text", '"\\"\\\\\\/\\b\\f\\n\\r\\t"'), '"\\/\b\f\n\r\t');
  const written = '"\\u0008\\u000c\\n\\u000d\\u0009"';
  assert.equal(ask("compact", '"\\b\\f\\n\\r\\t"'), written);
});

test("returns nothing for a value of another kind", () => {
  for (const json of ['"7"', "1.5", "null", "true", "[7]", '{"a":7}']) {
    assert.equal(wasm.integer(...writeText(wasm, json)), 0n, json);
  }
  for (const json of ['"a"', "7", "null", "false"]) {
    assert.equal(wasm.count(...writeText(wasm, json)), 0, json);
    assert.equal(ask("elements", json), "", json);
  }
  for (const json of ['"a"', "7", "[7]"]) assert.equal(member(json, "a"), "(none)", json);
});

test("writes the same text in pieces of any length, none much longer than requested", () => {
  const deep = `${"[".repeat(100)}7${"]".repeat(100)}`;
  const json = `{"a\\n":[1,-2.5,"x\\u0007é😀y"],"":{},"b":[],"c":${deep},"d":[null,true,false]}`;
  const whole = ask("pretty", json);
  assert.deepEqual(JSON.parse(whole), JSON.parse(json));
  for (let piece = 1; piece < 40; piece++) {
    wasm.longestPiece();
    assert.equal(ask("pretty", json, piece), whole, `pieces of ${piece}`);
    assert.ok(wasm.longestPiece() <= piece + 210, `pieces of ${piece}`);
  }
  const long = `["${"\x7f".repeat(100_000)}",${"1".repeat(100_000)}]`;
  wasm.longestPiece();
  ask("pretty", long, 4096);
  assert.ok(wasm.longestPiece() <= 4200);
});

test("finds a member by its name, escaped or not", () => {
  const names = Array.from({ length: 5000 }, () => '"\\u0061":1').join();
  assert.equal(member(`{${names},"a":2,"\\u0062":3}`, "a"), "2");
  assert.equal(member(`{${names},"a":2,"\\u0062":3}`, "b"), "3");
  assert.equal(member('{"\\u0061b":2,"😀":3}', "a"), "(none)");
  assert.equal(member('{"\\u0061b":2,"\\ud83d\\ude00":3}', "ab"), "2");
  assert.equal(member('{"\\u0061b":2,"\\ud83d\\ude00":3}', "😀"), "3");
});
