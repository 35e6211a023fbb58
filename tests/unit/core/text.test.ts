/** Text helpers (core/): numbers, comparisons, UTF-8, and escaping for a console. */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readBytes, readString, writeBytes, writeText } from "../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/core-text.ts");
const string = (pointer: number) => readString(wasm.memory, pointer);

test("parses decimal numbers that fit an i64, and rejects all other text", () => {
  const cases: [string, bigint][] = [
    ["0", 0n],
    ["007", 7n],
    ["9223372036854775807", 9223372036854775807n],
    ["000000000000000000000000000012", 12n],
  ];
  for (const bad of ["", "-1", "+1", " 1", "1 ", "0x1", "1.0", "a", "9223372036854775808"]) {
    cases.push([bad, -1n]);
  }
  for (const bad of ["9223372036854775810", "18446744073709551616", "99999999999999999999999"]) {
    cases.push([bad, -1n]);
  }
  for (const [text, value] of cases) {
    assert.equal(wasm.parseDecimal(...writeText(wasm, text)), value, text);
    assert.equal(wasm.decimalText(...writeText(wasm, text)), value, text);
  }
});

test("parses decimal numbers, and hexadecimal ones after 0x, up to a maximum", () => {
  const most = (1n << 63n) - 1n;
  const cases: [string, bigint, bigint][] = [
    ["0", 9n, 0n],
    ["255", 255n, 255n],
    ["256", 255n, -1n],
    ["0xfF", 255n, 255n],
    ["0X100", 255n, -1n],
    ["0x0000000000000000001", 255n, 1n],
    ["0x7fffffffffffffff", most, most],
    ["0x8000000000000000", most, -1n],
    ["9223372036854775807", most, most],
  ];
  for (const text of ["", "0x", "x", "ff", "0xg", "-1", "0x-1", " 1"])
    cases.push([text, most, -1n]);
  for (const [text, maximum, value] of cases) {
    assert.equal(wasm.numberText(...writeText(wasm, text), maximum), value, text);
  }
});

test("prints numbers of up to 64 bits in decimal", () => {
  const pointer = wasm.allocateBytes(32);
  for (const value of [0n, 9n, 10n, 99n, 12345678901234567890n, (1n << 64n) - 1n]) {
    const length = wasm.writeDecimal(pointer, value);
    assert.equal(readBytes(wasm, pointer, length).toString(), value.toString());
  }
});

test("returns values for hexadecimal digits only", () => {
  for (let c = 0; c < 256; c++) {
    const text = String.fromCharCode(c);
    const want = /^[0-9a-fA-F]$/.test(text) ? Number.parseInt(text, 16) : -1;
    assert.equal(wasm.hexValue(c), want, String(c));
  }
});

test("compares bytes with text", () => {
  const compare = (bytes: string, text: string) =>
    wasm.compare(...writeText(wasm, bytes), ...writeText(wasm, text));
  assert.equal(compare("host", "host"), 7);
  assert.equal(compare("HoSt", "host"), 2);
  assert.equal(compare("hosts", "host"), 4);
  assert.equal(compare("hos", "host"), 0);
  assert.equal(compare("", ""), 7);
  assert.equal(compare("@[", "`{"), 0, "only letters have a case");
});

test("replaces substrings with longer and shorter ones", () => {
  for (const text of ["", "-", "(-(", "((((", "a(b((c", "(".repeat(100)]) {
    for (const other of ["", "x", " ( ", "&quot;".repeat(20)]) {
      const words = [text, "(", other].flatMap((word) => writeText(wasm, word));
      assert.equal(string(wasm.replaced(...words)), text.replaceAll("(", other));
    }
  }
});

test("copies Latin-1 and ASCII byte by byte", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = string(wasm.latin1(...writeBytes(wasm, bytes)));
  assert.deepEqual(
    [...text].map((c) => c.charCodeAt(0)),
    [...bytes],
  );
  const pointer = wasm.allocateBytes(16);
  assert.equal(wasm.ascii(pointer, ...writeText(wasm, "GET /")), 5);
  assert.equal(readBytes(wasm, pointer, 5).toString(), "GET /");
});

test("finds UTF-8 faults as TextDecoder does, for each non-ASCII byte and any second one", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const fault = (bytes: Uint8Array) => wasm.utf8Fault(...writeBytes(wasm, bytes));
  const pointer = wasm.allocateBytes(4);
  const isGood = (bytes: Uint8Array) => {
    try {
      strict.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  for (let first = 0x80; first < 0x100; first++) {
    for (let second = 0; second < 0x100; second++) {
      for (const rest of [[], [0x80], [0x80, 0x80], [0xbf, 0x41]]) {
        const bytes = Uint8Array.from([first, second, ...rest]);
        new Uint8Array(wasm.memory.buffer, pointer, 4).set(bytes);
        const want = isGood(bytes);
        assert.equal(
          wasm.utf8Fault(pointer, bytes.length) < 0,
          want,
          Buffer.from(bytes).toString("hex"),
        );
      }
    }
  }
  assert.equal(fault(Buffer.from("aé€😀")), -1);
  assert.equal(fault(Uint8Array.from([0x61, 0xff])), 1);
});

test("escapes only what a terminal would interpret", () => {
  const escaped = (text: string) => string(wasm.escaped(...writeText(wasm, text)));
  assert.equal(escaped("plain é€😀"), "plain é€😀");
  assert.equal(escaped("a\x1b[2J\x07\n\x7f\x9b"), "a\\x1b[2J\\x07\\x0a\\x7f\\x9b");
  assert.equal(
    escaped("\u202eabc\u2028\ufeff\u200b\u2066"),
    "\\u202eabc\\u2028\\ufeff\\u200b\\u2066",
  );
});

test("a text builder appends its pieces", () => {
  for (const count of [0, 1, 12, 13, 1000]) {
    assert.equal(string(wasm.built(count)), "ab€yz".repeat(count));
  }
});
