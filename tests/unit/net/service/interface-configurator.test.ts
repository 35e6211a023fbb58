/** What a lease replaces (net/service/interface-configurator.ts), on a host with two interfaces. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { address } from "../../../lab/packets/bytes.ts";
import { load, readString } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/configurator.ts");
const state = () => readString(wasm.memory, wasm.state());
const multipath = (first: string, second: string) =>
  assert.equal(wasm.addMultipath(address(first), address(second)), 0);

beforeEach(() => wasm.reset());

test("a lease in place of static settings keeps another interface's multipath route", () => {
  wasm.addStaticAddress(address("192.168.9.9"));
  wasm.start(address("10.8.0.15"));
  multipath("192.168.9.1", "10.8.0.2");
  assert.equal(state(), "192.168.9.1@net0 10.8.0.2@net1 192.168.9.9");
  // In the same network: the gateway there is still a neighbor.
  wasm.lease(address("192.168.9.60"));
  assert.equal(state(), "192.168.9.1@net0 10.8.0.2@net1 192.168.9.60");
});

test("a lease of another network leaves the next hops of other interfaces", () => {
  wasm.addStaticAddress(address("192.168.9.9"));
  wasm.start(address("10.8.0.15"));
  multipath("192.168.9.1", "10.8.0.2");
  wasm.lease(address("192.168.7.60"));
  assert.equal(state(), "10.8.0.2@net1 192.168.7.60");
});

test("a lease replaces as many static addresses as there can be, and may be one of them", () => {
  for (let i = 1; i <= 8; i++) wasm.addStaticAddress(address(`10.0.${i}.9`));
  wasm.start(address("10.8.0.15"));
  wasm.lease(address("10.0.99.60"));
  assert.equal(state(), "10.0.99.60");
  wasm.reset();
  wasm.addStaticAddress(address("192.168.9.9"));
  wasm.addStaticAddress(address("192.168.8.9"));
  wasm.start(address("10.8.0.15"));
  wasm.lease(address("192.168.9.9"));
  assert.equal(state(), "192.168.9.9");
});
