/** The driver of the RTL8168 and its relatives on the chip's model (drivers/realtek/). */
import assert from "node:assert/strict";
import test from "node:test";
import { rtl8168Function } from "../../../lab/machine/nic.ts";
import type { PciFunction } from "../../../lab/machine/pci.ts";
import { Rtl8168Model, type Rtl8168Options } from "../../../lab/machine/rtl8139.ts";
import { type Build, bootCard, contract, type Setup, testMsi } from "../../../lab/scripted/card.ts";
import { frame, hex } from "../../../lab/scripted/nic.ts";

const RING = 256;

function build(chip: Rtl8168Options, device?: number): Build<Rtl8168Model> {
  return (clock, machine, line, setup) => {
    const model = new Rtl8168Model(clock, machine, line, { ...setup, ...chip });
    return { model, card: rtl8168Function(model, device) };
  };
}
const boot = (setup: Setup = {}) => bootCard(build({}), setup);

contract(boot, { receives: RING, sends: RING, countsMissed: false });
contract((setup) => boot({ ...setup, apic: "page" }), {
  receives: RING,
  sends: RING,
  countsMissed: false,
  name: "MSI",
});
testMsi(boot);

test("reads the address and speed, and gives the chip all descriptors", async () => {
  const { model, wasm, pci } = await boot();
  assert.equal(wasm.address(), 0x525400123456n);
  assert.equal(wasm.linkUp(), 1);
  assert.equal(wasm.linkSpeed(), 1000);
  assert.equal(model.freeReceive(), RING);
  assert.equal(pci.command & 4, 4, "bus mastering");
});

test("drives every device id, and every version of the chip", async () => {
  for (const device of [0x8136, 0x8161, 0x8168, 0x8169]) {
    for (const version of [0x008, 0x300, 0x488, 0x4c0, 0x541]) {
      const { model, drain } = await bootCard(build({ version }, device));
      assert.ok(model.receive(frame(60, 1)), `${device.toString(16)} ${version.toString(16)}`);
      assert.deepEqual(drain().map(hex), [hex(frame(60, 1))]);
    }
  }
});

test("wakes a PHY that another system has put to sleep, and leaves others alone", async () => {
  for (const asleep of [true, false]) {
    const { model } = await bootCard(build({ version: 0x300, asleep }));
    assert.equal(model.phyControl, 0x1000, "awake, and negotiates");
    assert.ok(model.receive(frame()));
  }
});

test("SYS-09: drops frames with errors and impossible lengths, and counts the causes", async () => {
  const { model, drain, count, wasm } = await boot();
  const [CRC, RES, MULTICAST] = [1 << 19, 1 << 21, 1 << 27];
  for (const errors of [CRC, CRC + RES, RES]) model.receive(frame(), { errors });
  assert.deepEqual(drain(), []);
  assert.equal(count("crcErrors"), 2);
  assert.equal(count("frameErrors"), 1);
  for (const length of [0, 1, 4]) model.receive(frame(), { length });
  for (const length of [1523, 2049, 16383]) model.receive(frame(), { length });
  assert.deepEqual(drain(), []);
  assert.equal(count("lengthErrors"), 3);
  assert.equal(count("oversized"), 3);
  model.receive(frame(60, 9), { errors: MULTICAST });
  assert.equal(hex(drain()[0]), hex(frame(60, 9)), "what is an error on an RTL8139C+");
  model.receive(frame(4196), { parts: [2048, 2048, 100] });
  assert.deepEqual(drain(), []);
  assert.equal(count("oversized"), 4);
  assert.equal(wasm.available(), 1024 - RING);
});

test("does not use a dead chip, or one without registers in memory", async () => {
  const dead = await boot({ start: false });
  dead.model.read = (_, width) => 2 ** (8 * width) - 1;
  assert.equal(dead.wasm.start(), 0);
  const prepareCard = (card: PciFunction) => card.bytes.fill(0, 0x18, 0x1c);
  const none = await boot({ start: false, prepareCard });
  assert.equal(none.wasm.start(), 0);
});

test("SYS-13: works again after its reset did not end", async () => {
  const { model, wasm, transmit } = await boot();
  model.stuck = true;
  wasm.setUp(0);
  wasm.setUp(1);
  model.stuck = false;
  assert.equal(transmit(frame()), 1);
  wasm.flush();
  assert.equal(model.sent.length, 1);
});
