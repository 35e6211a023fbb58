/** Files of trusted roots: each certificate that cannot be used is reported (machine/trust.ts). */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Exports, load, readString, writeText } from "../../lab/scripted/assembly.ts";

let wasm: Exports;
/** The texts that were passed to the TLS library. */
let passed: string[];

/** Stands in for mbedTLS: PEM contains the result to return; DER, beginning with "0", is added. */
function tlsAddRoot(pointer: number, length: number): number {
  const text = Buffer.from(wasm.memory.buffer, pointer, length).toString("latin1");
  passed.push(text);
  return text[0] === "0" ? 1 : Number(text.split("\n")[1]);
}

before(async () => {
  wasm = await load("tests/lab/entries/trust.ts", { tlsAddRoot });
});

const pem = (result: number) =>
  `-----BEGIN CERTIFICATE-----\n${result}\n-----END CERTIFICATE-----\n`;

function add(text: string): string[] {
  passed = [];
  return readString(wasm.memory, wasm.add(...writeText(wasm, text))).split("\n");
}

test("adds every certificate of a PEM file, and skips the text between them", () => {
  const file = `# mine\n${pem(1)}second\r\n${pem(0)}${pem(1)}the end`;
  assert.deepEqual(add(file), ["2 new, 1 known"]);
  assert.deepEqual(
    passed,
    [1, 0, 1].map((result) => pem(result).trim()),
  );
});

test("adds one certificate in DER", () => {
  assert.deepEqual(add("0abc"), ["1 new, 0 known"]);
  assert.deepEqual(passed, ["0abc"]);
});

test("adds the certificates of a PEM file that begins with the first byte of DER", () => {
  assert.deepEqual(add(`0 s:CN = good.test\n${pem(1)}`), ["1 new, 0 known"]);
  assert.deepEqual(passed, [pem(1).trim()]);
});

test("gives the number of each certificate that cannot be used, and the reason", () => {
  const results = [1, -0x262e, -0x3d00, -0x3a00, -0x3c80, -0x2980, -0x2182];
  assert.deepEqual(add(results.map(pem).join("")), [
    "1 new, 0 known",
    "certificate 2: its signature algorithm is not supported (RSA and ECDSA are)",
    "certificate 3: RSA key shorter than 2048 bits",
    "certificate 4: its curve is not supported (P-256, P-384 and P-521 are)",
    "certificate 5: its key type is not supported (RSA and EC are)",
    "certificate 6: no room for more roots",
    "certificate 7: not a certificate (error -0x2182)",
  ]);
});

test("reports the line that is missing", () => {
  const [begin] = pem(1).split("\n");
  assert.deepEqual(add(`${begin}\nAAAA\n${pem(1)}`), [
    "1 new, 0 known",
    "certificate 1: missing line -----END CERTIFICATE-----",
  ]);
  assert.deepEqual(add("hello"), ["0 new, 0 known", `no line ${begin}`]);
  assert.deepEqual(add(""), ["0 new, 0 known", `no line ${begin}`]);
});
