/** The two ends of a conversation (net/socket/endpoints.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readBytes } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/endpoints.ts");
const local = 0x0a00020f;
const remote = 0xc0000201;

function block(digits: string): number {
  const at = wasm.allocateBytes(digits.length / 2);
  new Uint8Array(wasm.memory.buffer, at, digits.length / 2).set(Buffer.from(digits, "hex"));
  return at;
}
const bytesAt = (at: number, length: number) => readBytes(wasm, at, length).toString("hex");

test("returns the fields that were set, with ports up to 65535", () => {
  wasm.setIpv4(0, local, 65535, remote, 65534);
  assert.equal(wasm.localIpv4(0), local);
  assert.equal(wasm.remoteIpv4(0) >>> 0, remote);
  assert.equal(wasm.localPort(0), 65535);
  assert.equal(wasm.remotePort(0), 65534);
  wasm.setRemoteIpv4(0, 0x08080808, 53);
  assert.equal(wasm.localIpv4(0), local);
  assert.equal(wasm.localPort(0), 65535);
  assert.equal(wasm.remoteIpv4(0), 0x08080808);
  assert.equal(wasm.remotePort(0), 53);
});

test("a copy is equal until any field changes", () => {
  wasm.setIpv4(0, local, 1000, remote, 80);
  wasm.copy(1, 0);
  assert.equal(wasm.equals(0, 1), 1);
  for (const [a, b, c, d] of [
    [local + 1, 1000, remote, 80],
    [local, 1001, remote, 80],
    [local, 1000, remote - 1, 80],
    [local, 1000, remote, 81],
  ]) {
    wasm.setIpv4(1, a, b, c, d);
    assert.equal(wasm.equals(0, 1), 0);
  }
  // All bytes of both addresses are compared, not only those of IPv4.
  for (const isRemote of [0, 1]) {
    for (const digits of ["20010db8".padEnd(32, "0"), "1".padStart(32, "0")]) {
      wasm.copy(1, 0);
      wasm.setAddress(1, isRemote, block(digits));
      assert.equal(wasm.equals(0, 1), 0);
      assert.equal(wasm.equals(1, 0), 0);
      wasm.copy(2, 1);
      assert.equal(wasm.equals(2, 1), 1);
      assert.equal(wasm.sameAddress(2, isRemote, block(digits)), 1);
    }
  }
});

test("compares the remote end alone", () => {
  wasm.setIpv4(0, local, 1000, remote, 80);
  wasm.setIpv4(1, local + 9, 2000, remote, 80);
  assert.equal(wasm.equalsRemote(0, 1), 1);
  wasm.setRemoteIpv4(1, remote, 81);
  assert.equal(wasm.equalsRemote(0, 1), 0);
  wasm.setRemoteIpv4(1, remote + 1, 80);
  assert.equal(wasm.equalsRemote(0, 1), 0);
  wasm.copy(1, 0);
  wasm.setAddress(1, 1, block(`20${"0".repeat(18)}ffffc0000201`.padEnd(32, "0")));
  assert.equal(wasm.equalsRemote(0, 1), 0);
});

test("reversing swaps the ends, also in place; twice restores them", () => {
  wasm.setIpv4(0, local, 1000, remote, 80);
  wasm.copyReversed(1, 0);
  assert.equal(wasm.localIpv4(1) >>> 0, remote);
  assert.equal(wasm.localPort(1), 80);
  assert.equal(wasm.remoteIpv4(1), local);
  assert.equal(wasm.remotePort(1), 1000);
  wasm.copyReversed(1, 1);
  assert.equal(wasm.equals(0, 1), 1);
});

test("save() writes the 36 bytes at pointer(), which are hashed, and restore() reads them", () => {
  wasm.setIpv4(0, local, 0x1234, remote, 0x5678);
  const at = block("ee".repeat(40));
  wasm.save(0, at);
  const expected = `${"0".repeat(20)}ffff0a00020f${"0".repeat(20)}ffffc000020178563412`;
  assert.equal(bytesAt(at, 40), `${expected}eeeeeeee`);
  assert.equal(bytesAt(wasm.pointer(0), 36), expected);
  wasm.setIpv4(1, 1, 2, 3, 4);
  wasm.restore(1, at);
  assert.equal(wasm.equals(0, 1), 1);
});
