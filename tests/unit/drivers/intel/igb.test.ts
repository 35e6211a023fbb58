/** The driver of the 82576 and its successors on the controller's model (drivers/intel/igb.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { IgbModel, type IgbOptions } from "../../../lab/machine/igb.ts";
import { igbFunction } from "../../../lab/machine/nic.ts";
import { type Build, bootCard, contract, type Setup, testMsi } from "../../../lab/scripted/card.ts";
import { frame, hex } from "../../../lab/scripted/nic.ts";

/** One descriptor of each ring always stays free. */
const [RING, HELD] = [255, 256];
const [RCTL, TCTL, CTRL_EXT] = [0x100, 0x400, 0x18];
const never = 0x7fff_ffff_ffff_ffffn;

function build(chip: IgbOptions = {}, device?: number): Build<IgbModel> {
  return (clock, machine, line, setup) => {
    const model = new IgbModel(clock, machine, line, { ...setup, ...chip });
    if (chip.isI210) IgbModel.leftOver(model);
    return { model, card: igbFunction(model, device) };
  };
}
const boot = (setup: Setup = {}) => bootCard(build(), setup);

const terms = { receives: RING, sends: RING, holds: HELD, moderation: 51_000 };
contract(boot, terms);
contract((setup) => boot({ ...setup, apic: "page" }), { ...terms, name: "MSI" });
testMsi(boot);

test("sets the address, filters and queues on start", async () => {
  const { model, wasm, pci } = await boot();
  assert.equal(wasm.address(), 0x525400123456n);
  assert.equal(model.get(RCTL) >>> 0, 0x04008002, "EN, BAM, SECRC, not promiscuous");
  assert.equal(model.get(TCTL), 0x000400f2, "EN, CT 15, COLD 64, no padding (PSP)");
  assert.equal(model.get(CTRL_EXT) >>> 0, 1 << 28, "a driver is in charge");
  assert.equal(model.freeReceive(), RING);
  assert.equal(model.resets, 1);
  assert.equal(pci.command & 7, 7, "bus mastering");
  assert.equal(wasm.linkUp(), 1);
  assert.equal(wasm.linkSpeed(), 1000);
});

test("drives every device id", async () => {
  const ids = {
    "82576": [0x10c9, 0x10e6, 0x10e7, 0x10e8, 0x150a, 0x150d, 0x1518, 0x1526],
    I350: [0x1521, 0x1522, 0x1523, 0x1524],
    I210: [0x1533, 0x1536, 0x1537, 0x1538, 0x157b, 0x157c, 0x1539],
  };
  for (const [family, devices] of Object.entries(ids)) {
    for (const device of devices) {
      const chip = { isI210: family === "I210", heldByFirmware: family !== "82576" };
      const { model, drain, transmit, wasm } = await bootCard(build(chip, device));
      assert.ok(model.receive(frame(60, 1)), device.toString(16));
      assert.deepEqual(drain().map(hex), [hex(frame(60, 1))]);
      transmit(frame(61, 2));
      wasm.flush();
      assert.deepEqual(model.sent.map(hex), [hex(frame(61, 2))]);
    }
  }
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
  model.receive(frame(), { errors: 1 });
  model.receive(frame(), { length: 0, errors: 0 });
  for (const length of [1519, 2049, 65535]) model.receive(frame(), { length, errors: 0 });
  model.receive(frame(4196), { parts: [2048, 2048, 100] });
  assert.deepEqual(drain(), []);
  assert.equal(count("frameErrors"), 1);
  assert.equal(count("lengthErrors"), 1);
  assert.equal(count("oversized"), 4);
  assert.ok(model.receive(frame(60, 9)));
  assert.equal(hex(drain()[0]), hex(frame(60, 9)));
  assert.equal(wasm.available(), 1024 - HELD);
});

test("SYS-13: stops a controller that enables no queue, until it is set up again", async () => {
  const { model, wasm, drain, transmit } = await boot();
  model.refuses = true;
  wasm.setUp(0);
  wasm.setUp(1);
  assert.equal(wasm.linkUp(), 0);
  assert.equal(transmit(frame()), 0);
  assert.equal(wasm.needsPoll(), 0);
  assert.equal(wasm.pollAt(0n), never);
  model.refuses = false;
  wasm.setUp(0);
  wasm.setUp(1);
  assert.equal(wasm.linkUp(), 1);
  assert.ok(model.receive(frame(60, 8)));
  assert.equal(hex(drain()[0]), hex(frame(60, 8)));
  assert.equal(wasm.available(), 1024 - HELD, "no frame is lost");
});

test("wakes a PHY that was powered down, and does not interrupt a link", async () => {
  const awake = await boot();
  assert.equal(awake.model.negotiations, 0);
  const { machine, model, wasm } = await bootCard(build({ asleep: true }));
  assert.equal(model.negotiations, 1);
  machine.sleep(1e6);
  wasm.needsPoll();
  assert.equal(wasm.linkUp(), 1);
  assert.ok(model.receive(frame()));
});

test("does not use a controller without a valid hardware address", async () => {
  for (const chip of [{ mac: [1, 0, 0, 0, 0, 1] }, { loadsAddress: false }]) {
    const { wasm } = await bootCard(build(chip), { start: false });
    assert.equal(wasm.start(), 0);
  }
});
