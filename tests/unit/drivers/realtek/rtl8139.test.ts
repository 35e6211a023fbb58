/** The driver of the RTL8139C+ on the chip's model (drivers/realtek/). */
import assert from "node:assert/strict";
import test from "node:test";
import { rtl8139Function } from "../../../lab/machine/nic.ts";
import { Rtl8139Model } from "../../../lab/machine/rtl8139.ts";
import { type Build, bootCard, contract, type Setup } from "../../../lab/scripted/card.ts";
import { frame, hex } from "../../../lab/scripted/nic.ts";

const RING = 64;

const build: Build<Rtl8139Model> = (clock, machine, line, setup) => {
  const model = new Rtl8139Model(clock, machine, line, setup);
  return { model, card: rtl8139Function(model) };
};
const boot = (setup: Setup = {}) => bootCard(build, setup);

contract(boot, { receives: RING, sends: RING });

test("resets the chip, reads its address and speed, and gives it all descriptors", async () => {
  const { model, wasm, pci } = await boot();
  assert.equal(wasm.address(), 0x525400123456n);
  assert.equal(wasm.linkUp(), 1);
  assert.equal(wasm.linkSpeed(), 100);
  assert.equal(model.resets, 1);
  assert.equal(model.freeReceive(), RING);
  assert.equal(pci.command & 4, 4, "bus mastering");
});

test("sends a batch of frames with one register write", async () => {
  const { machine, model, transmit, wasm } = await boot();
  for (let i = 0; i < 20; i++) transmit(frame(60, i));
  const before = machine.count.mmioWrite;
  wasm.flush();
  assert.equal(machine.count.mmioWrite, before + 1);
  assert.equal(model.sent.length, 20);
  wasm.flush();
  assert.equal(machine.count.mmioWrite, before + 1, "nothing to send");
});

test("accepts broadcasts, and rejects multicasts and frames for other stations", async () => {
  const { model, drain } = await boot();
  assert.ok(model.receive(frame(60, 1, [255, 255, 255, 255, 255, 255])));
  assert.ok(!model.receive(frame(60, 1, [0x52, 0x54, 0, 0x12, 0x34, 0x57])));
  assert.ok(!model.receive(frame(60, 1, [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01])));
  assert.equal(drain().length, 1);
});

test("SYS-09: drops frames with errors and impossible lengths, and counts the causes", async () => {
  const { model, drain, count, wasm } = await boot();
  const [CRC, RES, FAE] = [1 << 18, 1 << 20, 1 << 27];
  for (const errors of [CRC, CRC + RES, RES, FAE]) model.receive(frame(), { errors });
  assert.deepEqual(drain(), []);
  assert.equal(count("crcErrors"), 2);
  assert.equal(count("frameErrors"), 2);
  for (const length of [0, 1, 4]) model.receive(frame(), { length });
  assert.deepEqual(drain(), []);
  assert.equal(count("lengthErrors"), 3);
  for (const length of [1523, 2049, 8191]) model.receive(frame(), { length });
  assert.deepEqual(drain(), []);
  assert.equal(count("oversized"), 3);
  model.receive(frame(), { length: 5 });
  assert.equal(drain()[0].length, 1, "the stack rejects runts");
  assert.ok(model.receive(frame(60, 9)));
  assert.equal(hex(drain()[0]), hex(frame(60, 9)));
  assert.equal(wasm.available(), 1024 - RING);
});

test("SYS-09: drops all of a frame that spans several descriptors", async () => {
  const { model, drain, count } = await boot();
  model.receive(frame(4196), { parts: [2048, 2048, 100] });
  model.receive(frame(60, 1));
  assert.deepEqual(drain().map(hex), [hex(frame(60, 1))]);
  assert.equal(count("oversized"), 1);
  // The end of such a frame may arrive later.
  model.receive(frame(4096), { parts: [2048, 2048], unfinished: true });
  assert.deepEqual(drain(), []);
  model.receive(frame(60, 2));
  model.receive(frame(60, 3));
  assert.deepEqual(drain().map(hex), [hex(frame(60, 3))]);
  assert.equal(count("oversized"), 2);
});

test("does not use a chip without an address, or whose reset never ends", async () => {
  const stuck = await boot({ start: false });
  stuck.model.stuck = true;
  assert.equal(stuck.wasm.start(), 0);
  const group = await boot({ start: false });
  group.model.write(0, 1, 1);
  assert.equal(group.wasm.start(), 0);
});
