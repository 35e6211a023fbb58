/** The DHCP client when the link fails or the clock jumps (net/service/dhcp/), in virtual time. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { address, u32 } from "../../../../lab/packets/bytes.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { DhcpBench, types, usual } from "../../../../lab/scripted/dhcp.ts";

const wasm = await load("tests/lab/entries/dhcp.ts");
const world = new DhcpBench(wasm);
const own = address("10.0.2.15");

beforeEach(() => world.reset(11));

const at = (seconds: number) => BigInt(Math.round(seconds * 1e6));

test("DHC-28: after a link outage, requests the same lease; a NAK starts over at once", () => {
  world.bind();
  wasm.linkChanged(0, world.now);
  wasm.linkChanged(1, at(5));
  world.now = at(5);
  world.poll();
  assert.equal(world.state, "rebooting");
  assert.deepEqual(world.last.options.get(50), u32(own));
  assert.equal(world.last.options.has(54), false);
  assert.equal(world.last.ciaddr, 0);
  world.reply(types.ack);
  assert.equal(world.state, "bound");
  wasm.linkChanged(0, world.now);
  wasm.linkChanged(1, world.now);
  world.poll();
  world.reply(types.nak, { server: "10.0.2.9", options: [] });
  assert.equal(wasm.address(), 0);
  assert.equal(world.last.type, 1);
});

test("after a link outage, keeps the lease until it expires if no server replies", () => {
  world.bind();
  wasm.linkChanged(0, at(5));
  wasm.linkChanged(1, at(5));
  world.run(at(60));
  assert.equal(world.state, "selecting");
  const sent = world.messages.filter((m) => m.at >= at(5));
  assert.deepEqual(
    sent.slice(0, 3).map((m) => m.type),
    [3, 1, 1],
    "a REQUEST, then DISCOVER",
  );
  assert.equal(wasm.address() >>> 0, own);
  assert.deepEqual(world.last.options.get(50), u32(own), "the address that it would like to keep");
  assert.equal(world.last.flags, 0x8000, "a unicast reply could not bring another address");
  world.run(at(3599));
  assert.equal(wasm.address() >>> 0, own);
  world.run(at(3600));
  assert.equal(wasm.address(), 0);
  assert.equal(world.text(wasm.lastFailure()), "the lease expired");
});

test("DHC-28: takes the offer of a network whose server ignores the old lease", () => {
  for (const yiaddr of ["10.0.9.20", "10.0.2.15"]) {
    world.reset(11);
    world.bind();
    wasm.linkChanged(0, at(5));
    wasm.linkChanged(1, at(5));
    world.run(at(30));
    assert.equal(world.last.type, 1);
    const other = { server: "10.0.9.1", source: "10.0.9.1", yiaddr };
    world.reply(types.offer, other);
    assert.equal(wasm.address() >>> 0, own, "in use until the ACK");
    world.reply(types.ack, other);
    assert.equal(world.state, "bound");
    assert.equal(wasm.address() >>> 0, address(yiaddr));
  }
  assert.equal(world.notes, "+a00020f ?a00020f +a00020f ", "the same address: not removed");
});

test("keeps the lease if another server refuses what it has offered", () => {
  world.bind();
  wasm.linkChanged(0, at(5));
  wasm.linkChanged(1, at(5));
  world.run(at(30));
  const other = { server: "10.0.2.9", source: "10.0.2.9", yiaddr: "10.0.2.99" };
  world.reply(types.offer, other);
  assert.equal(world.state, "requesting");
  world.reply(types.nak, { ...other, options: [] });
  assert.equal(world.state, "init");
  assert.equal(wasm.address() >>> 0, own);
  world.run(at(60));
  world.reply(types.offer);
  world.reply(types.ack);
  assert.equal(world.state, "bound");
  assert.equal(world.notes, "+a00020f ?a00020f +a00020f ", "never without its address");
});

test("after a jump of the clock, acts once for each deadline that has passed", () => {
  for (const [jump, type, state] of [
    [2000, 3, "renewing"],
    [3400, 3, "renewing"],
    [3600, 1, "selecting"],
    [1e6, 1, "selecting"],
  ] as const) {
    world.reset(11);
    world.bind(usual(3600));
    const sent = world.messages.length;
    world.now = at(jump);
    world.poll();
    assert.equal(world.last.type, type, `${jump} s`);
    assert.equal(world.messages.length, sent + 1, `${jump} s`);
    assert.equal(world.state, state);
    assert.equal(wasm.address() >>> 0, jump < 3600 ? own : 0);
  }
  world.reset(11);
  world.bind(usual(3600));
  world.now = at(3400);
  world.poll();
  world.run(world.now);
  assert.ok(wasm.pollAt() <= at(3600), "rebinds before the lease expires");
  world.run(at(3599));
  assert.equal(world.state, "rebinding");
});

test("sends nothing without a link, but a lease still expires", () => {
  wasm.linkChanged(0, 0n);
  wasm.start(0n);
  world.run(at(100));
  assert.equal(world.messages.length, 0);
  wasm.linkChanged(1, world.now);
  world.poll();
  assert.equal(world.last.type, 1);
  world.reply(types.offer);
  world.reply(types.ack);
  wasm.linkChanged(0, world.now);
  world.run(at(100 + 3600));
  assert.equal(wasm.address(), 0);
});
