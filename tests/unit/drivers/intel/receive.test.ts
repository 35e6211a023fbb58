/** The 8254x driver's receive ring: frames, drops and counters (drivers/intel/). */
import assert from "node:assert/strict";
import test from "node:test";
import { boot, frame, hex } from "../../../lab/scripted/e1000.ts";

const RDT = 0x2818;
const BROADCAST = [255, 255, 255, 255, 255, 255];

test("receives whole frames in order, and replaces their buffers", async () => {
  const { model, drain, wasm, count, errors } = await boot();
  const sizes = [60, 61, 64, 590, 1499, 1500, 1514, 1518];
  for (let round = 0; round < 200; round++) {
    const sent = sizes.map((size, i) => frame(size, round + i));
    for (const bytes of sent) assert.ok(model.receive(bytes));
    assert.deepEqual(drain().map(hex), sent.map(hex));
  }
  assert.equal(count("receivedFrames"), 200 * sizes.length);
  assert.equal(count("receivedBytes"), 200 * sizes.reduce((a, b) => a + b));
  assert.equal(errors(), 0);
  assert.equal(wasm.available(), 1024 - 256);
});

test("returns buffers in batches of 32 without running dry", async () => {
  const { model, drain } = await boot();
  for (let i = 0; i < 3200; i++) {
    assert.ok(model.receive(frame(60, i)));
    assert.equal(drain().length, 1);
    assert.ok(model.freeReceive() >= 255 - 32);
  }
  assert.equal(model.writeCount(RDT), 1 + 100);
});

test("accepts broadcasts, and rejects multicasts and frames for other stations", async () => {
  const { model, drain } = await boot();
  assert.ok(model.receive(frame(60, 1, BROADCAST)));
  assert.ok(!model.receive(frame(60, 1, [0x52, 0x54, 0, 0x12, 0x34, 0x57])));
  assert.ok(!model.receive(frame(60, 1, [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01])));
  assert.equal(drain().length, 1);
});

test("drops frames with errors, except in IP or TCP checksums, and counts the causes", async () => {
  const { model, drain, count, wasm } = await boot();
  const faults = { 1: "crcErrors", 2: "frameErrors", 4: "frameErrors" } as const;
  for (const [errors, name] of Object.entries(faults)) {
    const before = count(name);
    model.receive(frame(), { errors: Number(errors) });
    assert.deepEqual(drain(), []);
    assert.equal(count(name), before + 1, name);
  }
  for (const errors of [0x10, 0x80, 0xff]) model.receive(frame(), { errors });
  for (const errors of [0x20, 0x40]) model.receive(frame(), { errors });
  assert.equal(drain().length, 2, "the stack checks TCP and IP checksums");
  assert.ok(model.receive(frame(60, 9)));
  assert.equal(hex(drain()[0]), hex(frame(60, 9)));
  assert.equal(wasm.available(), 1024 - 256);
});

test("counts and drops impossible lengths", async () => {
  const { model, drain, count } = await boot();
  model.receive(frame(), { length: 0, errors: 0 });
  assert.equal(drain().length, 0);
  assert.equal(count("lengthErrors"), 1);
  for (const length of [1519, 2049, 16384, 65535]) {
    model.receive(frame(), { length, errors: 0 });
    assert.equal(drain().length, 0);
  }
  assert.equal(count("oversized"), 4);
  model.receive(frame(), { length: 1, errors: 0 });
  assert.equal(drain()[0].length, 1, "the stack rejects runts");
});

test("drops all of a frame that spans several descriptors", async () => {
  const { model, drain, count, wasm } = await boot();
  const parts = [2048, 2048, 100];
  model.receive(frame(4196), { parts });
  model.receive(frame(60, 1));
  assert.deepEqual(drain().map(hex), [hex(frame(60, 1))]);
  assert.equal(count("oversized"), 1);
  // The end of such a frame may arrive later, and may report an error.
  model.receive(frame(4096), { parts: [2048, 2048], unfinished: true });
  assert.deepEqual(drain(), []);
  model.receive(frame(60, 2), { errors: 1 });
  model.receive(frame(60, 3));
  assert.deepEqual(drain().map(hex), [hex(frame(60, 3))]);
  assert.equal(count("oversized"), 2);
  assert.equal(count("crcErrors"), 0);
  assert.equal(wasm.available(), 1024 - 256);
});

test("counts the frames lost to an overrun, and recovers", async () => {
  for (const qemu of [false, true]) {
    const { machine, model, drain, count, wasm } = await boot({ qemu });
    machine.clock.advance(2e9);
    let taken = 0;
    for (let i = 0; i < 300; i++) if (model.receive(frame(60, i))) taken++;
    assert.equal(taken, 255);
    assert.equal(model.missed, 45);
    assert.equal(drain().length, 255);
    for (let i = 0; i < 3; i++) assert.equal(count("missedErrors"), 45, "counted once");
    assert.equal(wasm.needsPoll(), 0);
    assert.ok(model.freeReceive() >= 224);
    for (let i = 0; i < 200; i++) assert.ok(model.receive(frame(60, i)));
    assert.equal(drain().length, 200);
    for (let i = 0; i < 300; i++) model.receive(frame(60, i));
    assert.equal(count("missedErrors"), model.missed);
  }
});

test("drops and counts frames while the pool is empty, then continues", async () => {
  const { model, wasm, receive, count } = await boot({ frames: 300 });
  for (let i = 0; i < 100; i++) model.receive(frame(60, i));
  let got = 0;
  while (receive()) {
    wasm.hold();
    got++;
  }
  assert.equal(got, 44);
  assert.equal(count("noFrame"), 56);
  assert.ok(model.freeReceive() >= 224);
  wasm.releaseHeld();
  assert.ok(model.receive(frame(60, 77)));
  assert.equal(hex(receive()), hex(frame(60, 77)));
});

test("loses no frame during the first second, in which QEMU does not deliver any", async () => {
  const { machine, model, drain } = await boot({ qemu: true });
  for (let i = 0; i < 20; i++) assert.ok(model.receive(frame(60, i)));
  assert.equal(drain().length, 0);
  machine.sleep(1.1e9);
  assert.equal(machine.interrupts, 1);
  assert.equal(drain().length, 20);
});

test("a frame that waits for QEMU to deliver it keeps its fault", async () => {
  const { machine, model, drain, count } = await boot({ qemu: true });
  model.receive(frame(60, 1), { errors: 0x01 });
  model.receive(frame(60, 2));
  machine.sleep(1.1e9);
  assert.equal(drain().length, 1);
  assert.equal(count("crcErrors"), 1);
});
