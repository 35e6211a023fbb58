/** Addresses of both families in 16 bytes (net/wire/ip-address.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readBytes } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/address.ts");

/** Puts 16 bytes, given in hexadecimal, into the module's memory. */
function address(digits: string): number {
  const at = wasm.allocateBytes(16);
  new Uint8Array(wasm.memory.buffer, at, 16).set(Buffer.from(digits, "hex"));
  return at;
}
const bytesAt = (at: number) => readBytes(wasm, at, 16).toString("hex");

const mapped = "00000000000000000000ffff0a00020f";
const global = "20010db8000000000000000000000001";

test("stores an IPv4 address as IPv4-mapped, in network order", () => {
  const at = address(global);
  wasm.setIpv4(at, 0x0a00020f);
  assert.equal(bytesAt(at), mapped);
  assert.equal(wasm.isIpv4(at), 1);
  assert.equal(wasm.ipv4(at), 0x0a00020f);
  wasm.setIpv4(at, 0xfffefdfc);
  assert.equal(wasm.ipv4(at) >>> 0, 0xfffefdfc);
});

test("takes only ::ffff:0:0/96 for IPv4", () => {
  const others = [
    global,
    "00000000000000000000000000000000",
    // IPv4-compatible (RFC 4291 section 2.5.5.1), and IPv4-mapped except for one bit.
    "0000000000000000000000000a00020f",
    "00000000000000000000fffe0a00020f",
    "00000000000000000001ffff0a00020f",
    "01000000000000000000ffff0a00020f",
  ];
  for (const other of others) assert.equal(wasm.isIpv4(address(other)), 0, other);
});

test("treats the unspecified address of either family as no address", () => {
  assert.equal(wasm.isUnspecified(address("00".repeat(16))), 1);
  assert.equal(wasm.isUnspecified(address("00000000000000000000ffff00000000")), 1);
  assert.equal(wasm.isUnspecified(address(mapped)), 0);
  assert.equal(wasm.isUnspecified(address("0".repeat(31) + "1")), 0);
  assert.equal(wasm.isUnspecified(address("1" + "0".repeat(31))), 0);
});

test("compares all 16 bytes, and copies them", () => {
  const one = address(global);
  for (let byte = 0; byte < 16; byte++) {
    const bytes = Buffer.from(global, "hex");
    bytes[byte] ^= 0x80;
    assert.equal(wasm.equals(one, address(bytes.toString("hex"))), 0, `byte ${byte}`);
  }
  const to = address(mapped);
  wasm.copyTo(one, to);
  assert.equal(bytesAt(to), global);
  const from = address(mapped);
  wasm.copyFrom(to, from);
  assert.equal(bytesAt(to), mapped);
  assert.equal(wasm.equals(to, from), 1);
  assert.equal(bytesAt(one), global);
});
