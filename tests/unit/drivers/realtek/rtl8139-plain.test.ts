/** The driver of the RTL8139 without C+ mode on the chip's model (drivers/realtek/). */
import assert from "node:assert/strict";
import test from "node:test";
import { plainFunction } from "../../../lab/machine/nic.ts";
import { Rtl8139PlainModel } from "../../../lab/machine/rtl8139-plain.ts";
import { type Build, bootCard, contract, type Setup } from "../../../lab/scripted/card.ts";
import { frame, hex } from "../../../lab/scripted/nic.ts";

const BUFFER = 32768;
/** What a frame of 60 bytes takes: a header, and its FCS. */
const ENTRY = 4 + 60 + 4;

const build: Build<Rtl8139PlainModel> = (clock, machine, line, setup) => {
  const model = new Rtl8139PlainModel(clock, machine, line, setup);
  return { model, card: plainFunction(model) };
};
const boot = (setup: Setup = {}) => bootCard(build, setup);

contract(boot, { receives: Math.floor((BUFFER - 8) / ENTRY), sends: 4, holds: 0 });

test("reads the address and speed, and resets the chip once", async () => {
  const { model, wasm, pci } = await boot();
  assert.equal(wasm.address(), 0x525400123456n);
  assert.equal(wasm.linkUp(), 1);
  assert.equal(wasm.linkSpeed(), 100);
  assert.equal(model.resets, 1);
  assert.equal(pci.command & 4, 4, "bus mastering");
});

test("accepts broadcasts, and rejects multicasts and frames for other stations", async () => {
  const { model, drain } = await boot();
  assert.ok(model.receive(frame(60, 1, [255, 255, 255, 255, 255, 255])));
  assert.ok(!model.receive(frame(60, 1, [0x52, 0x54, 0, 0x12, 0x34, 0x57])));
  assert.ok(!model.receive(frame(60, 1, [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01])));
  assert.equal(drain().length, 1);
});

test("reads frames of every length across the end of the buffer", async () => {
  const { model, drain, errors } = await boot();
  for (let i = 0; i < 5000; i++) {
    const bytes = frame(60 + ((i * 7) % 1459), i);
    assert.ok(model.receive(bytes));
    assert.deepEqual(drain().map(hex), [hex(bytes)]);
  }
  assert.equal(errors(), 0);
});

test("SYS-09: starts again with empty buffers after an impossible header", async () => {
  const faults = [
    { errors: 0 },
    { errors: 4 },
    { length: 0 },
    { length: 7 },
    { length: 1523 },
    { length: 0xfff0 },
    { length: 0xffff },
  ];
  for (const [i, fault] of faults.entries()) {
    const { machine, model, wasm, drain, count } = await boot();
    model.receive(frame(60, 1));
    model.receive(frame(60, 2), fault);
    model.receive(frame(60, 3));
    machine.sleep(1e6);
    assert.deepEqual(drain().map(hex), [hex(frame(60, 1))], `${i}`);
    assert.equal(count("frameErrors"), 1);
    assert.equal(model.resets, 2);
    // Interrupts still work.
    while (wasm.needsPoll()) drain();
    const before = machine.interrupts;
    assert.ok(model.receive(frame(60, 4)));
    machine.sleep(1e6);
    assert.equal(machine.interrupts, before + 1);
    assert.deepEqual(drain().map(hex), [hex(frame(60, 4))]);
    assert.equal(wasm.available(), 1024);
  }
});

test("SYS-09: reads nothing out of bounds, whatever the buffer says", async () => {
  const { model, wasm, drain, count } = await boot();
  // The chip claims frames without end where there are none.
  const read = model.read.bind(model);
  model.read = (offset, width) => (offset === 0x37 ? 0x0c : read(offset, width));
  for (let i = 0; i < 100; i++) assert.deepEqual(drain(), []);
  assert.equal(count("frameErrors"), 100);
  model.read = read;
  assert.ok(model.receive(frame(60, 5)));
  assert.deepEqual(drain().map(hex), [hex(frame(60, 5))]);
  assert.equal(wasm.available(), 1024);
});

test("starts the transmitter again after a frame was given up", async () => {
  const { machine, model, wasm, transmit, drain, count } = await boot({ sendTime: 10_000 });
  model.abort = true;
  for (let i = 0; i < 4; i++) assert.equal(transmit(frame(60, i)), 1);
  assert.equal(wasm.canTransmit(), 0);
  assert.equal(wasm.needsPoll(), 0, "the sender waits");
  machine.sleep(1e6);
  assert.equal(wasm.needsPoll(), 1, "the sender is due");
  assert.equal(model.resets, 2);
  assert.equal(transmit(frame(60, 9)), 1);
  machine.sleep(1e6);
  assert.deepEqual(model.sent.map(hex), [hex(frame(60, 9))]);
  assert.deepEqual(drain(), []);
  assert.equal(count("sentFrames"), 5);
});

test("SYS-13: stops a chip whose reset never ends, until it is set up again", async () => {
  const { model, wasm, drain, transmit } = await boot();
  model.receive(frame(), { length: 0 });
  model.stuck = true;
  drain();
  wasm.needsPoll();
  assert.equal(wasm.linkUp(), 0);
  assert.equal(transmit(frame()), 0);
  assert.equal(wasm.canTransmit(), 0);
  model.stuck = false;
  wasm.setUp(0);
  wasm.setUp(1);
  assert.equal(wasm.linkUp(), 1);
  assert.ok(model.receive(frame(60, 8)));
  assert.equal(hex(drain()[0]), hex(frame(60, 8)));
});

test("does not use a chip without an address, or whose reset never ends", async () => {
  const stuck = await boot({ start: false });
  stuck.model.stuck = true;
  assert.equal(stuck.wasm.start(), 0);
  const group = await boot({ start: false });
  group.model.write(0, 1, 1);
  assert.equal(group.wasm.start(), 0);
});
