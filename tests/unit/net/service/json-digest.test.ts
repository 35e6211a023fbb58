/** Digests by which JSON values are compared. */
import assert from "node:assert/strict";
import test from "node:test";
import { load, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/json-rpc.ts");

test("equal values have equal digests, however they are written", () => {
  const alike = (a: string, b: string) =>
    wasm.alike(...writeText(wasm, a), ...writeText(wasm, b)) === 1;
  for (const [a, b] of [
    ['{"a":1,"b":[1,{"c":null}]}', ' { "b" : [1, {"c":null}], "a":1 } '],
    ['"\\u0061\\n\\ud83d\\ude00"', '"a\\u000a😀"'],
    ["1", "1.0"],
    ["100", "1e2"],
    ["-0.0", "0"],
    ["0.0012300", "123e-5"],
    ["10e-1", "1E+0"],
    ["1e400", "10e399"],
    ["1e99999999999999999999", "1e88888888888888888888"],
    ["[]", "[ ]"],
  ]) {
    assert.ok(alike(a, b), `${a} ${b}`);
  }
  const different = [
    '{"a":1,"b":2}',
    '{"a":2,"b":1}',
    '{"a":1}',
    '{"a":[1]}',
    '["a",1]',
    "[1,2]",
    "[2,1]",
    "[[1],2]",
    "[[1,2]]",
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "1",
    "-1",
    "10",
    "0.1",
    "1.5",
    "15",
    "1e2",
    "0",
    '"0"',
    '"1"',
    '""',
    "null",
    "true",
    "false",
    '"null"',
    `"${"x".repeat(64)}"`,
    `"${"x".repeat(65)}"`,
    '{"a":{"b":1},"c":{}}',
    '{"a":{},"c":{"b":1}}',
    '{"a":"b"}',
    '{"b":"a"}',
  ];
  // Numbers of more than 4096 characters.
  different.push("1".repeat(5000), `"${"1".repeat(5000)}"`, `${"1".repeat(4999)}2`);
  for (const a of different)
    for (const b of different) assert.equal(alike(a, b), a === b, `${a} ${b}`);
});
