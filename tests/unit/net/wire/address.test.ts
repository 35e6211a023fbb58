/** Addresses and their text forms (net/wire/address.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readString, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/address.ts");
const parse = (text: string) => wasm.parse(...writeText(wasm, text));

test("parses strict dotted quads only", () => {
  assert.equal(parse("10.0.2.15"), 0x0a00020fn);
  assert.equal(parse("255.255.255.255"), 0xffffffffn);
  assert.equal(parse("0.0.0.0"), 0n);
  for (const bad of ["", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1..2.3", "a.b.c.d"]) {
    assert.equal(parse(bad), -1n, bad);
  }
  for (const bad of [
    "1.2.3.4.",
    " 1.2.3.4",
    "127.1",
    "0x7f.0.0.1",
    "1.2.3.-4",
    "1.2.3.4294967297",
  ]) {
    assert.equal(parse(bad), -1n, bad);
  }
});

test("prints addresses as dotted quads", () => {
  assert.equal(readString(wasm.memory, wasm.format(0x0a00020f)), "10.0.2.15");
  assert.equal(readString(wasm.memory, wasm.hardware(0x52540012340fn)), "52:54:00:12:34:0f");
});

test("a mask has a prefix length only if all its ones precede its zeros", () => {
  assert.equal(wasm.prefix(0xffffff00), 24);
  assert.equal(wasm.prefix(0), 0);
  assert.equal(wasm.prefix(0xffffffff), 32);
  assert.equal(wasm.prefix(0xff00ff00), -1);
});
